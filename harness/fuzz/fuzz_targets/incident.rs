//! Any text is an incident file, a drill file, or refused with what is wrong with it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nightproof_drill_file::DrillFile;
use nightproof_incident::Incident;

fuzz_target!(|text: &str| {
    if let Err(why) = Incident::parse(text) {
        assert!(!why.is_empty());
    }
    if let Err(why) = DrillFile::parse(text) {
        assert!(!why.is_empty());
    }
});
