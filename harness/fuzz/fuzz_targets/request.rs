//! Any request of any protocol becomes a document or an AWS error; a document that is written as a request is read as itself.
#![no_main]

use nightproof_fuzz::Message;
use nightproof_wire::Protocol;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(message) = Message::read(data) else { return };
    let Some((model, parts)) = message.request() else { return };
    let _ = model.addressed(&parts);
    let codec = model.codec_for(&parts);
    let decoded = codec
        .route(&parts, message.body)
        .and_then(|operation| codec.decode(operation, &parts, message.body).map(|input| (operation, input)));
    let (operation, input) = match decoded {
        Ok(decoded) => decoded,
        Err(error) => {
            assert!((400..=501).contains(&error.status) && error.code != "InternalFailure", "{error:?}");
            let answer = codec.encode_error(&error, "id");
            assert!(answer.status().is_client_error() || answer.status().is_server_error());
            return;
        }
    };
    assert!(model.validate(operation, &input).is_ok());
    // A client that cannot put the document into a head says so; what it can write is read as it was.
    let Ok(written) = codec.encode_request(operation, &input) else { return };
    let (parts, body) = written.into_parts();
    let again = codec.route(&parts, &body).expect("its own request has an operation");
    assert_eq!(again.name(), operation.name(), "{} {}", parts.method, parts.uri);
    // A form has no words for an empty structure.
    let whole = !matches!(codec.protocol(), Protocol::Query | Protocol::Ec2Query);
    if whole && !operation.streams_input() {
        assert_eq!(codec.decode(again, &parts, &body).expect("its own request is read"), input);
    }
});
