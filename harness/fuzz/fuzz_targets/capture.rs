//! Whatever an account tells of a night, secrets can be removed from it, and the draft of it is an incident file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nightproof_capture::Night;
use nightproof_incident::Incident;

fuzz_target!(|document: &[u8]| {
    let Ok(evidence) = serde_json::from_slice(document) else { return };
    let Some(draft) = Night::new(&evidence).and_then(|night| night.draft("template.yaml", "a night")) else { return };
    assert!(Incident::parse(&draft).is_ok(), "{:?}\n{draft}", Incident::parse(&draft).err());
});
