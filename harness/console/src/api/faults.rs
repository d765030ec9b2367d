//! What goes wrong on purpose.

use http::StatusCode;
use nightproof_faults::Rule;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::Refusal;
use crate::handles::Handles;

/// All rules that are to be in force, in the form of an incident file's `faults`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    faults: Vec<Rule>,
}

/// The rules that are in force.
pub(crate) fn read(handles: &Handles) -> Value {
    json!({ "faults": handles.faults.rules() })
}

/// Puts these rules in force in place of those that were; each begins to count anew.
pub(crate) fn set(handles: &Handles, Rules { faults }: Rules) -> Result<Value, Refusal> {
    if faults.iter().any(Rule::is_interposed) {
        if handles.machines.containers().is_some() {
            let what =
                "a wrong clock and a slow disk are shown in sandboxes only, and the machines of this region are containers";
            return Err(Refusal::new(StatusCode::CONFLICT, "NotInContainers", what));
        }
        // Instances that run already are not prepared for it: the fault itself says so when it strikes.
        handles.machines.interposer().prepare();
    }
    handles.faults.set(faults);
    Ok(read(handles))
}
