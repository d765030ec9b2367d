//! The policies and tags of topics.

use nightproof_core::authorization::ResourcePolicyText;
use nightproof_iam_policy::ResourceRule;

use crate::records::Sns;

impl Sns {
    /// The policy of a topic.
    pub(super) fn topic_policy(&self, arn: &str) -> Option<ResourcePolicyText> {
        let found = self.topic(arn, |topic| {
            Ok(ResourcePolicyText {
                name: format!("policy of topic {}", arn.rsplit(':').next().unwrap_or_default()),
                document: Some(topic.policy.clone()),
                rule: ResourceRule::Union,
                owner: topic.owner.clone(),
                restricts_public: false,
            })
        });
        found.ok()
    }

    /// The tags of a topic.
    pub(super) fn topic_tags(&self, arn: &str) -> Vec<(String, String)> {
        self.topic(arn, |topic| Ok(topic.tags.pairs())).unwrap_or_default()
    }
}
