//! Whatever an account tells of a night, secrets can be removed from it, and the draft of it is an incident file.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| nightproof::fuzzed::evidence(document));
