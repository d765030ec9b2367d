//! What EventBridge's calls are about.

use nightproof_core::document::Members as _;
use nightproof_core::service::Call;
use serde_json::Value;

use crate::records::Events;

const DEFAULT_BUS: &str = "default";

impl Events {
    /// Rules and buses by their names. A rule of the default bus has no bus in its ARN.
    pub(super) fn named_resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        let arn = |rest: String| call.arn("events", rest);
        let bus = |given: Option<&str>| match given {
            Some(arn) if arn.starts_with("arn:") => arn.to_owned(),
            given => arn(format!("event-bus/{}", given.unwrap_or(DEFAULT_BUS))),
        };
        match kind {
            "rule" => input.text("Name").map(|name| arn(format!("rule/{name}"))).into_iter().collect(),
            "target-rule" => input.text("Rule").map(|name| arn(format!("rule/{name}"))).into_iter().collect(),
            "bus" => vec![bus(input.text("Name"))],
            "buses" => {
                let mut buses: Vec<String> = input.list("Entries").iter().map(|entry| bus(entry.text("EventBusName"))).collect();
                buses.sort();
                buses.dedup();
                buses
            }
            _ => Vec::new(),
        }
    }

    /// The tags of a rule.
    pub(super) fn rule_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        let rules = self.lock();
        let rule = rules.get(account).and_then(|rules| rules.values().find(|rule| rule.arn == arn));
        rule.map(|rule| rule.tags.pairs()).unwrap_or_default()
    }
}
