//! The shape that IAM demands of a policy document when it is stored; its meaning is the policy evaluator's.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::error::malformed_policy;
use crate::service::AwsError;

/// Policies differ in whom they name: a trust policy has principals and no resources, an identity policy the reverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Identity,
    Trust,
}

/// Documents travel percent-encoded by RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A document as `GetRole` and its like show it.
pub(super) fn encoded(document: &str) -> String {
    utf8_percent_encode(document, ENCODED).to_string()
}

/// The size that quotas count: characters that are not white space.
pub(super) fn counted_size(document: &str) -> usize {
    document.chars().filter(|c| !c.is_whitespace()).count()
}

/// Checks the outline of a document: JSON, known elements, each statement with effect, actions, and resources or principals.
pub(super) fn check(document: &str, purpose: Use) -> Result<(), AwsError> {
    let parsed: Value = serde_json::from_str(document).map_err(|_| malformed_policy("This policy contains invalid Json"))?;
    let Value::Object(policy) = &parsed else { return Err(syntax()) };
    known(policy, &["Version", "Id", "Statement"])?;
    match policy.get("Version").map(Value::as_str) {
        Some(Some("2012-10-17")) => {}
        None | Some(Some("2008-10-17")) if purpose == Use::Trust => {}
        None | Some(Some("2008-10-17")) => {
            return Err(malformed_policy("Policy document must be version 2012-10-17 or greater."));
        }
        Some(_) => return Err(syntax()),
    }
    let statements: Vec<&Value> = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => return Err(syntax()),
    };
    if statements.is_empty() {
        return Err(syntax());
    }
    let mut sids = Vec::new();
    for statement in statements {
        let Value::Object(statement) = statement else { return Err(syntax()) };
        check_statement(statement, purpose)?;
        match statement.get("Sid") {
            None => {}
            Some(Value::String(sid)) => {
                if !sid.is_empty() && sids.contains(&sid) {
                    return Err(malformed_policy(format!("Statement IDs (SID) in a single policy must be unique: {sid}")));
                }
                if purpose == Use::Identity && !sid.chars().all(|c| c.is_ascii_alphanumeric()) {
                    return Err(malformed_policy(format!(
                        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*: {sid}"
                    )));
                }
                sids.push(sid);
            }
            Some(_) => return Err(syntax()),
        }
    }
    Ok(())
}

fn check_statement(statement: &Map<String, Value>, purpose: Use) -> Result<(), AwsError> {
    known(
        statement,
        &["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"],
    )?;
    match statement.get("Effect").and_then(Value::as_str) {
        Some("Allow" | "Deny") => {}
        None if !statement.contains_key("Effect") => return Err(malformed_policy("Missing required field Effect")),
        _ => return Err(syntax()),
    }
    let actions = exactly_one(statement, "Action", "NotAction", "Policy statement must contain actions.")?;
    for action in texts(actions)? {
        let well_formed =
            action == "*" || action.split_once(':').is_some_and(|(vendor, name)| !vendor.is_empty() && !name.is_empty());
        if !well_formed {
            return Err(malformed_policy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."));
        }
        if purpose == Use::Trust && !action.to_ascii_lowercase().starts_with("sts:") && action != "*" {
            return Err(malformed_policy("AssumeRole policy may only specify STS AssumeRole actions."));
        }
    }
    match purpose {
        Use::Identity => {
            prohibited(statement, &["Principal", "NotPrincipal"], "Policy document should not specify a principal.")?;
            let resources = exactly_one(statement, "Resource", "NotResource", "Policy statement must contain resources.")?;
            for resource in texts(resources)? {
                if resource != "*" && (!resource.starts_with("arn:") || resource.split(':').count() < 6) {
                    return Err(malformed_policy(format!("Resource {resource} must be in ARN format or \"*\".")));
                }
            }
        }
        Use::Trust => {
            prohibited(statement, &["Resource", "NotResource"], "Has prohibited field Resource")?;
            let principals = exactly_one(statement, "Principal", "NotPrincipal", "Missing required field Principal")?;
            match principals {
                Value::String(all) if all == "*" => {}
                Value::Object(kinds) => {
                    known(kinds, &["AWS", "Service", "Federated", "CanonicalUser"])?;
                    for kind in kinds.values() {
                        texts(kind)?;
                    }
                }
                _ => return Err(syntax()),
            }
        }
    }
    match statement.get("Condition") {
        None => Ok(()),
        Some(Value::Object(operators)) if operators.values().all(Value::is_object) => Ok(()),
        Some(_) => Err(syntax()),
    }
}

fn exactly_one<'a>(statement: &'a Map<String, Value>, name: &str, not: &str, absent: &str) -> Result<&'a Value, AwsError> {
    match (statement.get(name), statement.get(not)) {
        (Some(value), None) | (None, Some(value)) => Ok(value),
        (None, None) => Err(malformed_policy(absent)),
        (Some(_), Some(_)) => Err(syntax()),
    }
}

fn texts(value: &Value) -> Result<Vec<&str>, AwsError> {
    match value {
        Value::String(text) => Ok(vec![text]),
        Value::Array(items) if !items.is_empty() => items.iter().map(|item| item.as_str().ok_or_else(syntax)).collect(),
        _ => Err(syntax()),
    }
}

fn prohibited(statement: &Map<String, Value>, names: &[&str], message: &str) -> Result<(), AwsError> {
    if names.iter().any(|name| statement.contains_key(*name)) { Err(malformed_policy(message)) } else { Ok(()) }
}

fn known(object: &Map<String, Value>, names: &[&str]) -> Result<(), AwsError> {
    if object.keys().all(|key| names.contains(&key.as_str())) { Ok(()) } else { Err(syntax()) }
}

fn syntax() -> AwsError {
    malformed_policy("Syntax errors in policy.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(document: &str, purpose: Use) -> String {
        check(document, purpose).expect_err("refused").message
    }

    #[test]
    fn an_identity_policy_needs_version_effect_actions_and_resources() {
        let good = r#"{"Version":"2012-10-17","Statement":[{"Sid":"A1","Effect":"Allow","Action":["s3:PutObject"],"Resource":"arn:aws:s3:::b/*"}]}"#;
        check(good, Use::Identity).expect("accepted");
        assert_eq!(refusal("{", Use::Identity), "This policy contains invalid Json");
        assert_eq!(refusal(r#"{"Version":"2012-10-17"}"#, Use::Identity), "Syntax errors in policy.");
        let without_actions = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Resource":"*"}}"#;
        assert_eq!(refusal(without_actions, Use::Identity), "Policy statement must contain actions.");
        let without_resources = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*"}}"#;
        assert_eq!(refusal(without_resources, Use::Identity), "Policy statement must contain resources.");
        let bad_resource = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}}"#;
        assert_eq!(refusal(bad_resource, Use::Identity), "Resource bucket must be in ARN format or \"*\".");
        let principal =
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}}"#;
        assert_eq!(refusal(principal, Use::Identity), "Policy document should not specify a principal.");
    }

    #[test]
    fn a_trust_policy_needs_principals_and_no_resources() {
        let good = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        check(good, Use::Trust).expect("accepted");
        let resource = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}]}"#;
        assert_eq!(refusal(resource, Use::Trust), "Has prohibited field Resource");
        let action = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}]}"#;
        assert_eq!(refusal(action, Use::Trust), "AssumeRole policy may only specify STS AssumeRole actions.");
    }
}
