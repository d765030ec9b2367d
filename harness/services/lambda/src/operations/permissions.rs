//! Statements of functions' resource policies, which let others than the own account invoke them.
//! <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>

use nightproof_core::document::Members as _;
use nightproof_core::service::Arn;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::error::{invalid, not_found};
use crate::function::{Function, qualifier};
use crate::records::Lambda;

/// Where a request's policy is kept, and the ARN that it is for.
fn policy_key(function: &Function, input: &Value) -> Result<(String, String), AwsError> {
    match qualifier(input) {
        None => Ok((String::new(), function.arn().to_owned())),
        Some("$LATEST") => Err(invalid("We currently do not support adding policies for $LATEST.")),
        Some(qualifier) => Ok((qualifier.to_owned(), function.resolve(Some(qualifier))?.1)),
    }
}

impl Lambda {
    pub(crate) fn add_permission(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.with(call, input, |function| {
            let (key, arn) = policy_key(function, input)?;
            let made = statement(input, &arn)?;
            let policy = function.policies.entry(key).or_default();
            policy.require_revision(input)?;
            let sid = input.required("StatementId");
            if policy.statements.iter().any(|statement| statement.required("Sid") == sid) {
                let message = format!("The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing statement.");
                return Err(AwsError::new("ResourceConflictException", 409, message));
            }
            policy.statements.push(made.clone());
            policy.revise();
            Ok(json!({ "Statement": made.to_string() }))
        })
    }

    pub(crate) fn remove_permission(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.with(call, input, |function| {
            let (key, _) = policy_key(function, input)?;
            let sid = input.required("StatementId");
            let policy = function.policies.entry(key).or_default();
            policy.require_revision(input)?;
            let before = policy.statements.len();
            policy.statements.retain(|statement| statement.required("Sid") != sid);
            if policy.statements.len() == before {
                return Err(not_found(format!("Statement {sid} is not found in resource policy.")));
            }
            policy.revise();
            Ok(json!({}))
        })
    }

    pub(crate) fn get_policy(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        self.with(call, input, |function| {
            let (key, _) = policy_key(function, input)?;
            match function.policies.get(&key).filter(|policy| !policy.statements.is_empty()) {
                Some(policy) => Ok(json!({ "Policy": policy.document.as_deref(), "RevisionId": policy.revision })),
                None => Err(not_found("The resource you requested does not exist.")),
            }
        })
    }
}

/// Makes the statement that `AddPermission` adds.
fn statement(input: &Value, function_arn: &str) -> Result<Value, AwsError> {
    for member in ["EventSourceToken", "PrincipalOrgID", "FunctionUrlAuthType", "InvokedViaFunctionUrl"] {
        if input.has(member) {
            return Err(AwsError::not_implemented("lambda", &format!("AddPermission with {member}")));
        }
    }
    let principal = match input.required("Principal") {
        "*" => json!("*"),
        name if name.ends_with(".amazonaws.com") => json!({ "Service": name }),
        account if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) => {
            json!({ "AWS": Arn::new("iam", "", account, "root").to_string() })
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
