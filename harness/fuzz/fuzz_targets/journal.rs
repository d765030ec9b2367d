//! Any text is a journal or has a line that is none; what is read is written as something that is read as itself.
#![no_main]

use nightproof_journal::read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match read(text) {
        Ok(records) => {
            let lines = |records: &[_]| {
                records.iter().map(|record| serde_json::to_string(record).expect("JSON") + "\n").collect::<String>()
            };
            let written = lines(&records);
            let again = read(&written).expect("its own lines");
            assert_eq!(lines(&again), written);
        }
        Err(error) => assert!(error.line >= 1 && error.line <= text.lines().count()),
    }
});
