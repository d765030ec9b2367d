//! Requests of `ssmmessages`, whose answers no model describes: a change of protocol to a web socket, and documents in XML to inputs in JSON.
//! <https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2>,
//! <https://github.com/aws/amazon-ssm-agent/blob/mainline/agent/session/service/service.go>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use nightproof_core::service::AwsError;
use nightproof_wire::Operation;
use serde_json::Value;
use sha1::{Digest as _, Sha1};

/// The service whose operations these are.
pub(crate) const SERVICE: &str = "ssmmessages";

/// What a key is hashed with, by RFC 6455.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Whether a request wants to become a web socket of the one version that there is.
fn is_handshake(head: &Parts) -> bool {
    let has = |name: HeaderName, wanted: &str| {
        let values = head.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|token| token.trim().eq_ignore_ascii_case(wanted))
    };
    head.method == Method::GET
        && has(CONNECTION, "upgrade")
        && has(UPGRADE, "websocket")
        && has(SEC_WEBSOCKET_VERSION, "13")
        && head.headers.contains_key(SEC_WEBSOCKET_KEY)
}

/// Whether a request opens the client's end of a session, which nobody signs.
pub(crate) fn is_of_session(head: &Parts) -> bool {
    head.uri.path().starts_with("/v1/data-channel/") && is_handshake(head)
}

/// The answer to an operation that went well.
pub(crate) fn answer(head: &Parts, operation: &Operation, output: &Value) -> Response<Vec<u8>> {
    let key = head.headers.get(SEC_WEBSOCKET_KEY).filter(|_| is_handshake(head) && operation.name().starts_with("Open"));
    let Some(key) = key else {
        let members = output.as_object().into_iter().flatten();
        let body: String = members.map(|(name, value)| element(name, &escape(value.as_str().unwrap_or_default()))).collect();
        return xml(StatusCode::CREATED, element(&format!("{}Response", operation.name()), &body));
    };
    let digest = Sha1::new().chain_update(key.as_bytes()).chain_update(GUID).finalize();
    let mut response = Response::new(Vec::new());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(&STANDARD.encode(digest)) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    response
}

/// The answer to one that was refused: the agent looks for the name of the error as an element.
pub(crate) fn refusal(error: &AwsError) -> Response<Vec<u8>> {
    let code = if error.code == "AccessDenied" { "AccessDeniedException" } else { error.code.as_str() };
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    xml(status, element(code, &element("Message", &escape(&error.message))))
}

fn xml(status: StatusCode, body: String) -> Response<Vec<u8>> {
    let mut response = Response::new(body.into_bytes());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}

fn element(name: &str, content: &str) -> String {
    format!("<{name}>{content}</{name}>")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn handshake(path: &str, changed: (&str, &str)) -> Parts {
        let headers = [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        let mut request = http::Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(name, if name == changed.0 { changed.1 } else { value });
        }
        request.body(()).unwrap().into_parts().0
    }

    fn operation(name: &str) -> &'static Operation {
        nightproof_wire::service(SERVICE).unwrap().operation(name).unwrap()
    }

    fn text(response: Response<Vec<u8>>) -> (u16, String) {
        (response.status().as_u16(), String::from_utf8(response.into_body()).unwrap())
    }

    #[test]
    fn a_handshake_is_accepted_as_the_rfc_has_it() {
        let head = handshake("/v1/control-channel/i-1", ("", ""));
        let response = answer(&head, operation("OpenControlChannel"), &json!({}));
        assert_eq!(response.status(), 101);
        assert_eq!(response.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "the example of RFC 6455");
        assert!(response.body().is_empty() && !response.headers().contains_key("content-type"));
    }

    #[test]
    fn only_a_handshake_of_a_data_channel_needs_no_signature() {
        assert!(is_of_session(&handshake("/v1/data-channel/me-0a", ("", ""))));
        assert!(!is_of_session(&handshake("/v1/control-channel/i-1", ("", ""))));
        assert!(!is_of_session(&handshake("/bucket/v1/data-channel/me-0a", ("", ""))));
        for changed in [("connection", "close"), ("upgrade", "h2c"), ("sec-websocket-version", "8")] {
            assert!(!is_of_session(&handshake("/v1/data-channel/me-0a", changed)), "{changed:?}");
        }
    }

    #[test]
    fn documents_are_xml() {
        let head = http::Request::post("/v1/control-channel/i-1").body(()).unwrap().into_parts().0;
        let output = json!({"MessageSchemaVersion": "1.0", "TokenValue": "a&b"});
        let (status, body) = text(answer(&head, operation("CreateControlChannel"), &output));
        let members = "<MessageSchemaVersion>1.0</MessageSchemaVersion><TokenValue>a&amp;b</TokenValue>";
        assert_eq!((status, body), (201, format!("<CreateControlChannelResponse>{members}</CreateControlChannelResponse>")));
        let (status, body) = text(refusal(&AwsError::new("AccessDenied", 400, "no <b>")));
        let denied = "<AccessDeniedException><Message>no &lt;b&gt;</Message></AccessDeniedException>";
        assert_eq!((status, body.as_str()), (400, denied));
    }
}
