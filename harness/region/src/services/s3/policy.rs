//! What S3 itself checks of a bucket policy when it is put. What a policy allows is decided by the authorization layer.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status>

use firedrill_wire::AwsError;
use serde_json::Value;

/// `MalformedPolicy` with its reason.
pub(super) fn malformed(message: impl Into<String>) -> AwsError {
    AwsError::new("MalformedPolicy", 400, message)
}

fn statements(policy: &Value) -> Vec<&Value> {
    match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => Vec::new(),
    }
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Checks the form of a policy of `bucket`.
pub(super) fn check(document: &str, bucket: &str) -> Result<(), AwsError> {
    if document.len() > 20 * 1024 {
        return Err(AwsError::new("PolicyTooLarge", 400, "Policy exceeds the maximum allowed document size."));
    }
    let policy: Value = serde_json::from_str(document)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| malformed("Policies must be valid JSON and the first byte must be '{'"))?;
    if let Some(unknown) = policy
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
        .find(|name| !["Version", "Id", "Statement"].contains(&name.as_str()))
    {
        return Err(malformed(format!("Unknown field {unknown}")));
    }
    if let Some(version) = policy.get("Version")
        && !["2012-10-17", "2008-10-17"].iter().any(|known| version.as_str() == Some(known))
    {
        return Err(malformed("The policy must contain a valid version string"));
    }
    let statements = statements(&policy);
    if statements.is_empty() {
        return Err(malformed("Missing required field Statement"));
    }
    for statement in statements {
        check_statement(statement, bucket)?;
    }
    Ok(())
}

fn check_statement(statement: &Value, bucket: &str) -> Result<(), AwsError> {
    const FIELDS: [&str; 9] =
        ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
    let Some(members) = statement.as_object() else { return Err(malformed("Invalid policy syntax.")) };
    if let Some(unknown) = members.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(malformed(format!("Unknown field {unknown}")));
    }
    match statement.get("Effect").and_then(Value::as_str) {
        Some("Allow" | "Deny") => {}
        Some(other) => return Err(malformed(format!("Invalid effect: {other}"))),
        None => return Err(malformed("Missing required field Effect")),
    }
    for (name, negated) in [("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")] {
        match (statement.get(name), statement.get(negated)) {
            (None, None) => return Err(malformed(format!("Missing required field {name}"))),
            (Some(_), Some(_)) => return Err(malformed(format!("Policy statement must not have both {name} and {negated}"))),
            _ => {}
        }
    }
    let principal = statement.get("Principal").or_else(|| statement.get("NotPrincipal"));
    let valid = match principal {
        Some(Value::String(all)) => all == "*",
        Some(Value::Object(kinds)) => {
            !kinds.is_empty()
                && kinds.keys().all(|kind| ["AWS", "Service", "Federated", "CanonicalUser"].contains(&kind.as_str()))
        }
        _ => false,
    };
    if !valid {
        return Err(malformed("Invalid principal in policy"));
    }
    let actions = texts(statement.get("Action").or_else(|| statement.get("NotAction")));
    if actions.is_empty() || actions.iter().any(|action| *action != "*" && !action.to_ascii_lowercase().starts_with("s3:")) {
        return Err(malformed("Policy has invalid action"));
    }
    let arn = format!("arn:aws:s3:::{bucket}");
    let resources = texts(statement.get("Resource").or_else(|| statement.get("NotResource")));
    let ours = |resource: &&str| {
        let rest = resource.strip_prefix(arn.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with('*'))
            || wild_bucket(resource, bucket)
    };
    if resources.is_empty() || !resources.iter().all(ours) {
        return Err(malformed("Policy has invalid resource"));
    }
    if statement.get("Condition").is_some_and(|condition| !condition.is_object()) {
        return Err(malformed("Invalid Condition type"));
    }
    Ok(())
}

/// Whether a resource's bucket part is a pattern that this bucket fits.
fn wild_bucket(resource: &str, bucket: &str) -> bool {
    let Some(rest) = resource.strip_prefix("arn:aws:s3:::") else { return false };
    let pattern = rest.split('/').next().unwrap_or_default();
    match pattern.split_once('*') {
        Some((before, after)) => {
            let after = after.rsplit('*').next().unwrap_or_default();
            bucket.starts_with(before) && bucket.ends_with(after)
        }
        None => false,
    }
}

/// Whether the policy grants access to the public: an Allow for anybody without a condition that pins it to something fixed.
pub(super) fn is_public(document: &str) -> bool {
    const PINNING: [&str; 14] = [
        "aws:sourceip",
        "aws:sourcearn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceowner",
        "aws:sourceaccount",
        "aws:userid",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalarn",
        "aws:principalaccount",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
    ];
    let Ok(policy) = serde_json::from_str::<Value>(document) else { return false };
    statements(&policy).into_iter().any(|statement| {
        let everybody = match statement.get("Principal") {
            Some(Value::String(all)) => all == "*",
            Some(principal) => texts(principal.get("AWS")).contains(&"*"),
            None => statement.get("NotPrincipal").is_some(),
        };
        let pinned = statement.get("Condition").and_then(Value::as_object).into_iter().flatten().any(|(operator, keys)| {
            let compares = ["StringEquals", "StringLike", "ArnEquals", "ArnLike", "IpAddress"]
                .iter()
                .any(|known| operator.trim_end_matches("IgnoreCase").eq_ignore_ascii_case(known));
            compares
                && keys.as_object().into_iter().flatten().any(|(key, values)| {
                    let fixed = texts(Some(values));
                    PINNING.contains(&key.to_ascii_lowercase().as_str())
                        && !fixed.is_empty()
                        && fixed.iter().all(|value| !value.contains(['*', '?']) && *value != "0.0.0.0/0" && *value != "::/0")
                })
        });
        statement.get("Effect").and_then(Value::as_str) == Some("Allow") && everybody && !pinned
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn policy(change: impl FnOnce(&mut Value)) -> String {
        let mut statement = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}});
        change(&mut statement);
        json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
    }

    #[test]
    fn a_policy_that_demands_tls_is_accepted_and_not_public() {
        let document = policy(|_| {});
        assert!(check(&document, "b").is_ok());
        assert!(!is_public(&document));
    }

    #[test]
    fn malformed_policies_are_refused_with_their_reason() {
        for (document, reason) in [
            ("nonsense".to_owned(), "Policies must be valid JSON and the first byte must be '{'"),
            (policy(|s| s["Resource"] = json!("arn:aws:s3:::other/*")), "Policy has invalid resource"),
            (policy(|s| s["Action"] = json!("ec2:RunInstances")), "Policy has invalid action"),
            (
                policy(|s| {
                    s.as_object_mut().expect("object").remove("Principal");
                }),
                "Missing required field Principal",
            ),
            (policy(|s| s["Effect"] = json!("Maybe")), "Invalid effect: Maybe"),
        ] {
            let error = check(&document, "b").expect_err("refused");
            assert_eq!((error.code.as_str(), error.message.as_str()), ("MalformedPolicy", reason));
        }
    }

    #[test]
    fn an_allow_for_everybody_is_public_unless_pinned() {
        assert!(is_public(&policy(|s| s["Effect"] = json!("Allow"))));
        assert!(!is_public(&policy(|s| {
            s["Effect"] = json!("Allow");
            s["Condition"] = json!({"StringEquals": {"aws:SourceAccount": "123456789012"}});
        })));
    }
}
