//! Which nodes a command goes to: EC2's instances and their tags, joined with the nodes that agents registered.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::Ssm;
use super::invocation::State;
use crate::Caller;
use crate::service::{AwsError, Call};

/// An instance as far as targets care.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) tags: BTreeMap<String, String>,
}

/// A target of SendCommand.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Target {
    pub(crate) key: Option<String>,
    #[serde(default)]
    pub(crate) values: Vec<String>,
}

impl Instance {
    /// Whether it satisfies the key `tag:K` (one of `values`) or `tag-key`.
    pub(crate) fn has(&self, key: &str, values: &[String]) -> bool {
        match key.strip_prefix("tag:") {
            Some(name) => self.tags.get(name).is_some_and(|value| values.contains(value)),
            None => values.iter().any(|name| self.tags.contains_key(name)),
        }
    }

    /// A node can be sent a command while its instance exists and runs.
    pub(crate) fn usable(&self) -> bool {
        matches!(self.state.as_str(), "pending" | "running")
    }
}

impl Ssm {
    /// The account's instances, by EC2's own answer. Nodes whose instance is gone are deregistered on the way.
    pub(crate) async fn instances(&self, call: &Call) -> Result<Vec<Instance>, AwsError> {
        let caller = Caller::service(call.account(), "ssm.amazonaws.com");
        let mut instances = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let input = token.take().map_or_else(|| json!({}), |token| json!({"NextToken": token}));
            let output = call.region.call(&caller, "ec2", "DescribeInstances", input).await?;
            let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
            for instance in list(&output, "Reservations").iter().flat_map(|reservation| list(reservation, "Instances")) {
                let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                instances.push(Instance {
                    id: text(&instance, "InstanceId"),
                    state: instance.get("State").map(|state| text(state, "Name")).unwrap_or_default(),
                    tags: list(&instance, "Tags").iter().map(|tag| (text(tag, "Key"), text(tag, "Value"))).collect(),
                });
            }
            match output.get("NextToken").and_then(Value::as_str) {
                Some(next) if !next.is_empty() => token = Some(next.to_owned()),
                _ => break,
            }
        }
        self.with(call.account(), |records| {
            let gone = |id: &str| {
                !instances.iter().any(|instance| instance.id == id && !matches!(instance.state.as_str(), "terminated"))
            };
            records.nodes.retain(|id, _| !gone(id));
            records.mail.retain(|id, _| !gone(id));
            for command in &mut records.commands {
                for invocation in command.invocations.iter_mut().filter(|invocation| gone(&invocation.instance_id)) {
                    invocation.become_state(State::Undeliverable);
                }
            }
        });
        Ok(instances)
    }

    /// The managed nodes that satisfy all of `targets`, in order of their ids.
    pub(crate) fn resolve(&self, account: &str, instances: &[Instance], targets: &[Target]) -> Result<Vec<String>, AwsError> {
        let mut found: BTreeSet<String> = self.with(account, |records| records.nodes.keys().cloned().collect());
        for target in targets {
            let key = target.key.as_deref().unwrap_or_default();
            match key {
                "InstanceIds" | "instanceids" => {
                    found.retain(|id| target.values.contains(id) || target.values.iter().any(|v| v == "*"))
                }
                _ if key == "tag-key" || key.starts_with("tag:") => {
                    found.retain(|id| instances.iter().any(|instance| instance.id == *id && instance.has(key, &target.values)));
                }
                _ if key.starts_with("resource-groups:") => {
                    return Err(AwsError::not_implemented("ssm", &format!("the target {key} of SendCommand")));
                }
                _ => {
                    return Err(AwsError::new(
                        "InvalidTarget",
                        400,
                        format!("Target key {key} is not valid. Use InstanceIds, tag-key or tag:<name>."),
                    ));
                }
            }
        }
        found.retain(|id| instances.iter().any(|instance| instance.id == *id && instance.usable()));
        Ok(found.into_iter().collect())
    }
}
