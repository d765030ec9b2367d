//! Any signature, in a header or an address, is a claim or an AWS error; no signature that was made up holds.
#![no_main]

use nightproof_fuzz::Message;
use nightproof_wire::sigv4;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(message) = Message::read(data) else { return };
    let Some((_, parts)) = message.request() else { return };
    match sigv4::claim(&parts) {
        Ok(None) => {}
        Ok(Some(claim)) => {
            let body = sigv4::sha256_hex(message.body);
            for body in [None, Some(body.as_str())] {
                let error = sigv4::verify(&parts, &claim, body, "a secret that nobody knows", claim.timestamp).unwrap_err();
                assert!((400..=403).contains(&error.status), "{error:?}");
            }
        }
        Err(error) => assert!((400..=501).contains(&error.status), "{error:?}"),
    }
});
