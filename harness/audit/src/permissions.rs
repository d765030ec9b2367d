//! Used, denied, never used: by policy and statement, with the line in the template.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use nightproof_iam_policy::action_covers;
use nightproof_journal::Journal;
use nightproof_template::{PolicyPlace, Template};
use serde::Serialize;
use serde_json::Value;

use crate::policy_in_force::{self, PolicyInForce};
use crate::usage::{self, Access};

/// What a drill used of its permissions.
#[derive(Debug, Serialize)]
pub struct Permissions {
    /// Version of this form.
    version: u32,
    /// Each policy of the stack.
    policies: Vec<PolicyUse>,
    /// What was denied, in the order of principals.
    denied: Vec<Denied>,
}

#[derive(Debug, Serialize)]
struct PolicyUse {
    policy: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// For a managed policy, one without place for all of its statements together.
    statements: Vec<StatementUse>,
}

#[derive(Debug, Serialize)]
struct StatementUse {
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    /// `Allow` or `Deny`.
    effect: String,
    /// `file:line` in the template.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// Resources by the action that was used on them.
    used: BTreeMap<String, BTreeSet<String>>,
    /// Actions that the statement names and nobody used.
    never_used: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Denied {
    principal: String,
    action: String,
    resource: String,
}

/// Reads a drill's journal against its template, which is `file` or the bundled one, and `whole` as JSON.
pub fn permissions(journal: &Journal, template: &Template, whole: &Value, file: Option<&Path>) -> Permissions {
    let file = file.map_or_else(|| "stack/template.yaml".to_owned(), |file| file.display().to_string());
    let accesses = usage::all(journal);
    let places = template.policies();
    let policies = policy_in_force::all(journal).iter().map(|held| policy_use(held, &accesses, &places, whole, &file)).collect();
    let denied = accesses.iter().filter(|access| !access.allowed).map(|access| Denied {
        principal: access.principal.clone(),
        action: access.action.clone(),
        resource: access.resource.clone(),
    });
    Permissions { version: 1, policies, denied: denied.collect() }
}

fn policy_use(held: &PolicyInForce, accesses: &BTreeSet<Access>, places: &[PolicyPlace], whole: &Value, file: &str) -> PolicyUse {
    let of_role = |access: &&Access| held.role.is_none() || held.role.as_deref() == access.role();
    let used_by = |index: Option<usize>| {
        let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mine = |(policy, place): &(String, usize)| *policy == held.name && index.is_none_or(|index| index == *place);
        for access in accesses.iter().filter(of_role).filter(|access| access.by.iter().any(mine)) {
            used.entry(access.action.clone()).or_default().insert(access.resource.clone());
        }
        used
    };
    let statements = held.statements();
    let place = place(held, places, whole);
    let described = statements.iter().enumerate().map(|(index, statement)| {
        let used = used_by(Some(index));
        let named = strings(statement.get("Action"));
        let position = place.and_then(|place| place.statements.get(index)).map(|found| found.position);
        StatementUse {
            sid: statement.get("Sid").and_then(Value::as_str).map(str::to_owned),
            effect: statement.get("Effect").and_then(Value::as_str).unwrap_or_default().to_owned(),
            place: position.map(|position| format!("{file}:{}", position.line)),
            never_used: named.into_iter().filter(|action| !used.keys().any(|used| action_covers(action, used))).collect(),
            used,
        }
    });
    let mut statements: Vec<StatementUse> = described.collect();
    if held.document.is_none() {
        let used = used_by(None);
        statements.push(StatementUse { sid: None, effect: "Allow".to_owned(), place: None, used, never_used: Vec::new() });
    }
    PolicyUse { policy: held.name.clone(), role: held.role.clone(), statements }
}

/// The document in the template, which is `whole` as JSON, that this policy was made of: it says the same, and has the policy's name, or
/// belongs to a resource whose id is in the name.
pub(crate) fn place<'a>(held: &PolicyInForce, places: &'a [PolicyPlace], whole: &Value) -> Option<&'a PolicyPlace> {
    let document = held.document.as_ref()?;
    let same = |place: &&PolicyPlace| {
        place.statements.len() == held.statements().len()
            && whole.pointer(&place.pointer).is_some_and(|written| may_become(written, document))
    };
    let is_trust = held.is_trust();
    let named = |place: &&PolicyPlace| match (&place.name, held.role.is_some()) {
        (Some(name), true) => held.name.starts_with(&format!("inline policy {name} of")),
        _ => held.role.is_none() && place.pointer.ends_with("AssumeRolePolicyDocument") == is_trust,
    };
    let candidates: Vec<&PolicyPlace> = places.iter().filter(same).filter(named).collect();
    let owned = |place: &&&PolicyPlace| held.name.contains(place.resource.trim_end_matches("Policy")) || held.role.is_some();
    candidates.iter().find(owned).or_else(|| candidates.first().filter(|_| candidates.len() == 1)).copied()
}

/// Whether what is written in a template can have become `made`: functions and references can become anything, and nothing.
fn may_become(written: &Value, made: &Value) -> bool {
    match (written, made) {
        (written, _) if is_function(written) => true,
        (Value::Object(written), Value::Object(made)) => {
            let told = |(name, value): (&String, &Value)| written.get(name).is_some_and(|written| may_become(written, value));
            made.iter().all(told) && written.iter().all(|(name, value)| made.contains_key(name) || is_function(value))
        }
        (Value::Array(written), Value::Array(made)) if written.iter().any(is_function) && written.len() != made.len() => true,
        (Value::Array(written), Value::Array(made)) => {
            written.len() == made.len() && written.iter().zip(made).all(|(written, made)| may_become(written, made))
        }
        // YAML's `2012-10-17` and `true` are texts in a policy.
        (written, made) => scalar(written) == scalar(made),
    }
}

fn is_function(value: &Value) -> bool {
    value.as_object().is_some_and(|members| members.keys().any(|name| name == "Ref" || name.starts_with("Fn::")))
}

fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for policy in &self.policies {
            let role = policy.role.as_ref().filter(|role| !policy.policy.ends_with(role.as_str()));
            writeln!(f, "{}{}", policy.policy, role.map(|role| format!(", of role {role}")).unwrap_or_default())?;
            for (number, statement) in policy.statements.iter().enumerate() {
                let name = statement.sid.clone().unwrap_or_else(|| format!("statement {}", number + 1));
                let place = statement.place.as_ref().map(|place| format!("  ({place})")).unwrap_or_default();
                writeln!(f, "  {} {name}{place}", statement.effect)?;
                for (action, resources) in &statement.used {
                    let first = resources.first().map(String::as_str).unwrap_or_default();
                    let more = if resources.len() > 1 { format!(" and {} more", resources.len() - 1) } else { String::new() };
                    writeln!(f, "    used   {action}  {first}{more}")?;
                }
                for action in &statement.never_used {
                    writeln!(f, "    never  {action}")?;
                }
            }
        }
        for denied in &self.denied {
            writeln!(f, "denied {} {} on {}", denied.principal, denied.action, denied.resource)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_policy_is_told_from_another_by_all_that_is_written_out() {
        let written = json!({"Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Q", "Arn"]},
            "Condition": {"Fn::If": ["Pinned", {}, {"Ref": "AWS::NoValue"}]}}]});
        let made = |action: &str| json!({"Statement": [{"Effect": "Allow", "Action": action, "Resource": "arn:aws:sqs:r:1:q"}]});
        assert!(may_become(&written, &made("sqs:SendMessage")));
        assert!(!may_become(&written, &made("sqs:ReceiveMessage")));
        assert!(!may_become(&made("sqs:SendMessage"), &written));
    }

    #[test]
    fn actions_cover_by_wildcards_and_whatever_case() {
        assert!(
            action_covers("s3:Put*", "s3:PutObject")
                && action_covers("S3:putobject", "s3:PutObject")
                && action_covers("*", "kms:Decrypt")
        );
        assert!(!action_covers("s3:Get*", "s3:PutObject") && !action_covers("s3:PutObject", "s3:PutObjectAcl"));
    }
}
