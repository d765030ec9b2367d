//! What the fuzz targets try: readers of what others wrote. No interface of the product, and only there under `cfg(fuzzing)`.

use nightproof_drill::capture::Evidence;

use crate::capture::drafted;
use nightproof_incident::Incident;

/// Any text is an incident, or the error says what is wrong with it.
pub fn incident(text: &str) {
    if let Err(why) = Incident::parse(text) {
        assert!(!why.is_empty());
    }
}

/// Any evidence loses its secrets, and what is drafted from it is an incident.
pub fn evidence(document: &[u8]) {
    let Ok(evidence) = serde_json::from_slice::<Evidence>(document) else { return };
    if let Some(draft) = drafted(&evidence) {
        assert!(Incident::parse(&draft).is_ok(), "{:?}\n{draft}", Incident::parse(&draft).err());
    }
}
