//! Whether a policy of a bucket lets the public in.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status>

use serde_json::Value;

/// Whether the policy grants access to the public: an Allow for anybody without a condition that pins it to something fixed.
pub fn is_public(document: &str) -> bool {
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
