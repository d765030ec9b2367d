//! Any text is an incident file or refused with what is wrong with it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nightproof_incident::Incident;

fuzz_target!(|text: &str| {
    if let Err(why) = Incident::parse(text) {
        assert!(!why.is_empty());
    }
});
