//! What SQS's calls are about, and the policies of its queues.

use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::service::Call;
use nightproof_iam::ResourceRule;
use serde_json::Value;

use super::{Sqs, address, text};

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
    pub(super) fn tags_of(&self, arn: &str) -> Vec<(String, String)> {
        let Some((account, name)) = owner_and_name(arn) else { return Vec::new() };
        self.with(account, |queues| {
            queues.by_name.get(name).map(|queue| queue.tags.clone().into_iter().collect()).unwrap_or_default()
        })
    }
}

/// Account and name in a queue's ARN.
pub(super) fn owner_and_name(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.split(':').skip(4);
    Some((parts.next()?, parts.next()?))
}

/// The queue of a URL, or of a name.
pub(super) fn named_queues(call: &Call, kind: &str, input: &Value) -> Vec<String> {
    let arn = |account: &str, name: &str| format!("arn:aws:sqs:{}:{account}:{name}", call.region.name());
    let found = match kind {
        "queue" => text(input, "QueueUrl").and_then(|url| address(url).ok()).map(|(account, name)| arn(account, name)),
        _ => text(input, "QueueName").map(|name| arn(text(input, "QueueOwnerAWSAccountId").unwrap_or(call.account()), name)),
    };
    found.into_iter().collect()
}
