//! Key policies: the one of keys that AWS manages, and the checks of a new one.

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::document::Members as _;
use nightproof_core::service::{Arn, arn};
use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::scope::Scope;

/// The policy of a key that AWS manages: everybody in the account, through the service.
pub(crate) fn managed_policy(scope: &Scope<'_>, service: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Id": format!("auto-{service}-2"),
        "Statement": [
            {
                "Sid": format!("Allow access through {} for all principals in the account that are authorized to use it", service.to_uppercase()),
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
                "Resource": "*",
                "Condition": {"StringEquals": {
                    "kms:CallerAccount": scope.account,
                    "kms:ViaService": format!("{service}.{}.amazonaws.com", scope.region),
                }},
            },
            {
                "Sid": "Allow direct access to key metadata to the account",
                "Effect": "Allow",
                "Principal": {"AWS": Arn::new("iam", "", scope.account, "root").to_string()},
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                "Resource": "*",
            },
        ],
    })
    .to_string()
}

/// Reads a key policy: at most 32 kilobytes of valid statements, each with a principal.
pub(crate) fn checked_policy(document: &str) -> Result<PolicyDocument, AwsError> {
    let malformed = |message: &str| Err(AwsError::new("MalformedPolicyDocumentException", 400, message));
    if document.len() > 32 * 1024 {
        return Err(AwsError::new("LimitExceededException", 400, "The key policy exceeds 32 kilobytes"));
    }
    let Ok(policy) = serde_json::from_str::<Value>(document) else { return malformed("Policy contains a syntax error") };
    let statements: Vec<&Value> = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => Vec::new(),
    };
    if statements.is_empty() {
        return malformed("Policy contains a statement with no content");
    }
    for statement in statements {
        if !matches!(statement.text("Effect"), Some("Allow" | "Deny")) {
            return malformed("Policy contains a statement with an invalid effect");
        }
        for (member, negated) in [("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")] {
            if statement.get(member).is_none() && statement.get(negated).is_none() {
                return malformed(match member {
                    "Principal" => "Policy contains a statement with no principal",
                    "Action" => "Policy contains a statement with no action",
                    _ => "Policy contains a statement with no resource",
                });
            }
        }
    }
    let document = PolicyDocument::of_resource(document);
    match document.policy() {
        Ok(_) => Ok(document),
        Err(error) if error.message().starts_with("Invalid principal") => {
            malformed("Policy contains a statement with one or more invalid principals.")
        }
        Err(_) => malformed("Policy contains a syntax error"),
    }
}

/// Refuses a policy after which its owner could not put another, unless the caller insists (`BypassPolicyLockoutSafetyCheck`).
pub(crate) fn check_lockout(scope: &Scope<'_>, document: &str, bypass: bool) -> Result<(), AwsError> {
    if bypass {
        return Ok(());
    }
    let policy: Value = serde_json::from_str(document).unwrap_or_default();
    let statements: Vec<&Value> = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let texts = |value: Option<&Value>| -> Vec<String> {
        match value {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    };
    let allowed = statements.iter().any(|statement| {
        let puts = texts(statement.get("Action"))
            .iter()
            .any(|action| ["*", "kms:*", "kms:put*", "kms:putkeypolicy"].contains(&action.to_ascii_lowercase().as_str()));
        let principals = match statement.get("Principal") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(principal) => texts(principal.get("AWS")),
            None => Vec::new(),
        };
        let ours = principals.iter().any(|who| {
            who == "*" || who == scope.account || (arn::service_of(who) == "iam" && arn::account_of(who) == scope.account)
        });
        statement.text("Effect") == Some("Allow") && puts && ours
    });
    if allowed {
        return Ok(());
    }
    Err(AwsError::new(
        "MalformedPolicyDocumentException",
        400,
        "The new key policy will not allow you to update the key policy in the future.",
    ))
}
