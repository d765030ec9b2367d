//! Requests that unmodified botocore made: routed, verified, decoded to the input they were made of.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_wire::{service, sigv4};
use serde::Deserialize;
use serde_json::{Map, Value};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) service: String,
    operation: String,
    input: Map<String, Value>,
    method: String,
    url: String,
    headers: std::collections::BTreeMap<String, String>,
    body: String,
}

pub(crate) fn cases() -> Vec<Case> {
    let text = match std::env::var("NIGHTPROOF_WIRE_CASES") {
        Ok(path) => std::fs::read_to_string(path).unwrap(),
        Err(_) => include_str!("../cases/botocore.json").to_owned(),
    };
    serde_json::from_str(&text).unwrap()
}

impl Case {
    pub(crate) fn parts(&self) -> http::request::Parts {
        let uri: http::Uri = self.url.parse().unwrap();
        let mut request = http::Request::builder()
            .method(self.method.as_str())
            .uri(uri.path_and_query().unwrap().as_str())
            .header("host", uri.authority().unwrap().as_str());
        for (name, value) in &self.headers {
            request = request.header(name, value.as_bytes());
        }
        request.body(()).unwrap().into_parts().0
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        STANDARD.decode(&self.body).unwrap()
    }
}

#[test]
fn captured_requests_decode_to_their_inputs() {
    let mut wrong = Vec::new();
    for case in cases() {
        let name = format!("{} {}", case.service, case.operation);
        let (parts, body) = (case.parts(), case.body());
        let model = service(&case.service).unwrap();
        let operation = match model.codec().route(&parts, &body) {
            Ok(operation) if operation.name() == case.operation => operation,
            Ok(operation) => {
                wrong.push(format!("{name}: routed to {}", operation.name()));
                continue;
            }
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let decoded = match model.codec().decode(operation, &parts, if operation.streams_input() { b"" } else { &body }) {
            Ok(Value::Object(decoded)) => decoded,
            other => {
                wrong.push(format!("{name}: {other:?} from {}", String::from_utf8_lossy(&body)));
                continue;
            }
        };
        for (member, wanted) in &case.input {
            // The stream is no member, and a source given as parts travels as one text.
            let streamed = operation.streams_input() && member == "Body";
            if !streamed && !wanted.is_object() | (member != "CopySource") && decoded.get(member) != Some(wanted) {
                wrong.push(format!("{name}: {member} is {:?}, not {wanted}", decoded.get(member)));
            }
        }
        // What clients add by themselves: checksums, lengths, tokens, types.
        let added = ["Checksum", "Content", "ClientToken", "ClientRequestToken", "IdempotencyToken", "EncodingType"];
        for member in decoded.keys().filter(|member| !case.input.contains_key(*member)) {
            if !added.iter().any(|prefix| member.starts_with(prefix)) && member != "CopySource" && member != "CallerReference" {
                wrong.push(format!("{name}: {member} came from nowhere"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn captured_signatures_hold() {
    for case in cases() {
        let (parts, body) = (case.parts(), case.body());
        let claim = sigv4::claim(&parts).unwrap().unwrap();
        assert_eq!(claim.service, case.service);
        let digest = sigv4::sha256_hex(&body);
        let digest = (!claim.payload.is_chunked()).then_some(digest.as_str());
        let context = format!("{} {} {}", case.service, case.operation, case.url);
        let seed =
            sigv4::verify(&parts, &claim, digest, SECRET, claim.timestamp).unwrap_or_else(|error| panic!("{context}: {error}"));
        let error = sigv4::verify(&parts, &claim, digest, "another secret", claim.timestamp).unwrap_err();
        assert_eq!(error.code, "SignatureDoesNotMatch", "{context}");
        if claim.payload.is_chunked() {
            let mut decoder = sigv4::ChunkedDecoder::new(&claim, &seed, None);
            let data: Vec<u8> = decoder.push(body).unwrap().concat();
            let trailers = decoder.finish().unwrap();
            assert_eq!(Value::String(STANDARD.encode(data)), case.input["Body"], "{context}");
            assert!(trailers.iter().any(|(name, _)| name.starts_with("x-amz-checksum-")), "{context}: {trailers:?}");
        }
    }
}

#[test]
fn a_changed_request_is_refused() {
    for case in cases().into_iter().take(60) {
        let claim = sigv4::claim(&case.parts()).unwrap().unwrap();
        let context = format!("{} {}", case.service, case.operation);
        let mut parts = case.parts();
        let uri = format!("{}{}x-more=1", case.parts().uri, if case.parts().uri.query().is_some() { "&" } else { "?" });
        parts.uri = uri.parse().unwrap();
        let digest = sigv4::sha256_hex(&case.body());
        let error = sigv4::verify(&parts, &claim, None, SECRET, claim.timestamp).unwrap_err();
        assert_eq!(error.code, "SignatureDoesNotMatch", "{context}");
        if !claim.payload.is_chunked() && claim.payload != sigv4::Payload::Unsigned {
            let other = sigv4::sha256_hex(format!("{digest} another body").as_bytes());
            let error = sigv4::verify(&case.parts(), &claim, Some(&other), SECRET, claim.timestamp).unwrap_err();
            assert!(matches!(error.code.as_str(), "SignatureDoesNotMatch" | "XAmzContentSHA256Mismatch"), "{context}: {error}");
        }
    }
}
