//! The queues that calls of SQS name, their policies and tags.

use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::document::Members as _;
use nightproof_core::service::Arn;
use nightproof_core::service::Call;
use nightproof_iam_policy::ResourceRule;
use serde_json::Value;

use crate::address::{address, is_name, owner_and_name};
use crate::move_task::Handle;
use crate::records::Sqs;

impl Sqs {
    /// The policy of a queue.
    pub(super) fn queue_policy(&self, arn: &str) -> Option<ResourcePolicyText> {
        let (account, name) = owner_and_name(arn)?;
        self.with(account, |queues| {
            let queue = queues.by_name.get(name)?;
            Some(ResourcePolicyText {
                name: format!("policy of queue {name}"),
                document: queue.policy.clone(),
                rule: ResourceRule::Union,
                owner: account.to_owned(),
                restricts_public: false,
            })
        })
    }

    /// The tags of a queue.
    pub(super) fn queue_tags(&self, arn: &str) -> Vec<(String, String)> {
        let Some((account, name)) = owner_and_name(arn) else { return Vec::new() };
        self.with(account, |queues| queues.by_name.get(name).map(|queue| queue.tags.pairs()).unwrap_or_default())
    }
}

/// The queue of a URL, or of a name.
pub(super) fn named_queues(call: &Call, kind: &str, input: &Value) -> Vec<String> {
    let arn = |account: &str, name: &str| Arn::new("sqs", call.region.name(), account, name).to_string();
    let found = match kind {
        "queue" => input.text("QueueUrl").and_then(|url| match is_name(url) {
            true => Some(arn(call.account(), url)),
            false => address(url).ok().map(|(account, name)| arn(account, name)),
        }),
        "task" => input.text("TaskHandle").and_then(Handle::read).map(|handle| handle.source_arn),
        _ => input.text("QueueName").map(|name| arn(input.text("QueueOwnerAWSAccountId").unwrap_or(call.account()), name)),
    };
    found.into_iter().collect()
}
