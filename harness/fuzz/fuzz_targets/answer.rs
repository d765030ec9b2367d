//! Any answer to any operation, as a store might give it, becomes a document or an error. The first line is `SERVICE OPERATION STATUS`.
#![no_main]

use nightproof_fuzz::Message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(message) = Message::read(data) else { return };
    let [service, operation, status] = message.line;
    let Some(model) = nightproof_wire::service(service) else { return };
    let Some(operation) = model.operation(operation) else { return };
    let Ok((mut head, ())) = http::Response::builder().status(status).body(()).map(http::Response::into_parts) else { return };
    head.headers = message.headers;
    match model.codec().decode_answer(operation, &head, message.body) {
        Ok(output) => {
            assert!(output.is_object());
            model.codec().encode(operation, &output, "id");
        }
        Err(error) => assert!(!error.code.is_empty()),
    }
});
