//! Takes secrets out of what was captured, before anything is written or concluded from it. Pure.

use std::collections::BTreeSet;

use nightproof_drill::capture::Evidence;
use serde_json::Value;

use crate::secret::{REMOVED, is_secret_name, is_secret_value, without};

/// Shorter values are not searched for elsewhere: they would be found in words.
const SHORTEST: usize = 6;

/// The evidence without secrets. Nothing, if it is not what it was afterwards.
pub(crate) fn scrubbed(evidence: &Evidence) -> Option<Evidence> {
    let mut secrets: Vec<String> = secrets(evidence).into_iter().collect();
    // What holds another goes first.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let mut document = serde_json::to_value(evidence).ok()?;
    let template = document.get_mut("template").map(Value::take);
    walk(&mut document, &secrets);
    if let (Some(place), Some(Value::String(template))) = (document.get_mut("template"), template) {
        *place = without(&known(template, &secrets), true).into();
    }
    serde_json::from_value(document).ok()
}

/// Values that are secret by where they stand: what has a secret's name, and what comes from a parameter with `NoEcho`.
fn secrets(evidence: &Evidence) -> BTreeSet<String> {
    let template = nightproof_template::to_json(&evidence.template).unwrap_or_default();
    let mut found = BTreeSet::new();
    named(&template, &mut found);
    let parameters = template.get("Parameters").and_then(Value::as_object).into_iter().flatten();
    let hidden: Vec<&String> = parameters.clone().filter(|(_, one)| is_true(one.get("NoEcho"))).map(|(name, _)| name).collect();
    let defaults = parameters.filter(|(name, _)| hidden.contains(name) || is_secret_name(name));
    found.extend(defaults.filter_map(|(_, one)| one.get("Default")?.as_str().map(str::to_owned)));
    let given = evidence.stack.parameters.iter().filter(|one| is_secret_name(&one.name) || hidden.contains(&&one.name));
    found.extend(given.flat_map(|one| [one.value.clone(), one.resolved.clone()]));
    for function in &evidence.functions {
        let pointer = format!("/Resources/{}/Properties/Environment/Variables", function.logical_id);
        let declared = template.pointer(&pointer);
        let from_hidden = |name: &str| declared.and_then(|all| all.get(name)).is_some_and(|value| refers(value, &hidden));
        let secret = function.environment.iter().filter(|(name, _)| is_secret_name(name) || from_hidden(name));
        found.extend(secret.map(|(_, value)| value.clone()));
    }
    found.retain(|value| value.len() >= SHORTEST && is_secret_value(value));
    found
}

fn is_true(value: Option<&Value>) -> bool {
    value.is_some_and(|value| value == &Value::Bool(true) || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true")))
}

/// Texts whose member has a secret's name.
fn named(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if is_secret_name(name) => drop(found.insert(text.clone())),
                    other => named(other, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| named(item, found)),
        _ => {}
    }
}

/// Whether a property refers to one of these parameters.
fn refers(value: &Value, parameters: &[&String]) -> bool {
    match value {
        Value::String(text) => parameters.iter().any(|name| text == *name || text.contains(&format!("${{{name}}}"))),
        Value::Object(members) => members.values().any(|member| refers(member, parameters)),
        Value::Array(items) => items.iter().any(|item| refers(item, parameters)),
        _ => false,
    }
}

/// Takes them out of all texts below `value`.
fn walk(value: &mut Value, secrets: &[String]) {
    match value {
        Value::String(text) => *text = without(&known(std::mem::take(text), secrets), false),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if is_secret_name(name) && is_secret_value(text) => REMOVED.clone_into(text),
                    other => walk(other, secrets),
                }
            }
        }
        Value::Array(items) => lines(items, secrets),
        _ => {}
    }
}

/// Items may be the lines of one text, which a secret may span.
fn lines(items: &mut Vec<Value>, secrets: &[String]) {
    let texts: Option<Vec<&str>> = items.iter().map(|item| item.as_str().filter(|text| !text.contains('\n'))).collect();
    match texts {
        Some(texts) if texts.len() > 1 => {
            let whole = without(&known(texts.join("\n"), secrets), false);
            *items = whole.split('\n').map(Value::from).collect();
        }
        _ => items.iter_mut().for_each(|item| walk(item, secrets)),
    }
}

fn known(text: String, secrets: &[String]) -> String {
    secrets
        .iter()
        .fold(text, |text, secret| if text.contains(secret.as_str()) { text.replace(secret.as_str(), REMOVED) } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nightproof_drill::capture::{FunctionState, Invocation, LogLine, SentCommand, StackParameter};

    const TEMPLATE: &str = "Parameters:\n  Hidden: {Type: String, NoEcho: true, Default: default-of-hidden}\nResources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      MasterUserPassword: in-the-template\n      Environment:\n        Variables:\n          CONNECTION: !Sub 'db://${Hidden}'\n          API_TOKEN: written-out\n          MODE: nightly\n";

    #[test]
    fn a_secret_is_gone_wherever_it_shows() {
        let environment = [("CONNECTION", "db://live-of-hidden"), ("API_TOKEN", "written-out"), ("MODE", "nightly")];
        let function = FunctionState {
            logical_id: "F".to_owned(),
            environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            log: vec![LogLine {
                message: "using db://live-of-hidden nightly with default-of-hidden".to_owned(),
                ..LogLine::default()
            }],
            ..FunctionState::default()
        };
        let lines = [
            "cat > key <<E",
            "-----BEGIN PRIVATE KEY-----",
            "MIIEvQ",
            "-----END PRIVATE KEY-----",
            "E",
            "export PGPASSWORD=hunter2",
            "tar c",
        ];
        let command = SentCommand {
            parameters: [("commands".to_owned(), lines.map(str::to_owned).to_vec())].into(),
            invocations: vec![Invocation { stdout: "sent written-out and in-the-template".to_owned(), ..Invocation::default() }],
            ..SentCommand::default()
        };
        let mut evidence =
            Evidence { template: TEMPLATE.to_owned(), functions: vec![function], commands: vec![command], ..Evidence::default() };
        evidence.stack.parameters = vec![StackParameter {
            name: "AdminPassword".to_owned(),
            value: "of-a-parameter".to_owned(),
            ..StackParameter::default()
        }];
        evidence.history = vec![
            serde_json::json!({ "userIdentity": { "accessKeyId": "AKIAIOSFODNN7EXAMPLE" }, "requestParameters": { "password": "short" } }),
        ];
        let scrubbed = scrubbed(&evidence).unwrap();
        let text = serde_json::to_string(&scrubbed).unwrap();
        for secret in [
            "default-of-hidden",
            "live-of-hidden",
            "written-out",
            "in-the-template",
            "MIIEvQ",
            "hunter2",
            "of-a-parameter",
            "AKIAIOSFODNN7EXAMPLE",
            "short",
        ] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert_eq!(scrubbed.functions[0].environment["MODE"], "nightly");
        assert_eq!(scrubbed.functions[0].log[0].message, "using removed-secret nightly with removed-secret");
        assert_eq!(
            scrubbed.commands[0].parameters["commands"],
            ["cat > key <<E", "removed-secret", "E", "export PGPASSWORD=removed-secret", "tar c"]
        );
        assert!(scrubbed.template.contains("API_TOKEN: removed-secret") && scrubbed.template.contains("MODE: nightly"));
    }

    #[test]
    fn without_a_secret_nothing_changes() {
        let evidence = Evidence { template: crate::BUNDLED.to_owned(), ..Evidence::default() };
        assert_eq!(scrubbed(&evidence), Some(evidence));
    }
}
