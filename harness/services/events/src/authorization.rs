//! What EventBridge's calls are about.

use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::document::Members as _;
use nightproof_core::service::{Arn, Call};
use nightproof_core::tags::Tags;
use nightproof_iam_policy::ResourceRule;
use serde_json::Value;

use crate::bus::{BusName, rule_resource};
use crate::records::{Account, Events};

impl Events {
    /// Rules and buses by their names.
    pub(super) fn named_resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        let arn_of =
            |bus: &BusName, resource: String| Arn::new("events", call.region.name(), bus.account.as_str(), resource).to_string();
        let bus_arn = |given: Option<&str>| {
            let bus = BusName::new(call, given);
            arn_of(&bus, format!("event-bus/{}", bus.name))
        };
        let rule_arn = |name: &str| {
            let bus = BusName::new(call, input.text("EventBusName"));
            arn_of(&bus, rule_resource(&bus.name, name))
        };
        match kind {
            "rule" => input.text("Name").map(rule_arn).into_iter().collect(),
            "target-rule" => input.text("Rule").map(rule_arn).into_iter().collect(),
            "bus" => vec![bus_arn(input.text("Name"))],
            "permission-bus" => vec![bus_arn(input.text("EventBusName"))],
            "buses" => {
                let mut buses: Vec<String> =
                    input.list("Entries").iter().map(|entry| bus_arn(entry.text("EventBusName"))).collect();
                buses.sort();
                buses.dedup();
                buses
            }
            _ => Vec::new(),
        }
    }

    /// The tags of a rule or a bus.
    pub(super) fn tags_of(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        let found =
            self.with_existing(account, |records| tagged(records).find(|(own, _)| *own == arn).map(|(_, tags)| tags.pairs()));
        found.flatten().unwrap_or_default()
    }

    /// The policy of a bus. <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-perms.html>
    pub(super) fn bus_policy(&self, arn: &str) -> Option<ResourcePolicyText> {
        let parsed: Arn = arn.parse().ok()?;
        let name = parsed.resource.strip_prefix("event-bus/")?;
        let document = self.with_existing(&parsed.account, |records| records.buses.get(name).and_then(|bus| bus.policy.clone()));
        Some(ResourcePolicyText {
            name: format!("policy of event bus {name}"),
            document: document.flatten(),
            rule: ResourceRule::Union,
            owner: parsed.account,
            restricts_public: false,
        })
    }
}

/// The ARNs and tags of all buses and rules.
pub(super) fn tagged(records: &Account) -> impl Iterator<Item = (&str, &Tags)> {
    records.buses.values().flat_map(|bus| {
        let rules = bus.rules.values().map(|rule| (rule.arn.as_str(), &rule.tags));
        std::iter::once((bus.arn.as_str(), &bus.tags)).chain(rules)
    })
}
