//! The resources that calls of CloudWatch Logs name, and their tags.

use nightproof_core::document::Members as _;
use nightproof_core::service::Call;
use serde_json::Value;

use crate::records::{Logs, name_in};

impl Logs {
    /// Groups and streams by name or identifier, as authorization spells their ARNs.
    pub(super) fn named_resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        if kind == "queried-groups" {
            let identifiers = input.texts("logGroupIdentifiers").into_iter().filter_map(|identifier| name_in(call, identifier));
            let names = input.text("logGroupName").into_iter().chain(input.texts("logGroupNames")).map(str::to_owned);
            return names.chain(identifiers).map(|name| call.arn("logs", format!("log-group:{name}:log-stream:"))).collect();
        }
        let given = input.text("logGroupName").map(str::to_owned);
        let group = given.or_else(|| name_in(call, input.text("logGroupIdentifier")?));
        let stream = if kind == "log-stream" { input.text("logStreamName").unwrap_or_default() } else { "" };
        let arn = |name: String| call.arn("logs", format!("log-group:{name}:log-stream:{stream}"));
        group.map(arn).into_iter().collect()
    }

    /// The tags of the group that an ARN names.
    pub(super) fn group_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        let accounts = self.accounts.lock();
        let group = arn.split(':').nth(6).and_then(|name| accounts.get(account)?.get(name));
        group.map(|group| group.tags.pairs()).unwrap_or_default()
    }
}
