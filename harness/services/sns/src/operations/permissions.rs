//! Statements of a topic's policy that are set by themselves.

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::{AwsError, Call, arn};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::invalid;
use crate::records::{Sns, Topic};

/// `AddPermission`. <https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AddPermission {
    topic_arn: String,
    label: String,
    #[serde(rename = "AWSAccountId")]
    accounts: Vec<String>,
    action_name: Vec<String>,
}

/// `RemovePermission`. <https://docs.aws.amazon.com/sns/latest/api/API_RemovePermission.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RemovePermission {
    topic_arn: String,
    label: String,
}

/// What a topic's policy can allow. <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html>
const ACTIONS: [&str; 10] = [
    "AddPermission",
    "DeleteTopic",
    "GetDataProtectionPolicy",
    "GetTopicAttributes",
    "ListSubscriptionsByTopic",
    "Publish",
    "PutDataProtectionPolicy",
    "RemovePermission",
    "SetTopicAttributes",
    "Subscribe",
];

impl Sns {
    pub(crate) fn add_permission(&self, _call: &Call, input: AddPermission) -> Result<Value, AwsError> {
        self.topic(&input.topic_arn, |topic| {
            let (policy, mut statements) = policy(topic);
            if statements.iter().any(|statement| is_labelled(statement, &input.label)) {
                return Err(invalid("Statement already exists"));
            }
            if input.action_name.iter().any(|action| !ACTIONS.contains(&action.as_str())) {
                return Err(invalid("Policy statement action out of service scope!"));
            }
            let principals = input.accounts.iter().map(|account| arn::root_of(account));
            let actions = input.action_name.iter().map(|action| format!("SNS:{action}"));
            statements.push(json!({
                "Sid": input.label,
                "Effect": "Allow",
                "Principal": { "AWS": one_or_all(principals.collect()) },
                "Action": one_or_all(actions.collect()),
                "Resource": topic.arn,
            }));
            set(topic, policy, statements);
            Ok(json!({}))
        })
    }

    /// A label that is not there is no error.
    pub(crate) fn remove_permission(&self, _call: &Call, input: RemovePermission) -> Result<Value, AwsError> {
        self.topic(&input.topic_arn, |topic| {
            let (policy, mut statements) = policy(topic);
            let before = statements.len();
            statements.retain(|statement| !is_labelled(statement, &input.label));
            if statements.len() < before {
                set(topic, policy, statements);
            }
            Ok(json!({}))
        })
    }
}

fn is_labelled(statement: &Value, label: &str) -> bool {
    statement.get("Sid").and_then(Value::as_str) == Some(label)
}

fn one_or_all(texts: Vec<String>) -> Value {
    match texts.as_slice() {
        [one] => one.as_str().into(),
        _ => texts.into(),
    }
}

/// The policy without its statements, and these.
fn policy(topic: &Topic) -> (Map<String, Value>, Vec<Value>) {
    let mut policy: Map<String, Value> = serde_json::from_str(&topic.policy).unwrap_or_default();
    let statements = match policy.remove("Statement") {
        Some(Value::Array(list)) => list,
        Some(one) => vec![one],
        None => Vec::new(),
    };
    (policy, statements)
}

fn set(topic: &mut Topic, mut policy: Map<String, Value>, statements: Vec<Value>) {
    policy.insert("Statement".to_owned(), statements.into());
    let document = Value::Object(policy).to_string();
    topic.policy = PolicyDocument::of_resource(document.as_str());
    topic.attributes.insert("Policy".to_owned(), document);
}
