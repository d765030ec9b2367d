//! The policies, trust policies and tags that authorization reads.

use std::sync::atomic::Ordering;

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::identity::{Identities, PrincipalPolicies, RoleFacts};
use nightproof_core::{Caller, Principal};

use crate::Iam;
use crate::identity::Kind;

impl Identities for Iam {
    fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    fn role(&self, account: &str, name: &str) -> Option<RoleFacts> {
        self.lock().get(account)?.role_facts(account, name)
    }

    fn policies(&self, caller: &Caller) -> PrincipalPolicies {
        let accounts = self.lock();
        let Some(records) = accounts.get(&caller.account) else { return PrincipalPolicies::default() };
        match &caller.principal {
            Principal::User { name, .. } => records.principal_policies(Kind::User, name),
            Principal::AssumedRole { role, .. } => records.principal_policies(Kind::Role, role),
            Principal::Root | Principal::Service { .. } | Principal::Anonymous => PrincipalPolicies::default(),
        }
    }

    fn managed_policy(&self, account: &str, arn: &str) -> Option<PolicyDocument> {
        self.lock().get(account)?.managed_document(arn)
    }

    fn principal_tags(&self, caller: &Caller) -> Vec<(String, String)> {
        let accounts = self.lock();
        let identity = accounts.get(&caller.account).and_then(|records| match &caller.principal {
            Principal::User { name, .. } => records.identity_named(Kind::User, name),
            Principal::AssumedRole { role, .. } => records.identity_named(Kind::Role, role),
            Principal::Root | Principal::Service { .. } | Principal::Anonymous => None,
        });
        identity.map(|identity| identity.tags.pairs()).unwrap_or_default()
    }
}
