//! A function's resource policy: who may invoke it besides its own account.
//! <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>

use serde_json::{Value, json};

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
