//! Policies of secrets.

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::records::SecretsManager;
use crate::secret::Secret;

/// `GetResourcePolicy`. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetResourcePolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetResourcePolicy {
    secret_id: String,
}

/// `PutResourcePolicy`. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutResourcePolicy {
    secret_id: String,
    resource_policy: String,
    #[serde(default)]
    block_public_policy: bool,
}

/// `DeleteResourcePolicy`. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteResourcePolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteResourcePolicy {
    secret_id: String,
}

fn checked(text: String) -> Result<PolicyDocument, AwsError> {
    let document = PolicyDocument::of_resource(text);
    let message = match document.policy() {
        Ok(_) => return Ok(document),
        Err(error) if error.message().starts_with("Invalid principal") => {
            "This resource policy contains an unsupported principal."
        }
        Err(_) => "This resource policy contains a syntax error.",
    };
    Err(AwsError::new("MalformedPolicyDocumentException", 400, message))
}

/// Whether a statement lets everybody in, under no condition.
fn is_public(document: &str) -> bool {
    let policy: Value = serde_json::from_str(document).unwrap_or_default();
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let everybody = |value: &Value| match value {
        Value::String(one) => one == "*",
        Value::Array(many) => many.iter().any(|one| one == "*"),
        _ => false,
    };
    statements.iter().any(|statement| {
        let principal = statement.get("Principal").unwrap_or(&Value::Null);
        let open = everybody(principal) || principal.get("AWS").is_some_and(everybody) || statement.get("NotPrincipal").is_some();
        statement.get("Effect").is_some_and(|effect| effect == "Allow") && open && statement.get("Condition").is_none()
    })
}

fn named(secret: &Secret) -> Value {
    json!({ "ARN": secret.arn, "Name": secret.name })
}

impl SecretsManager {
    pub(crate) fn get_resource_policy(&self, call: &Call, input: GetResourcePolicy) -> Result<Value, AwsError> {
        self.secret(call, &input.secret_id, |secret| {
            let mut output = named(secret.active()?);
            if let (Some(policy), Some(members)) = (&secret.policy, output.as_object_mut()) {
                members.insert("ResourcePolicy".to_owned(), (**policy).into());
            }
            Ok(output)
        })
    }

    pub(crate) fn put_resource_policy(&self, call: &Call, input: PutResourcePolicy) -> Result<Value, AwsError> {
        let policy = checked(input.resource_policy)?;
        if input.block_public_policy && is_public(&policy) {
            let message = "The BlockPublicPolicy parameter is set to true, and the resource policy did not prevent broad access to the secret.";
            return Err(AwsError::new("PublicPolicyException", 400, message));
        }
        self.secret(call, &input.secret_id, |secret| {
            secret.active()?.policy = Some(policy);
            Ok(named(secret))
        })
    }

    /// Deleting the policy of a secret that has none is no error.
    pub(crate) fn delete_resource_policy(&self, call: &Call, input: DeleteResourcePolicy) -> Result<Value, AwsError> {
        self.secret(call, &input.secret_id, |secret| {
            secret.active()?.policy = None;
            Ok(named(secret))
        })
    }
}
