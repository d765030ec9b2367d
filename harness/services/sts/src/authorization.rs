//! The trust policies of roles.

use nightproof_core::authorization::ResourcePolicyText;
use nightproof_iam_policy::ResourceRule;

use crate::records::Sts;
use crate::role_arn::parse;

impl Sts {
    /// Who may assume a role.
    pub(super) fn trust_policy(&self, arn: &str) -> Option<ResourcePolicyText> {
        let (account, name) = parse(arn)?;
        let role = self.identities.role(account, name).filter(|role| role.arn == arn)?;
        Some(ResourcePolicyText {
            name: format!("trust policy of role {name}"),
            document: Some(role.trust_policy),
            rule: ResourceRule::Required,
            owner: account.to_owned(),
            restricts_public: false,
        })
    }
}
