//! A function's resource policy: who may invoke it besides its own account.
//! <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>

use serde_json::{Value, json};

use crate::Caller;
use crate::service::AwsError;
use crate::services::document::Members as _;

/// Makes the statement that `AddPermission` adds.
pub(super) fn statement(input: &Value, function_arn: &str) -> Result<Value, AwsError> {
    for member in ["EventSourceToken", "PrincipalOrgID", "FunctionUrlAuthType", "InvokedViaFunctionUrl", "Qualifier"] {
        if input.has(member) {
            return Err(AwsError::not_implemented("lambda", &format!("AddPermission with {member}")));
        }
    }
    let principal = match input.required("Principal") {
        "*" => json!("*"),
        name if name.ends_with(".amazonaws.com") => json!({ "Service": name }),
        account if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) => {
            json!({ "AWS": format!("arn:aws:iam::{account}:root") })
        }
        arn if arn.starts_with("arn:") => json!({ "AWS": arn }),
        _ => {
            let message = "The provided principal was invalid. Please check the principal and try again.";
            return Err(AwsError::new("InvalidParameterValueException", 400, message));
        }
    };
    let mut made = json!({
        "Sid": input.required("StatementId"),
        "Effect": "Allow",
        "Principal": principal,
        "Action": input.required("Action"),
        "Resource": function_arn,
    });
    let mut condition = serde_json::Map::new();
    if let Some(account) = input.text("SourceAccount") {
        condition.insert("StringEquals".into(), json!({ "AWS:SourceAccount": account }));
    }
    if let Some(arn) = input.text("SourceArn") {
        condition.insert("ArnLike".into(), json!({ "AWS:SourceArn": arn }));
    }
    if let (false, Some(members)) = (condition.is_empty(), made.as_object_mut()) {
        members.insert("Condition".into(), condition.into());
    }
    Ok(made)
}

/// Whether the statements let the service `principal` invoke, acting for what its caller says.
pub(super) fn admits(statements: &[Value], principal: &str, caller: &Caller) -> bool {
    statements.iter().any(|statement| {
        let named = statement.get("Principal");
        let known = named.and_then(Value::as_str) == Some("*")
            || named.and_then(|named| named.text("Service")).is_some_and(|service| service == principal);
        let action = matches!(statement.required("Action"), "lambda:InvokeFunction" | "lambda:*" | "lambda:Invoke*" | "*");
        known && action && conditions_hold(statement.get("Condition"), caller)
    })
}

fn conditions_hold(condition: Option<&Value>, caller: &Caller) -> bool {
    let operators = condition.and_then(Value::as_object).into_iter().flatten();
    let mut wanted = operators.flat_map(|(_, keys)| keys.as_object().into_iter().flatten());
    wanted.all(|(key, value)| {
        let value = value.as_str().unwrap_or_default();
        let source = caller.source_arn.as_deref();
        match key.to_ascii_lowercase().as_str() {
            "aws:sourceaccount" => value == caller.account,
            "aws:sourcearn" => source.is_some_and(|source| arn_like(value, source)),
            _ => false,
        }
    })
}

/// `ArnLike`: wildcards do not reach over the first five colons.
fn arn_like(pattern: &str, arn: &str) -> bool {
    let (wanted, found): (Vec<_>, Vec<_>) = (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    wanted.len() == found.len() && wanted.iter().zip(&found).all(|(wanted, found)| glob(wanted.as_bytes(), found.as_bytes()))
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), None) => glob(rest, text),
        (Some((b'*', rest)), Some((_, after))) => glob(rest, text) || glob(pattern, after),
        (Some((b'?', rest)), Some((_, after))) => glob(rest, after),
        (Some((wanted, rest)), Some((found, after))) => wanted == found && glob(rest, after),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_admitted_for_the_named_source_alone() {
        let rule = "arn:aws:events:us-east-1:111122223333:rule/nightly";
        let input = json!({ "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com", "SourceArn": rule });
        let made = vec![statement(&input, "arn:aws:lambda:us-east-1:111122223333:function:f").unwrap()];
        let service = Caller::service("111122223333", "events.amazonaws.com");
        assert!(admits(&made, "events.amazonaws.com", &service.clone().acting_for(rule)));
        assert!(!admits(
            &made,
            "events.amazonaws.com",
            &service.clone().acting_for("arn:aws:events:us-east-1:111122223333:rule/other")
        ));
        assert!(!admits(&made, "events.amazonaws.com", &service));
        assert!(!admits(&made, "s3.amazonaws.com", &service.acting_for(rule)));
        assert!(arn_like("arn:aws:events:*:*:rule/n*", rule) && !arn_like("arn:aws:*", rule));
    }
}
