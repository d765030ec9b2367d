//! Statements of a queue's policy that are set by themselves.

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::{AwsError, Call, arn};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::bad_value;
use crate::records::{Queue, Sqs};

/// `AddPermission`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AddPermission {
    queue_url: String,
    label: String,
    #[serde(rename = "AWSAccountIds")]
    accounts: Vec<String>,
    actions: Vec<String>,
}

/// `RemovePermission`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_RemovePermission.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RemovePermission {
    queue_url: String,
    label: String,
}

impl Sqs {
    pub(crate) fn add_permission(&self, call: &Call, input: AddPermission) -> Result<Value, AwsError> {
        let label = input.label;
        self.queue(&input.queue_url, |queue| {
            let (policy, mut statements) = policy(queue);
            if statements.iter().any(|statement| statement.get("Sid").and_then(Value::as_str) == Some(&label)) {
                return Err(bad_value(format!("Value {label} for parameter Label is invalid. Reason: Already exists.")));
            }
            statements.push(json!({
                "Sid": label,
                "Effect": "Allow",
                "Principal": { "AWS": one_or_all(input.accounts, |account| arn::root_of(&account)) },
                "Action": one_or_all(input.actions, |action| format!("SQS:{action}")),
                "Resource": queue.arn,
            }));
            set(queue, policy, statements, call);
            Ok(json!({}))
        })
    }

    pub(crate) fn remove_permission(&self, call: &Call, input: RemovePermission) -> Result<Value, AwsError> {
        let label = input.label;
        self.queue(&input.queue_url, |queue| {
            let (policy, mut statements) = policy(queue);
            let before = statements.len();
            statements.retain(|statement| statement.get("Sid").and_then(Value::as_str) != Some(&label));
            if statements.len() == before {
                return Err(bad_value(format!("Value {label} for parameter Label is invalid. Reason: can't find label.")));
            }
            set(queue, policy, statements, call);
            Ok(json!({}))
        })
    }
}

fn one_or_all(texts: Vec<String>, shown: impl Fn(String) -> String) -> Value {
    let mut shown: Vec<String> = texts.into_iter().map(shown).collect();
    match (shown.pop(), shown.is_empty()) {
        (Some(one), true) => one.into(),
        (last, _) => shown.into_iter().chain(last).collect(),
    }
}

/// The policy without its statements, and these.
fn policy(queue: &Queue) -> (Map<String, Value>, Vec<Value>) {
    let set = queue.attributes.get("Policy").and_then(|policy| serde_json::from_str::<Map<String, Value>>(policy).ok());
    let mut policy = set.unwrap_or_default();
    if policy.is_empty() {
        policy.insert("Version".to_owned(), "2008-10-17".into());
        policy.insert("Id".to_owned(), format!("{}/SQSDefaultPolicy", queue.arn).into());
    }
    let statements = match policy.remove("Statement") {
        Some(Value::Array(list)) => list,
        Some(one) => vec![one],
        None => Vec::new(),
    };
    (policy, statements)
}

fn set(queue: &mut Queue, mut policy: Map<String, Value>, statements: Vec<Value>, call: &Call) {
    queue.modified = call.now;
    if statements.is_empty() {
        queue.policy = None;
        queue.attributes.remove("Policy");
        return;
    }
    policy.insert("Statement".to_owned(), statements.into());
    let document = Value::Object(policy).to_string();
    queue.policy = Some(PolicyDocument::of_resource(document.as_str()));
    queue.attributes.insert("Policy".to_owned(), document);
}
