//! Who calls, as the evaluator sees it, and the policies that the principal brings along.

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::identity::{Identities, PolicyText, Session, Sessions};
use nightproof_core::service::Arn;
use nightproof_core::{Caller, Principal};
use nightproof_iam_policy::{Principal as Evaluated, PrincipalKind};

/// A principal with its policies.
pub(super) struct Subject {
    pub(super) principal: Evaluated,
    /// Inline and managed policies.
    pub(super) identity: Vec<Document>,
    pub(super) boundary: Option<Document>,
    /// Policies passed with the session; `None` if none were.
    pub(super) session: Option<Vec<Document>>,
    /// The session behind the caller's key.
    pub(super) facts: Option<Session>,
    /// Tags of the user or role.
    pub(super) tags: Vec<(String, String)>,
}

/// A policy and what to call it.
pub(super) struct Document {
    pub(super) name: String,
    pub(super) document: PolicyDocument,
}

impl Subject {
    pub(super) fn of(caller: &Caller, iam: &dyn Identities, sts: &dyn Sessions) -> Self {
        let facts = caller.access_key_id.as_deref().and_then(|id| sts.session(id));
        let held = iam.policies(caller);
        let (kind, owner) = match &caller.principal {
            Principal::Root => (PrincipalKind::Root, None),
            Principal::User { name, .. } => (PrincipalKind::User, Some(format!("user {name}"))),
            Principal::AssumedRole { role, .. } => {
                let arn = facts
                    .as_ref()
                    .and_then(|session| session.role_arn.clone())
                    .or_else(|| iam.role(&caller.account, role).map(|facts| facts.arn))
                    .unwrap_or_else(|| Arn::new("iam", "", &caller.account, format!("role/{role}")).to_string());
                (PrincipalKind::Session { role_arn: arn }, Some(format!("role {role}")))
            }
            Principal::Service { .. } => (PrincipalKind::Service, None),
            Principal::Anonymous => (PrincipalKind::Anonymous, None),
        };
        let named = |policy: PolicyText| Document {
            name: match &owner {
                Some(owner) if !policy.source.starts_with("arn:") => format!("inline policy {} of {owner}", policy.source),
                _ => policy.source,
            },
            document: policy.document,
        };
        let session =
            facts.as_ref().filter(|session| session.policy.is_some() || !session.policy_arns.is_empty()).map(|session| {
                let inline = session
                    .policy
                    .iter()
                    .map(|document| Document { name: "session policy".to_owned(), document: document.clone() });
                // A policy that has gone since grants nothing.
                let gone = || PolicyDocument::of_identity("");
                let managed = session.policy_arns.iter().map(|arn| Document {
                    name: arn.clone(),
                    document: iam.managed_policy(&caller.account, arn).unwrap_or_else(gone),
                });
                inline.chain(managed).collect()
            });
        let mut tags = iam.principal_tags(caller);
        for (key, value) in facts.iter().flat_map(|session| &session.tags) {
            tags.retain(|(known, _)| !known.eq_ignore_ascii_case(key));
            tags.push((key.clone(), value.clone()));
        }
        Self {
            principal: Evaluated { kind, arn: caller.arn(), account: caller.account.clone() },
            identity: held.identity.into_iter().map(named).collect(),
            boundary: held.boundary.map(named),
            session,
            facts,
            tags,
        }
    }
}
