//! Any text is an incident file or refused with what is wrong with it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| nightproof::fuzzed::incident(text));
