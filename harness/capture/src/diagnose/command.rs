//! The command reached nobody, or failed somewhere; or what it made is not what one night makes.

use nightproof_drill::Hop;
use nightproof_drill::capture::{SentCommand, was_delivered};
use serde_json::{Value, json};

use super::script;
use crate::chain::Chain;
use crate::diagnosis::{Diagnosis, Recipe};

pub(super) fn diagnosis(chain: &Chain<'_>) -> Option<Diagnosis> {
    chain.evidence.commands.iter().find_map(|command| {
        if let Some(failed) = command.invocations.iter().find(|one| one.status != "Success" && is_over(&one.status)) {
            if was_delivered(&failed.details) {
                return Some(script::diagnosis(chain, command, failed));
            }
            let reason = format!("an instance did not get the command: {}", failed.details);
            return Some(Diagnosis { says: vec![failed.details.clone()], ..Diagnosis::new(Hop::Instance, reason) });
        }
        (command.targets == 0 && command.invocations.is_empty()).then(|| nobody(chain, command))
    })
}

fn is_over(status: &str) -> bool {
    !matches!(status, "Pending" | "InProgress" | "Delayed" | "Cancelling")
}

/// The tag is gone, or nobody listens.
fn nobody(chain: &Chain<'_>, command: &SentCommand) -> Diagnosis {
    let instances = &chain.evidence.instances;
    let ids: Vec<String> = instances.iter().map(|one| format!("${{{}}}", one.logical_id)).collect();
    let tags: Vec<Value> =
        command.wanted.keys().filter_map(|key| key.strip_prefix("tag:")).map(|key| json!({ "Key": key })).collect();
    // Systems Manager takes five minutes to miss an instance; the event history knows at once.
    let listening = instances.iter().any(|one| one.ping == "Online" && !was_stopped(chain, &one.id));
    let (why, recipe) = if ids.is_empty() {
        ("the stack has no instance of its own", Recipe::default())
    } else if listening && !tags.is_empty() {
        let input = json!({ "Resources": ids, "Tags": tags });
        ("an instance listens, and none has the tag", Recipe::call("ec2", "DeleteTags", input))
    } else {
        ("no instance listens", Recipe::call("ec2", "StopInstances", json!({ "InstanceIds": ids })))
    };
    Diagnosis {
        says: vec!["reached no instance".to_owned()],
        recipe,
        ..Diagnosis::new(Hop::Command, format!("the command reached no instance ({}): {why}", command.details))
    }
}

/// Whether somebody stopped or terminated the instance in the window.
fn was_stopped(chain: &Chain<'_>, instance: &str) -> bool {
    let text = |event: &Value, name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let of_instance = |event: &&Value| {
        let ended = ["StartInstances", "StopInstances", "TerminateInstances"].contains(&text(event, "eventName").as_str());
        let named = event.get("requestParameters").is_some_and(|input| input.to_string().contains(instance));
        ended && named && text(event, "errorCode").is_empty()
    };
    let last = chain.evidence.history.iter().rev().find(of_instance);
    last.is_some_and(|event| text(event, "eventName") != "StartInstances")
}

/// All scripts say that they succeeded.
pub(super) fn archives(chain: &Chain<'_>) -> Option<Diagnosis> {
    let succeeded = |command: &SentCommand| command.invocations.iter().filter(|one| one.status == "Success").count();
    let (commands, uploads) = (&chain.evidence.commands, chain.uploads());
    let due = commands.iter().map(succeeded).max().unwrap_or_default();
    if due > 0 && uploads < due {
        return Some(Diagnosis {
            says: vec!["the script reports success".to_owned()],
            ..Diagnosis::new(Hop::Object, format!("the script reports success on {due} instances, and {uploads} archives came"))
        });
    }
    if chain.lines().invocations() == 1 && commands.len() == 2 && uploads == 2 * due {
        let when = json!({ "service": "ssm", "operation": "SendCommand", "principal": chain.function_sessions() });
        let fault = json!({ "when": when, "occurrence": { "nth": 1 }, "then": "lose_answer" });
        return Some(Diagnosis {
            says: vec!["one night made 2 archives".to_owned()],
            recipe: Recipe {
                remark: Some(
                    "Why it did is not in the evidence: here, the answer to the first one is lost, and the client tries again.",
                ),
                ..Recipe::fault(fault)
            },
            ..Diagnosis::new(Hop::Object, "one invocation sent the command twice".to_owned())
        });
    }
    None
}
