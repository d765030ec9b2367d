//! The policy of a bus: who else may put events on it.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-perms.html>

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::{AwsError, Call, arn};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bus::Bus;
use crate::error::not_found;
use crate::records::Events;

/// `PutPermission`: a whole policy, or a statement of one. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutPermission {
    event_bus_name: Option<String>,
    action: Option<String>,
    principal: Option<String>,
    statement_id: Option<String>,
    condition: Option<Condition>,
    policy: Option<String>,
}

/// Lets in the accounts of an organization alone. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Condition.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Condition {
    r#type: String,
    key: String,
    value: String,
}

/// `RemovePermission`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RemovePermission.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RemovePermission {
    event_bus_name: Option<String>,
    statement_id: Option<String>,
    #[serde(default)]
    remove_all_permissions: bool,
}

impl Events {
    pub(crate) fn put_permission(&self, call: &Call, input: PutPermission) -> Result<Value, AwsError> {
        self.with_bus(call, input.event_bus_name.as_deref(), |bus| {
            let document = match &input.policy {
                Some(policy) => policy.clone(),
                None => {
                    let statement = statement(&input, &bus.arn)?;
                    let mut statements = statements(bus);
                    statements.retain(|one| one.get("Sid") != statement.get("Sid"));
                    statements.push(statement);
                    document(statements)
                }
            };
            let policy = PolicyDocument::of_resource(document);
            if let Err(error) = policy.policy() {
                return Err(AwsError::validation(format!("Parameter Policy is not valid. Reason: {error}")));
            }
            bus.policy = Some(policy);
            bus.modified = call.now;
            Ok(json!({}))
        })
    }

    pub(crate) fn remove_permission(&self, call: &Call, input: RemovePermission) -> Result<Value, AwsError> {
        self.with_bus(call, input.event_bus_name.as_deref(), |bus| {
            let mut kept = statements(bus);
            if input.remove_all_permissions {
                kept.clear();
            } else {
                let before = kept.len();
                kept.retain(|one| one.get("Sid").and_then(Value::as_str) != input.statement_id.as_deref());
                if kept.len() == before {
                    return Err(not_found("Statement with the provided id does not exist."));
                }
            }
            bus.policy = (!kept.is_empty()).then(|| PolicyDocument::of_resource(document(kept)));
            bus.modified = call.now;
            Ok(json!({}))
        })
    }
}

fn statement(input: &PutPermission, bus: &str) -> Result<Value, AwsError> {
    let required = |name: &str, value: &Option<String>| {
        value
            .clone()
            .ok_or_else(|| AwsError::validation(format!("Parameter {name} is not valid. Reason: {name} is a required argument.")))
    };
    let action = required("Action", &input.action)?;
    if action != "events:PutEvents" {
        return Err(AwsError::validation("Provided value in parameter 'action' is not supported."));
    }
    let principal = match required("Principal", &input.principal)?.as_str() {
        "*" => json!("*"),
        account => json!({ "AWS": arn::root_of(account) }),
    };
    let mut statement = json!({
        "Sid": required("StatementId", &input.statement_id)?,
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": bus,
    });
    if let (Some(condition), Some(members)) = (&input.condition, statement.as_object_mut()) {
        let Condition { r#type, key, value } = condition;
        members.insert("Condition".into(), json!({ r#type: { key: value } }));
    }
    Ok(statement)
}

fn statements(bus: &Bus) -> Vec<Value> {
    let policy: Value = bus.policy.as_ref().and_then(|policy| serde_json::from_str(policy).ok()).unwrap_or_default();
    match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    }
}

fn document(statements: Vec<Value>) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}
