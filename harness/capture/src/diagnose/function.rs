//! The function failed, or sent nothing.

use nightproof_drill::Hop;
use serde_json::json;

use crate::chain::Chain;
use crate::diagnosis::{Diagnosis, Recipe};
use crate::service_error::ServiceError;

pub(super) fn diagnosis(chain: &Chain<'_>) -> Option<Diagnosis> {
    let function = chain.function?;
    let sent = !chain.evidence.commands.is_empty();
    let failure = chain.lines().failure();
    if failure.is_none() && sent {
        return None;
    }
    if let Some(seconds) = failure.as_deref().and_then(timed_out) {
        // What it waited for was the command's own call, or whatever came after it.
        let occurrence = if sent { json!({ "after": 1 }) } else { json!("always") };
        let when = json!({ "service": "ssm", "principal": chain.function_sessions() });
        let fault = json!({ "when": when, "occurrence": occurrence, "then": { "delay": seconds.ceil() + 2.0 } });
        let remark = "Which call it waited for is not in the evidence: here, Systems Manager is slow.";
        return Some(Diagnosis {
            says: vec![format!("timed out after {seconds:.2} seconds")],
            recipe: Recipe { remark: Some(remark), ..Recipe::fault(fault) },
            ..Diagnosis::new(Hop::Function, format!("{} timed out after {seconds:.2} seconds", function.logical_id))
        });
    }
    let said = chain.log().find_map(ServiceError::said_in).or_else(|| ServiceError::recorded(chain.evidence, &function.role));
    // What a handler catches and does not raise again leaves no command, and no failure either.
    let (hop, silent) =
        if failure.is_some() { (Hop::Function, None) } else { (Hop::Command, Some("sent no command".to_owned())) };
    if let Some(error) = said {
        let fault = error.fault(&chain.function_sessions());
        return Some(Diagnosis {
            says: silent.into_iter().chain([error.code.clone()]).collect(),
            code: Some(error.code.clone()),
            recipe: Recipe { remark: error.remark(), ..fault.map(Recipe::fault).unwrap_or_default() },
            ..Diagnosis::new(hop, format!("{} was refused {}: {}", function.logical_id, error.operation, error.code))
        });
    }
    let reason = failure.clone().unwrap_or_else(|| "it ended without an error and sent no command".to_owned());
    Some(Diagnosis {
        says: silent.or(failure).into_iter().collect(),
        ..Diagnosis::new(hop, format!("{}: {reason}", function.logical_id))
    })
}

/// `the handler timed out after 3.00 seconds`
fn timed_out(failure: &str) -> Option<f64> {
    failure.split_once("timed out after ")?.1.split(' ').next()?.parse().ok()
}
