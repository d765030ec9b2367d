//! Managed nodes: registration, description and connection.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::agent::require_agent;
use crate::node::{ManagedNode, UpdateInstanceInformation};
use crate::page::page;
use crate::records::Ssm;

/// `RegisterManagedInstance`, which only the agent calls.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RegisterManagedInstance {
    activation_id: Option<String>,
    instance_id: Option<String>,
    #[serde(flatten)]
    #[expect(dead_code, reason = "an instance has the keys of its role and no use for a key and fingerprint of its agent's")]
    more: BTreeMap<String, Value>,
}

/// `DescribeInstanceInformation`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeInstanceInformation {
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    instance_information_filter_list: Vec<OldFilter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: String,
    values: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldFilter {
    key: String,
    value_set: Vec<String>,
}

impl Ssm {
    /// The agent is alive. Unknown nodes stay unknown.
    pub(crate) fn contact(&self, account: &str, instance: &str, now: Timestamp) {
        self.with(account, |records| {
            if let Some(node) = records.nodes.get_mut(instance) {
                node.last_contact = node.last_contact.max(now);
            }
        });
    }

    pub(crate) fn register_managed_instance(&self, call: &Call, input: RegisterManagedInstance) -> Result<Value, AwsError> {
        if input.activation_id.is_some_and(|id| !id.is_empty()) {
            return Err(AwsError::not_implemented("ssm", "RegisterManagedInstance with ActivationId"));
        }
        let instance = require_agent(call, "ssm:RegisterManagedInstance", input.instance_id.as_deref())?;
        Ok(json!({"InstanceId": instance}))
    }

    /// The agent's first, empty call asks whether it may talk at all; the node exists from the first one that says what it is.
    pub(crate) fn update_instance_information(&self, call: &Call, about: UpdateInstanceInformation) -> Result<Value, AwsError> {
        let instance = require_agent(call, "ssm:UpdateInstanceInformation", about.instance_id.as_deref())?;
        let role = match &call.caller.principal {
            nightproof_core::Principal::AssumedRole { role, .. } => role.clone(),
            _ => String::new(),
        };
        self.contact(call.account(), &instance, call.now);
        if about.platform_type.is_some() {
            let is_new = self.with(call.account(), |records| {
                let is_new = !records.nodes.contains_key(&instance);
                let node = records.nodes.entry(instance.clone()).or_insert_with(|| ManagedNode {
                    about: about.clone(),
                    role: role.clone(),
                    registered: call.now,
                    last_contact: call.now,
                    polling: 0,
                    polled: None,
                });
                node.about = about;
                node.role = role;
                is_new
            });
            if let Some(ssm) = self.me.upgrade().filter(|_| is_new) {
                ssm.apply_to_new_node(&call.region, call.account(), &instance);
            }
        }
        Ok(json!({}))
    }

    pub(crate) fn describe_instance_information(
        &self,
        call: &Call,
        input: DescribeInstanceInformation,
    ) -> Result<Value, AwsError> {
        let instances = self.instances(&call.region, call.account());
        let filters: Vec<(&str, &[String])> = input
            .filters
            .iter()
            .map(|filter| (filter.key.as_str(), filter.values.as_slice()))
            .chain(input.instance_information_filter_list.iter().map(|old| (old.key.as_str(), old.value_set.as_slice())))
            .collect();
        let nodes = self.with(call.account(), |records| records.nodes.clone());
        let mut found = Vec::new();
        for (id, node) in &nodes {
            let described = node.describe(id, call.now);
            let mut keep = true;
            for (key, values) in &filters {
                keep &= match *key {
                    "InstanceIds" => values.contains(id),
                    "AgentVersion" => values.contains(&node.about.agent_version.clone().unwrap_or_default()),
                    "PingStatus" | "ResourceType" | "IamRole" => described
                        .get(*key)
                        .and_then(Value::as_str)
                        .is_some_and(|value| values.iter().any(|wanted| wanted == value)),
                    "PlatformTypes" => values.iter().any(|wanted| Some(wanted) == node.about.platform_type.as_ref()),
                    "ActivationIds" | "AssociationStatus" | "SourceIds" | "SourceTypes" => {
                        return Err(AwsError::not_implemented(
                            "ssm",
                            &format!("the filter {key} of DescribeInstanceInformation"),
                        ));
                    }
                    tag if tag == "tag-key" || tag.starts_with("tag:") => {
                        instances.iter().any(|instance| instance.id == *id && instance.has(tag, values))
                    }
                    other => {
                        return Err(AwsError::new("InvalidFilterKey", 400, format!("The specified key {other} isn't valid.")));
                    }
                };
            }
            if keep {
                found.push(described);
            }
        }
        page("InstanceInformationList", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }
}
