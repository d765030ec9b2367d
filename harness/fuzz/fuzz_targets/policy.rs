//! Any text is parsed or refused; what is parsed round-trips and has its statements where it says.
#![no_main]

use nightproof_iam_policy::{Policy, PolicyKind, check_bucket_policy};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for kind in [PolicyKind::Identity, PolicyKind::Resource, PolicyKind::Trust] {
        match Policy::parse(text, kind) {
            Err(error) => assert!(!error.to_string().is_empty()),
            Ok(policy) => {
                let again = Policy::parse(&policy.to_json().to_string(), kind).expect("its own JSON");
                assert_eq!(policy, again);
                for statement in policy.statements() {
                    assert!(text[statement.position().offset..].starts_with('{'));
                }
                let _ = check_bucket_policy(&policy, "archives");
            }
        }
    }
});
