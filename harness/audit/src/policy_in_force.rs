//! The policies that a drill's stack put in force, read from the journal of the calls that made them.

use nightproof_drill::Step;
use nightproof_journal::{ApiCall, Event, Journal};
use serde_json::Value;

/// A policy in force.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PolicyInForce {
    /// As the evaluator's decisions name it: `inline policy upload-backup of role r`, `policy of bucket b`, an ARN.
    pub(crate) name: String,
    /// Name of the role whose identity it belongs to; `None` for policies of resources and for trust.
    pub(crate) role: Option<String>,
    /// Its document; `None` for a managed policy, whose text is AWS's.
    pub(crate) document: Option<Value>,
}

impl PolicyInForce {
    /// Whether it says who may assume a role.
    pub(crate) fn is_trust(&self) -> bool {
        self.name.starts_with("trust policy")
    }

    /// Whether it says who may do what with a topic.
    pub(crate) fn is_of_topic(&self) -> bool {
        self.name.starts_with("policy of topic ")
    }

    /// The policy with another statement in the place of one.
    pub(crate) fn with(&self, index: usize, statement: Value) -> Self {
        let mut changed = self.clone();
        match changed.document.as_mut().and_then(|document| document.get_mut("Statement")) {
            Some(Value::Array(statements)) => {
                if let Some(place) = statements.get_mut(index) {
                    *place = statement;
                }
            }
            Some(one) => *one = statement,
            None => {}
        }
        changed
    }

    /// Its statements.
    pub(crate) fn statements(&self) -> Vec<&Value> {
        match self.document.as_ref().and_then(|document| document.get("Statement")) {
            Some(Value::Array(statements)) => statements.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        }
    }
}

/// All policies, in the order in which they came into force. Those of functions are gathered from their permissions.
pub(crate) fn all(journal: &Journal) -> Vec<PolicyInForce> {
    let mut found: Vec<PolicyInForce> = Vec::new();
    for call in before_destruction(journal).iter().filter(|call| call.error_code.is_none()) {
        if call.event_name == "AddPermission" {
            add_permission(call, &mut found);
        } else if let Some(held) = held(call) {
            found.retain(|other| other.name != held.name || other.role != held.role);
            found.push(held);
        }
    }
    found
}

/// The calls up to when the drill removes what it made: a topic gets back the policy that it was made with.
fn before_destruction(journal: &Journal) -> Vec<ApiCall> {
    let records = journal.records().into_iter();
    let before = records.take_while(|record| !matches!(&record.event, Event::StepStarted { step, .. } if *step == Step::Destroy));
    before.filter_map(|record| if let Event::ApiCall(call) = record.event { Some(*call) } else { None }).collect()
}

fn held(call: &ApiCall) -> Option<PolicyInForce> {
    let input = &call.request_parameters;
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    let document = |text: &str| serde_json::from_str(text).ok();
    let role = text("RoleName").map(str::to_owned);
    let of_resource = |name: String, policy: &str| PolicyInForce { name, role: None, document: document(policy) };
    Some(match call.event_name.as_str() {
        "CreateRole" => of_resource(format!("trust policy of role {}", role?), text("AssumeRolePolicyDocument")?),
        "PutRolePolicy" => PolicyInForce {
            name: format!("inline policy {} of role {}", text("PolicyName")?, role.as_deref()?),
            role,
            document: document(text("PolicyDocument")?),
        },
        "AttachRolePolicy" => PolicyInForce { name: text("PolicyArn")?.to_owned(), role, document: None },
        "PutBucketPolicy" => of_resource(format!("policy of bucket {}", text("Bucket")?), text("Policy")?),
        "CreateKey" => {
            let id = call.response_elements.pointer("/KeyMetadata/KeyId")?.as_str()?;
            of_resource(format!("policy of key {id}"), text("Policy")?)
        }
        "SetQueueAttributes" => {
            let queue = text("QueueUrl")?.rsplit('/').next()?;
            of_resource(
                format!("policy of queue {queue}"),
                input.pointer("/Attributes/Policy")?.as_str().filter(|text| !text.is_empty())?,
            )
        }
        "SetTopicAttributes" if text("AttributeName") == Some("Policy") => {
            let topic = text("TopicArn")?.rsplit(':').next()?;
            of_resource(format!("policy of topic {topic}"), text("AttributeValue").filter(|text| !text.is_empty())?)
        }
        _ => return None,
    })
}

fn add_permission(call: &ApiCall, found: &mut Vec<PolicyInForce>) {
    let function = call.request_parameters.get("FunctionName").and_then(Value::as_str).unwrap_or_default();
    let name = format!("policy of function {}", function.rsplit(':').next().unwrap_or_default());
    let statement = call.response_elements.get("Statement").and_then(Value::as_str);
    let Some(statement) = statement.and_then(|text| serde_json::from_str::<Value>(text).ok()) else { return };
    match found.iter_mut().find(|held| held.name == name) {
        Some(held) => {
            if let Some(statements) = held.document.as_mut().and_then(|document| document.get_mut("Statement")?.as_array_mut()) {
                statements.push(statement);
            }
        }
        None => found.push(PolicyInForce {
            name,
            role: None,
            document: Some(serde_json::json!({"Version": "2012-10-17", "Statement": [statement]})),
        }),
    }
}
