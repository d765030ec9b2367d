//! Who was denied what, by the decisions that a local region journals. AWS tells no more than its error messages.

use std::cell::LazyCell;

use nightproof_journal::{Check, Event, Record};
use nightproof_template::{PolicyPlace, Template};
use serde_json::Value;

/// Each denial in a sentence, once, with the statements that came nearest to allowing, and where those of the stack stand in its template.
pub(crate) fn all(records: &[Record], template: &str) -> Vec<String> {
    // Most drills are denied nothing.
    let places = LazyCell::new(|| Template::parse(template).map(|template| template.policies()).unwrap_or_default());
    let mut told = Vec::new();
    for record in records {
        let Event::Authorization { principal, checks, .. } = &record.event else { continue };
        for check in checks.iter().filter(|check| check.decision.get("effect").and_then(Value::as_str) != Some("Allow")) {
            let sentence = sentence(principal, check, &places);
            if !told.contains(&sentence) {
                told.push(sentence);
            }
        }
    }
    told
}

fn sentence(principal: &str, check: &Check, places: &[PolicyPlace]) -> String {
    let decision = &check.decision;
    let mut text = format!("{principal} may not {} on {}", check.action, check.resource);
    let list = |name: &str| decision.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    for statement in list("deciding") {
        text.push_str(&format!("; denied by {}", place(&statement, places)));
    }
    for near in list("nearest").iter().take(3) {
        let statement = near.get("statement").map(|statement| place(statement, places)).unwrap_or_default();
        text.push_str(&format!("; nearest: {statement}, {}", near.get("miss").map(miss).unwrap_or_default()));
    }
    for error in list("errors").iter().filter_map(Value::as_str) {
        text.push_str(&format!("; {error}"));
    }
    text
}

/// `statement UploadArchives (line 40 of the template) of inline policy upload-backup of role r`
pub(crate) fn place(statement: &Value, places: &[PolicyPlace]) -> String {
    let text = |name: &str| statement.get(name).and_then(Value::as_str);
    let name = match text("sid") {
        Some(sid) => sid.to_owned(),
        None => format!("{}", statement.get("index").and_then(Value::as_u64).unwrap_or_default() + 1),
    };
    let line = line(statement, places).map(|line| format!(" (line {line} of the template)")).unwrap_or_default();
    format!("statement {name}{line} of {}", text("policy").unwrap_or("a policy"))
}

/// The line of a statement, if just one in the template can be meant.
fn line(statement: &Value, places: &[PolicyPlace]) -> Option<usize> {
    let policy = statement.get("policy")?.as_str().filter(|policy| !policy.starts_with("arn:"))?;
    let index = usize::try_from(statement.get("index")?.as_u64()?).ok()?;
    let sid = statement.get("sid").and_then(Value::as_str);
    let of_trust = policy.starts_with("trust policy");
    let named = |place: &&PolicyPlace| match &place.name {
        Some(name) => policy.starts_with(&format!("inline policy {name} of ")),
        None => !policy.starts_with("inline policy") && of_trust == place.pointer.ends_with("AssumeRolePolicyDocument"),
    };
    let mut found =
        places.iter().filter(named).filter_map(|place| place.statements.get(index)).filter(|one| one.sid.as_deref() == sid);
    let only = found.next()?;
    found.next().is_none().then_some(only.position.line)
}

fn miss(miss: &Value) -> String {
    let Some((kind, detail)) = miss.as_object().and_then(|miss| miss.iter().next()) else { return String::new() };
    let text = |name: &str| detail.get(name).and_then(Value::as_str).unwrap_or_default();
    let values = |name: &str| {
        let values: Vec<&str> =
            detail.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        if values.is_empty() { "nothing".to_owned() } else { values.join(", ") }
    };
    match kind.as_str() {
        "Condition" => {
            format!(
                "whose condition {} {} wants {} and found {}",
                text("operator"),
                text("key"),
                values("wanted"),
                values("found")
            )
        }
        "Resource" => format!("which is about {}", values("wanted")),
        _ => format!("which is for {}", values("wanted")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nightproof_journal::Journal;
    use serde_json::json;

    fn records(decision: Value) -> Vec<Record> {
        let journal = Journal::default();
        let check = Check { action: "s3:PutObject".into(), resource: "arn:aws:s3:::b/k".into(), decision: decision.into() };
        for _ in 0..2 {
            journal.record(Event::Authorization {
                request_id: "1".into(),
                principal: "arn:aws:sts::1:assumed-role/r/i-1".into(),
                source_arn: None,
                checks: vec![check.clone()],
            });
        }
        journal.records()
    }

    #[test]
    fn a_denial_is_told_once_with_what_came_nearest() {
        let near = json!({"statement": {"sid": "Upload", "policy": "inline policy p of role r", "index": 0},
            "miss": {"Resource": {"wanted": ["arn:aws:s3:::b"], "actual": "arn:aws:s3:::b/k"}}});
        let told = all(&records(json!({"effect": "ImplicitDeny", "deciding": [], "nearest": [near], "errors": []})), "");
        assert_eq!(
            told,
            [
                "arn:aws:sts::1:assumed-role/r/i-1 may not s3:PutObject on arn:aws:s3:::b/k; nearest: statement Upload of inline policy p of role r, which is about arn:aws:s3:::b"
            ]
        );
    }

    #[test]
    fn a_statement_of_the_stack_is_told_with_its_line() {
        let template = "Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      Policies:\n        - PolicyName: p\n          PolicyDocument:\n            Statement:\n              - Sid: Upload\n                Effect: Allow\n";
        let told_of = |policy: &str, sid: &str| {
            let near = json!({"statement": {"sid": sid, "policy": policy, "index": 0}, "miss": {"Resource": {"wanted": ["b"]}}});
            all(&records(json!({"effect": "ImplicitDeny", "nearest": [near]})), template)
        };
        let told = told_of("inline policy p of role r", "Upload");
        assert!(told[0].contains("nearest: statement Upload (line 9 of the template) of inline policy p of role r"), "{told:?}");
        for (policy, sid) in [
            ("inline policy p of role r", "Other"),
            ("inline policy q of role r", "Upload"),
            ("arn:aws:iam::aws:policy/P", "Upload"),
        ] {
            let told = told_of(policy, sid);
            assert!(!told[0].contains("(line"), "{told:?}");
        }
    }

    #[test]
    fn what_is_allowed_is_not_told() {
        assert!(all(&records(json!({"effect": "Allow", "deciding": []})), "").is_empty());
    }

    #[test]
    fn a_failed_condition_is_told_with_its_values() {
        let near = json!({"statement": {"policy": "p", "index": 1},
            "miss": {"Condition": {"operator": "StringEquals", "key": "ssm:resourceTag/Backup", "wanted": ["Enabled"], "found": []}}});
        let told = all(&records(json!({"effect": "ImplicitDeny", "nearest": [near]})), "");
        assert!(
            told[0].ends_with(
                "statement 2 of p, whose condition StringEquals ssm:resourceTag/Backup wants Enabled and found nothing"
            ),
            "{told:?}"
        );
    }
}
