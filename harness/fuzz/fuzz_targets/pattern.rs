//! Any text is an event pattern or refused in AWS's words; a pattern is for an event or is not. An empty line is between both.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nightproof_event_pattern::Pattern;

fuzz_target!(|text: &str| {
    let (pattern, event) = text.split_once("\n\n").unwrap_or((text, "{}"));
    match Pattern::parse(pattern) {
        Ok(pattern) => {
            if let Ok(event) = serde_json::from_str(event) {
                pattern.matches(&event);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
