//! Signed calls of the agent to `ssm` and `ec2messages`.

use std::sync::Arc;
use std::time::Duration;

use nightproof_machine_protocol::spec::Task;
use parking_lot::Mutex;
use serde_json::{Value, json};
use ureq::Agent;

use super::api_error::ApiError;
use super::https;
use super::imds::{Imds, RoleCredentials};
use super::signing::Signed;

/// A connection to the services, as the instance's role. Clones share it.
#[derive(Clone)]
pub(super) struct Api {
    pub instance: String,
    pub address: String,
    pub zone: String,
    region: String,
    http: Agent,
    credentials: Arc<Mutex<RoleCredentials>>,
}

impl Api {
    /// Finds out from the metadata service who the instance is and what role it has.
    pub(super) fn connect(task: &Task) -> Result<Self, ApiError> {
        let imds = Imds::open()?;
        // Longer than the service holds an empty GetMessages back.
        let http = https::client(Duration::from_secs(30))?;
        Ok(Self {
            instance: imds.get("meta-data/instance-id")?,
            address: imds.get("meta-data/local-ipv4")?,
            zone: imds.get("meta-data/placement/availability-zone")?,
            region: task.region.clone(),
            http,
            credentials: Arc::new(Mutex::new(imds.credentials()?)),
        })
    }

    /// A call to `ssm`.
    pub(super) fn ssm(&self, operation: &str, input: &Value) -> Result<Value, ApiError> {
        self.call("ssm", &format!("AmazonSSM.{operation}"), input)
    }

    /// A call to `ec2messages`.
    pub(super) fn messages(&self, operation: &str, input: &Value) -> Result<Value, ApiError> {
        self.call("ec2messages", &format!("EC2WindowsMessageDeliveryService.{operation}"), input)
    }

    /// A call to `logs`.
    pub(super) fn logs(&self, operation: &str, input: &Value) -> Result<Value, ApiError> {
        self.call("logs", &format!("Logs_20140328.{operation}"), input)
    }

    /// A call to `s3`; returns the body of the answer.
    pub(super) fn s3(&self, request: &Request<'_>) -> Result<Vec<u8>, ApiError> {
        match self.s3_once(request) {
            Err(ApiError::Refused { code, .. }) if is_about_credentials(&code) => {
                self.refresh()?;
                self.s3_once(request)
            }
            other => other,
        }
    }

    fn s3_once(&self, request: &Request<'_>) -> Result<Vec<u8>, ApiError> {
        let Request { method, bucket, target, headers, body } = request;
        let host = format!("{bucket}.s3.{}.amazonaws.com", self.region);
        let (operation, url) = (format!("{method} {bucket}"), format!("https://{host}{target}"));
        let mut signed_headers = vec![("host", host.as_str())];
        signed_headers.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
        let call = Signed {
            operation: &operation,
            service: "s3",
            region: &self.region,
            method,
            url: &url,
            headers: &signed_headers,
            body,
        };
        let signed = call.sign(self.current())?;
        let mut outgoing = ureq::http::Request::builder().method(*method).uri(&url);
        for (name, value) in signed_headers.iter().skip(1) {
            outgoing = outgoing.header(*name, *value);
        }
        for (name, value) in &signed {
            outgoing = outgoing.header(name, value);
        }
        let send = |source| ApiError::Send { operation: operation.clone(), source: Box::new(source) };
        let outgoing = outgoing.body(body.to_vec()).map_err(|error| send(error.into()))?;
        let mut answer = self.http.run(outgoing).map_err(send)?;
        let bytes = answer.body_mut().with_config().limit(LARGEST_OBJECT).read_to_vec().map_err(send)?;
        if answer.status().is_success() {
            return Ok(bytes);
        }
        let text = String::from_utf8_lossy(&bytes);
        let element = |name: &str| {
            let found = text.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once(&format!("</{name}>")));
            found.map_or_else(|| answer.status().to_string(), |(found, _)| found.to_owned())
        };
        Err(ApiError::Refused { operation, code: element("Code"), message: element("Message") })
    }

    /// One call; when the session has expired, once more with a new one.
    fn call(&self, service: &str, target: &str, input: &Value) -> Result<Value, ApiError> {
        match self.call_once(service, target, input) {
            Err(ApiError::Refused { code, .. }) if is_about_credentials(&code) => {
                self.refresh()?;
                self.call_once(service, target, input)
            }
            other => other,
        }
    }

    /// Asks `ssmmessages` for the token of a channel.
    pub(super) fn channel_token(&self, channel: &Channel<'_>) -> Result<String, ApiError> {
        match self.channel_token_once(channel) {
            Err(ApiError::Refused { code, .. }) if is_about_credentials(&code) => {
                self.refresh()?;
                self.channel_token_once(channel)
            }
            other => other,
        }
    }

    fn channel_token_once(&self, channel: &Channel<'_>) -> Result<String, ApiError> {
        let operation = channel.operation("Create");
        let host = format!("ssmmessages.{}.amazonaws.com", self.region);
        let url = format!("https://{host}{}", channel.path(&self.instance));
        let mut input = json!({"MessageSchemaVersion": "1.0", "RequestId": uuid::Uuid::new_v4().to_string()});
        if let (Channel::Data { client, .. }, Some(input)) = (channel, input.as_object_mut()) {
            input.insert("ClientId".to_owned(), json!(client));
        }
        let body = input.to_string();
        let headers = [("host", host.as_str()), ("content-type", "application/json")];
        let call = Signed {
            operation: &operation,
            service: "ssmmessages",
            region: &self.region,
            method: "POST",
            url: &url,
            headers: &headers,
            body: body.as_bytes(),
        };
        let mut request = self.http.post(&url).header("content-type", "application/json");
        for (name, value) in call.sign(self.current())? {
            request = request.header(name, value);
        }
        let send = |source| ApiError::Send { operation: operation.clone(), source: Box::new(source) };
        let mut answer = request.send(&body).map_err(send)?;
        let text = answer.body_mut().read_to_string().map_err(send)?;
        let element = |name: &str| {
            let found = text.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once(&format!("</{name}>")));
            found.map(|(found, _)| found.to_owned())
        };
        match element("TokenValue").filter(|_| answer.status().is_success()) {
            Some(token) => Ok(token),
            None => {
                let code = text.strip_prefix('<').and_then(|rest| rest.split_once('>')).map(|(code, _)| code.to_owned());
                let code = code.unwrap_or_else(|| answer.status().to_string());
                Err(ApiError::Refused { operation, code, message: element("Message").unwrap_or_default() })
            }
        }
    }

    /// Address and signing headers of the request that becomes the web socket of a channel.
    pub(super) fn channel_request(&self, channel: &Channel<'_>) -> Result<(String, Vec<(String, String)>), ApiError> {
        let host = format!("ssmmessages.{}.amazonaws.com", self.region);
        let target = format!("{host}{}?{}", channel.path(&self.instance), channel.query());
        let call = Signed {
            operation: &channel.operation("Open"),
            service: "ssmmessages",
            region: &self.region,
            method: "GET",
            url: &format!("https://{target}"),
            headers: &[("host", host.as_str())],
            body: b"",
        };
        Ok((format!("wss://{target}"), call.sign(self.current())?))
    }

    fn refresh(&self) -> Result<(), ApiError> {
        let fresh = Imds::open()?.credentials()?;
        *self.credentials.lock() = fresh;
        Ok(())
    }

    fn current(&self) -> RoleCredentials {
        self.credentials.lock().clone()
    }

    fn call_once(&self, service: &str, target: &str, input: &Value) -> Result<Value, ApiError> {
        let host = format!("{service}.{}.amazonaws.com", self.region);
        let url = format!("https://{host}/");
        let body = input.to_string();
        let headers = [("host", host.as_str()), ("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)];
        let call = Signed {
            operation: target,
            service,
            region: &self.region,
            method: "POST",
            url: &url,
            headers: &headers,
            body: body.as_bytes(),
        };
        let signed = call.sign(self.current())?;
        let mut request = self.http.post(&url);
        for (name, value) in headers.iter().skip(1).map(|(name, value)| (*name, (*value).to_owned())) {
            request = request.header(name, value);
        }
        for (name, value) in &signed {
            request = request.header(name, value);
        }
        let send = |source| ApiError::Send { operation: target.to_owned(), source: Box::new(source) };
        let mut answer = request.send(&body).map_err(send)?;
        let text = answer.body_mut().read_to_string().map_err(send)?;
        let text = if text.is_empty() { "{}" } else { &text };
        let document = serde_json::from_str::<Value>(text);
        if answer.status().is_success() {
            return document.map_err(|source| ApiError::Answer { operation: target.to_owned(), source });
        }
        let document = document.unwrap_or_default();
        let field = |names: [&str; 2]| names.iter().find_map(|name| document.get(*name)?.as_str()).unwrap_or_default().to_owned();
        let code = field(["__type", "code"]);
        let code = code.rsplit('#').next().unwrap_or_default().to_owned();
        Err(ApiError::Refused { operation: target.to_owned(), code, message: field(["message", "Message"]) })
    }
}

/// A channel of `ssmmessages`.
pub(super) enum Channel<'a> {
    /// The instance's.
    Control,
    /// A session's.
    Data {
        /// Its id.
        session: &'a str,
        /// A UUID of this end.
        client: &'a str,
    },
}

impl Channel<'_> {
    fn operation(&self, verb: &str) -> String {
        let kind = if matches!(self, Self::Control) { "Control" } else { "Data" };
        format!("{verb}{kind}Channel")
    }

    fn path(&self, instance: &str) -> String {
        match self {
            Self::Control => format!("/v1/control-channel/{instance}"),
            Self::Data { session, .. } => format!("/v1/data-channel/{session}"),
        }
    }

    fn query(&self) -> &'static str {
        match self {
            Self::Control => "role=subscribe&stream=input",
            Self::Data { .. } => "role=publish_subscribe",
        }
    }
}

/// The largest object that the agent reads, bytes.
const LARGEST_OBJECT: u64 = 512 << 20;

/// A request to `s3`.
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    pub(super) bucket: String,
    /// Path and query, escaped.
    pub(super) target: String,
    pub(super) headers: &'a [(&'a str, String)],
    pub(super) body: &'a [u8],
}

fn is_about_credentials(code: &str) -> bool {
    ["ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId", "RequestExpired"]
        .contains(&code)
}
