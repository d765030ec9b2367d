//! Requests that are broken in every way: an error, never a panic, and in bounded time.

use nightproof_wire::{SERVICES, service, sigv4};

use crate::captured::cases;

/// A small generator, so that a failure is the same one the next time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides.max(1)
    }

    fn spoil(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.roll(4) {
            let at = self.roll(bytes.len() + 1);
            match self.roll(5) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.roll(8),
                1 if at < bytes.len() => {
                    bytes.remove(at);
                }
                2 => bytes.truncate(at),
                3 => {
                    let strange = b"<>&=%.{}[]\"\\;/?\0\xff1e9-";
                    bytes.insert(at, strange[self.roll(strange.len())]);
                }
                _ => {
                    let again = bytes[..at].to_vec();
                    bytes.extend(again);
                }
            }
        }
    }
}

#[test]
fn spoiled_requests_are_errors_or_fine() {
    let mut dice = Dice(20_261_123);
    for case in cases() {
        let model = service(&case.service).unwrap();
        for _ in 0..60 {
            let mut parts = case.parts();
            let mut body = case.body();
            dice.spoil(&mut body);
            let mut uri = parts.uri.to_string().into_bytes();
            if dice.roll(2) == 0 {
                dice.spoil(&mut uri);
            }
            if let Ok(uri) = http::Uri::try_from(uri) {
                parts.uri = uri;
            }
            let names: Vec<_> = parts.headers.keys().cloned().collect();
            let name = names[dice.roll(names.len())].clone();
            let mut value = parts.headers[&name].as_bytes().to_vec();
            dice.spoil(&mut value);
            if let Ok(value) = http::HeaderValue::from_bytes(&value) {
                parts.headers.insert(name, value);
            }
            if let Ok(operation) = model.codec().route(&parts, &body) {
                let _ = model.codec().decode(operation, &parts, &body);
            }
            if let Ok(Some(claim)) = sigv4::claim(&parts) {
                let _ = sigv4::verify(&parts, &claim, None, "secret", claim.timestamp);
            }
            let mut decoder = sigv4::ChunkedDecoder::unsigned(None);
            if decoder.push(body).is_ok() {
                let _ = decoder.finish();
            }
        }
    }
}

#[test]
fn deep_and_wide_bodies_are_refused() {
    let ssm = service("ssm").unwrap();
    let parts = http::Request::post("/").header("x-amz-target", "AmazonSSM.SendCommand").body(()).unwrap().into_parts().0;
    let operation = ssm.operation("SendCommand").unwrap();
    let deep = format!("{{\"Parameters\":{}", "{\"a\":".repeat(100_000));
    assert_eq!(ssm.codec().decode(operation, &parts, deep.as_bytes()).unwrap_err().code, "SerializationException");
    let ec2 = service("ec2").unwrap();
    let parts = http::Request::post("/").body(()).unwrap().into_parts().0;
    let operation = ec2.operation("DescribeInstances").unwrap();
    let deep = format!("Action=DescribeInstances&Filter{}=1", ".1".repeat(100_000));
    assert_eq!(ec2.codec().decode(operation, &parts, deep.as_bytes()).unwrap_err().code, "MalformedQueryString");
    let wide = "a=1&".repeat(100_000);
    assert_eq!(ec2.codec().decode(operation, &parts, wide.as_bytes()).unwrap_err().code, "MalformedQueryString");
}

#[test]
fn operations_without_input_decode_from_nothing() {
    for name in SERVICES {
        let model = service(name).unwrap();
        for operation in model.operations().filter(|operation| operation.served()) {
            // Whatever is missing is an error with a code of AWS's, never a failure of ours.
            let parts = http::Request::post("/").body(()).unwrap().into_parts().0;
            if let Err(error) = model.codec().decode(operation, &parts, b"") {
                assert!(error.status < 500, "{name} {}: {error}", operation.name());
            }
        }
    }
}
