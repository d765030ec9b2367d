//! Any text is the faults of an incident file or refused with its place.
#![no_main]

use nightproof_faults::Rule;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = serde_saphyr::from_str::<Vec<Rule>>(text) {
        assert!(!error.to_string().is_empty());
    }
});
