//! What is asked of Lambda beside its API: functions by their URLs, and code that is downloaded.
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use nightproof_core::authorization::Need;
use nightproof_core::service::{Body, Call, empty_body, full_body};
use nightproof_core::{Principal, Region, Tls};
use serde_json::{Map, Value, json};

use crate::code_url;
use crate::event::InvocationRequest;
use crate::function_url::{FunctionUrl, id_of};
use crate::records::Lambda;

/// What AWS says to those who may not invoke a function by its URL.
const FORBIDDEN: &str = "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";

/// A function that is asked by its URL.
struct Target {
    account: String,
    name: String,
    /// The alias.
    qualifier: Option<String>,
    arn: String,
    url: FunctionUrl,
}

/// The host that a request names, without its port.
fn host(head: &Parts) -> &str {
    let host = head.uri.host().or_else(|| head.headers.get(header::HOST)?.to_str().ok()).unwrap_or_default();
    host.split(':').next().unwrap_or(host)
}

fn text<'a>(head: &'a Parts, name: &str) -> Option<&'a str> {
    head.headers.get(name).and_then(|value| value.to_str().ok())
}

/// An answer in JSON.
fn answer(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(full_body(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn forbidden(message: Option<&str>) -> Response<Body> {
    let mut response = answer(StatusCode::FORBIDDEN, &json!({ "Message": message }));
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static("AccessDeniedException"));
    response
}

/// Whether the region's Lambda serves it.
pub(crate) fn serves(region: &Region, of_host: &str, path: &str) -> bool {
    id_of(region.name(), of_host).is_some() || code_url::is_download(region.name(), of_host, path)
}

impl Lambda {
    /// Answers a request that [`serves`] names.
    pub(crate) async fn serve_web(&self, call: &Call, body: Bytes) -> Response<Body> {
        let Some(head) = call.http.clone() else { return forbidden(None) };
        let mut response = match id_of(call.region.name(), host(&head)) {
            Some(id) => match self.target(id) {
                Some(target) => self.by_url(call, &head, &target, body).await,
                None => forbidden(None),
            },
            None => self.download(call, &head).await,
        };
        if let Ok(id) = HeaderValue::from_str(&call.request_id) {
            response.headers_mut().insert("x-amzn-requestid", id);
        }
        response
    }

    async fn download(&self, call: &Call, head: &Parts) -> Response<Body> {
        let zip = code_url::zip(&call.region, &self.secret, host(head), &head.uri);
        let zip = match zip.filter(|_| matches!(head.method, Method::GET | Method::HEAD)) {
            Some(zip) => tokio::fs::read(zip).await.ok(),
            None => None,
        };
        let Some(zip) = zip else {
            let error = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
            let mut response = Response::new(full_body(error));
            *response.status_mut() = StatusCode::FORBIDDEN;
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
            return response;
        };
        let mut response = Response::new(empty_body());
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(zip.len()));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
        if head.method == Method::GET {
            *response.body_mut() = full_body(zip);
        }
        response
    }

    fn target(&self, id: &str) -> Option<Target> {
        let accounts = self.accounts.lock();
        accounts.iter().find_map(|(account, records)| {
            records.functions.iter().find_map(|(name, function)| {
                let (key, url) = function.urls.iter().find(|(_, url)| url.id == id)?;
                let qualifier = Some(key.clone()).filter(|key| key != "$LATEST");
                let arn = qualifier.as_ref().map_or_else(|| function.arn().to_owned(), |qualifier| function.qualified(qualifier));
                Some(Target { account: account.clone(), name: name.clone(), qualifier, arn, url: url.clone() })
            })
        })
    }

    async fn by_url(&self, call: &Call, head: &Parts, target: &Target, body: Bytes) -> Response<Body> {
        let origin = text(head, "origin");
        if let (Some(cors), Some(origin), true) = (&target.url.cors, origin, head.method == Method::OPTIONS) {
            let mut response = Response::new(empty_body());
            allow_origin(cors, origin, &mut response, true);
            return response;
        }
        let signed = target.url.auth_type == "AWS_IAM";
        let mut asked = call.clone();
        if !signed {
            asked.caller = nightproof_core::Caller::anonymous(&target.account);
        }
        let need = Need {
            action: "lambda:InvokeFunctionUrl".to_owned(),
            resource: target.arn.clone(),
            keys: vec![("lambda:FunctionUrlAuthType", vec![target.url.auth_type.clone()])],
        };
        let unknown = signed && asked.caller.principal == Principal::Anonymous;
        let allowed = call.region.authorizer().is_none_or(|authorizer| authorizer.check(&asked, "lambda", need).is_ok());
        if unknown || !allowed {
            return forbidden(Some(FORBIDDEN));
        }
        let payload = event(&asked, head, target, &body).to_string().into_bytes();
        let request = InvocationRequest::from_call(call, payload, None);
        let ran = async {
            let admitted = self.admit(&target.account, &target.name, target.qualifier.as_deref())?;
            self.run(&call.region, &target.account, admitted, request).await
        };
        let mut response = match ran.await {
            Ok(invoked) if invoked.failed => {
                let mut response = Response::new(full_body("Internal Server Error"));
                *response.status_mut() = StatusCode::BAD_GATEWAY;
                response
            }
            Ok(invoked) => match (prelude(&invoked.payload), target.url.invoke_mode.as_deref()) {
                (Some((head, body)), _) => described(&head, body.to_vec(), "application/octet-stream"),
                (None, Some("RESPONSE_STREAM")) => described(&json!({}), invoked.payload, "application/octet-stream"),
                (None, _) => returned(&invoked.payload),
            },
            Err(error) => {
                let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                answer(status, &json!({ "Message": error.message }))
            }
        };
        if let (Some(cors), Some(origin)) = (&target.url.cors, origin) {
            allow_origin(cors, origin, &mut response, false);
        }
        response
    }
}

/// Adds the headers that let a page of another origin read an answer.
fn allow_origin(cors: &Value, origin: &str, response: &mut Response<Body>, preflight: bool) {
    let listed = |member: &str| -> Vec<&str> {
        cors.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let origins = listed("AllowOrigins");
    if !origins.iter().any(|one| *one == "*" || *one == origin) {
        return;
    }
    let mut headers = vec![("access-control-allow-origin", origin.to_owned()), ("vary", "Origin".to_owned())];
    if cors.get("AllowCredentials").and_then(Value::as_bool) == Some(true) {
        headers.push(("access-control-allow-credentials", "true".to_owned()));
    }
    headers.push(("access-control-expose-headers", listed("ExposeHeaders").join(",")));
    if preflight {
        headers.push(("access-control-allow-methods", listed("AllowMethods").join(",")));
        headers.push(("access-control-allow-headers", listed("AllowHeaders").join(",")));
        headers.push(("access-control-max-age", cors.get("MaxAge").map(Value::to_string).unwrap_or_default()));
    }
    for (name, value) in headers.into_iter().filter(|(_, value)| !value.is_empty()) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
}

/// Whether bytes of a type are text in an event.
fn is_text(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.starts_with("text/") || matches!(kind, "application/json" | "application/javascript" | "application/xml")
}

/// The event of an invocation by URL.
/// <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads>
fn event(call: &Call, head: &Parts, target: &Target, body: &Bytes) -> Value {
    let path = percent_encoding::percent_decode_str(head.uri.path()).decode_utf8_lossy();
    let query = head.uri.query().unwrap_or_default();
    let mut headers: Map<String, Value> = Map::new();
    for (name, value) in &head.headers {
        if name == header::COOKIE || name == header::CONNECTION {
            continue;
        }
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        match headers.get_mut(name.as_str()) {
            Some(Value::String(before)) => {
                before.push(',');
                before.push_str(&value);
            }
            _ => {
                headers.insert(name.as_str().to_owned(), value.into());
            }
        }
    }
    let of_host = host(head).to_owned();
    let mut more = vec![
        ("host", of_host.clone()),
        ("x-amzn-trace-id", trace(call)),
        ("x-forwarded-for", call.source_ip.clone()),
        ("x-forwarded-port", if call.tls { "443" } else { "80" }.to_owned()),
        ("x-forwarded-proto", if call.tls { "https" } else { "http" }.to_owned()),
    ];
    if let Some(Tls { version, cipher }) = head.extensions.get::<Tls>() {
        more.extend([("x-amzn-tls-version", (*version).to_owned()), ("x-amzn-tls-cipher-suite", cipher.clone())]);
    }
    headers.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value.into())));
    let mut context = json!({
        "accountId": "anonymous", "apiId": target.url.id, "domainName": of_host, "domainPrefix": target.url.id,
        "http": {
            "method": head.method.as_str(), "path": path, "protocol": "HTTP/1.1", "sourceIp": call.source_ip,
            "userAgent": text(head, "user-agent").unwrap_or_default(),
        },
        "requestId": call.request_id, "routeKey": "$default", "stage": "$default",
        "time": call.now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(), "timeEpoch": call.now.as_millisecond(),
    });
    if call.caller.principal != Principal::Anonymous {
        let caller = &call.caller;
        context["accountId"] = caller.account.as_str().into();
        context["authorizer"] = json!({ "iam": {
            "accessKey": caller.access_key_id, "accountId": caller.account, "callerId": caller.user_id(), "cognitoIdentity": null,
            "principalOrgId": null, "userArn": caller.arn(), "userId": caller.user_id(),
        } });
    }
    let mut made = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": headers, "requestContext": context,
    });
    let cookies: Vec<&str> = text(head, "cookie").into_iter().flat_map(|cookies| cookies.split("; ")).collect();
    if !cookies.is_empty() {
        made["cookies"] = json!(cookies);
    }
    if let Some(parameters) = parameters(query) {
        made["queryStringParameters"] = parameters;
    }
    let readable = std::str::from_utf8(body).ok().filter(|_| is_text(text(head, "content-type").unwrap_or("text/plain")));
    if !body.is_empty() {
        made["body"] = readable.map_or_else(|| STANDARD.encode(body), str::to_owned).into();
    }
    made["isBase64Encoded"] = (!body.is_empty() && readable.is_none()).into();
    made
}

fn trace(call: &Call) -> String {
    let id = uuid::Uuid::new_v4().simple().to_string();
    format!("Root=1-{:08x}-{}", call.now.as_second(), id.get(..24).unwrap_or_default())
}

/// The parameters of a query; those of one name together.
fn parameters(query: &str) -> Option<Value> {
    let mut made: Map<String, Value> = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match made.get_mut(name.as_ref()) {
            Some(Value::String(before)) => {
                before.push(',');
                before.push_str(&value);
            }
            _ => {
                made.insert(name.into_owned(), value.into_owned().into());
            }
        }
    }
    (!made.is_empty()).then(|| made.into())
}

/// What a function returned: a description of an answer, or the body of one.
/// <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload>
fn returned(payload: &[u8]) -> Response<Body> {
    let value = serde_json::from_slice::<Value>(payload).unwrap_or_else(|_| String::from_utf8_lossy(payload).into_owned().into());
    if value.get("statusCode").is_none() {
        let body = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut response = Response::new(full_body(body));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return response;
    }
    let body = match value.get("body") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(body)) => body.clone(),
        Some(other) => other.to_string(),
    };
    let bytes = match value.get("isBase64Encoded").and_then(Value::as_bool) {
        Some(true) => STANDARD.decode(&body).unwrap_or_else(|_| body.into_bytes()),
        _ => body.into_bytes(),
    };
    described(&value, bytes, "application/json")
}

/// What stands before the body of a response that a function streamed: its status, headers and cookies, and 8 bytes of zero.
/// <https://docs.aws.amazon.com/lambda/latest/dg/response-streaming-tutorial.html>
fn prelude(payload: &[u8]) -> Option<(Value, &[u8])> {
    let at = payload.windows(8).position(|window| window == [0; 8])?;
    let (head, body) = (payload.get(..at)?, payload.get(at + 8..)?);
    let head = serde_json::from_slice::<Value>(head).ok().filter(Value::is_object)?;
    Some((head, body))
}

/// An answer with the status, the headers and the cookies of a description.
fn described(value: &Value, bytes: Vec<u8>, kind: &'static str) -> Response<Body> {
    let status = value.get("statusCode").map_or(Some(200), |status| status.as_u64().or_else(|| status.as_str()?.parse().ok()));
    let status = status.and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok());
    let mut response = Response::new(full_body(bytes));
    *response.status_mut() = status.unwrap_or(StatusCode::BAD_GATEWAY);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    for (name, value) in value.get("headers").and_then(Value::as_object).into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::from_str(&value))
            && name != header::CONTENT_LENGTH
        {
            response.headers_mut().insert(name, value);
        }
    }
    for cookie in value.get("cookies").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if let Ok(cookie) = HeaderValue::from_str(cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent(payload: &str) -> (u16, String, String) {
        let response = returned(payload.as_bytes());
        let (parts, body) = response.into_parts();
        let bytes = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
        let kind = parts.headers[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        (parts.status.as_u16(), kind, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn what_a_function_returns_is_an_answer_or_the_body_of_one() {
        let json = "application/json".to_owned();
        assert_eq!(sent("{\"hello\": \"world\"}").await, (200, json.clone(), "{\"hello\":\"world\"}".to_owned()));
        assert_eq!(sent("\"hello\"").await, (200, json.clone(), "hello".to_owned()));
        assert_eq!(sent("[\"hello\", 3, true]").await, (200, json.clone(), "[\"hello\",3,true]".to_owned()));
        let described =
            r#"{"statusCode": 418, "headers": {"Content-Type": "text/plain"}, "body": "aGk=", "isBase64Encoded": true}"#;
        assert_eq!(sent(described).await, (418, "text/plain".to_owned(), "hi".to_owned()));
    }

    #[tokio::test]
    async fn a_streamed_response_says_its_status_and_headers_before_its_body() {
        let payload =
            b"{\"statusCode\": 201, \"headers\": {\"Content-Type\": \"text/html\"}, \"cookies\": [\"a=b\"]}\0\0\0\0\0\0\0\0Hello";
        let (head, body) = prelude(payload).unwrap();
        let (parts, body) = described(&head, body.to_vec(), "application/octet-stream").into_parts();
        let bytes = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
        assert_eq!((parts.status.as_u16(), &bytes[..]), (201, &b"Hello"[..]));
        assert_eq!(parts.headers[header::CONTENT_TYPE], "text/html");
        assert_eq!(parts.headers[header::SET_COOKIE], "a=b");
        assert_eq!(described(&json!({}), Vec::new(), "application/octet-stream").status(), StatusCode::OK);
        assert!(prelude(b"no prelude").is_none() && prelude(b"[]\0\0\0\0\0\0\0\0").is_none());
    }

    #[test]
    fn parameters_of_one_name_are_together() {
        assert_eq!(parameters("q=a%20b&m=1&m=2"), Some(json!({ "q": "a b", "m": "1,2" })));
        assert_eq!(parameters(""), None);
    }
}
