//! What lies next to an access that a role needs, and must be refused: another bucket, another prefix, an untagged instance, another
//! document, another key, reading back, deleting.

use std::collections::BTreeSet;

use nightproof_iam_policy::{
    Context, Effect, Named, Policies, Policy, PolicyKind, Principal, PrincipalKind, Request, ResourcePolicy, ResourceRule,
    authorize,
};
use serde_json::Value;

use crate::policy_in_force::PolicyInForce;
use crate::usage::Access;

/// An access that nobody should have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Neighbour {
    /// In words: `another bucket`.
    pub(crate) what: &'static str,
    pub(crate) action: String,
    pub(crate) resource: String,
    /// The service through which a key is used.
    via: Option<String>,
}

/// The neighbours of everything that `role` was allowed.
pub(crate) fn neighbours(role: &str, accesses: &BTreeSet<Access>) -> BTreeSet<Neighbour> {
    let mine = accesses.iter().filter(|access| access.allowed && access.role() == Some(role));
    mine.flat_map(|access| around(&access.action, &access.resource)).collect()
}

/// The neighbours of one access.
pub(crate) fn around(action: &str, resource: &str) -> Vec<Neighbour> {
    let neighbour = |what, action: &str, resource: String| Neighbour { what, action: action.to_owned(), resource, via: None };
    match action.split(':').next() {
        Some("s3") => of_object(action, resource),
        Some("kms") => {
            let region = resource.split(':').nth(3).unwrap_or_default();
            let other = format!("{}/00000000-0000-0000-0000-000000000000", resource.split('/').next().unwrap_or_default());
            let through =
                Neighbour { via: Some(format!("s3.{region}.amazonaws.com")), ..neighbour("another key", action, other) };
            vec![
                through,
                neighbour("the key, but not through its service", action, resource.to_owned()),
                neighbour("disabling the key", "kms:DisableKey", resource.to_owned()),
                neighbour("deleting the key", "kms:ScheduleKeyDeletion", resource.to_owned()),
            ]
        }
        Some("ssm") if action == "ssm:SendCommand" && resource.contains(":document/") => {
            let prefix = resource.split(":document/").next().unwrap_or_default();
            vec![neighbour("another document", action, format!("{prefix}:document/AWS-RunRemoteScript"))]
        }
        Some("ssm") if action == "ssm:SendCommand" => {
            let prefix = resource.split(":instance/").next().unwrap_or_default();
            vec![
                // No tag is in its context.
                neighbour("an untagged instance", action, format!("{prefix}:instance/i-00000000000000000")),
                neighbour("a shell on the instance", "ssm:StartSession", resource.to_owned()),
            ]
        }
        Some("logs") => {
            let mut parts: Vec<&str> = resource.split(':').collect();
            let other = "/aws/lambda/other";
            if let Some(group) = parts.get_mut(6) {
                *group = other;
            }
            vec![
                neighbour("another log group", action, parts.join(":")),
                neighbour("deleting the log group", "logs:DeleteLogGroup", resource.to_owned()),
            ]
        }
        _ => Vec::new(),
    }
}

fn of_object(action: &str, resource: &str) -> Vec<Neighbour> {
    let neighbour = |what, action: &str, resource: String| Neighbour { what, action: action.to_owned(), resource, via: None };
    let Some((bucket, key)) = resource.split_once('/') else { return Vec::new() };
    let mut found = vec![
        neighbour("another bucket", action, format!("{bucket}-other/{key}")),
        neighbour("listing the bucket", "s3:ListBucket", bucket.to_owned()),
        neighbour("changing the bucket's policy", "s3:PutBucketPolicy", bucket.to_owned()),
    ];
    for (what, other) in [
        ("reading back", "s3:GetObject"),
        ("reading back", "s3:GetObjectVersion"),
        ("deleting", "s3:DeleteObject"),
        ("deleting", "s3:DeleteObjectVersion"),
    ] {
        found.extend((other != action).then(|| neighbour(what, other, resource.to_owned())));
    }
    if let Some((_, name)) = key.split_once('/') {
        found.push(neighbour("another prefix", action, format!("{bucket}/other/{name}")));
    }
    found
}

/// Which of `neighbours` the policies of `role` allow.
pub(crate) fn allowed(
    role: &str,
    account: &str,
    held: &[PolicyInForce],
    neighbours: &BTreeSet<Neighbour>,
) -> BTreeSet<Neighbour> {
    let identity: Vec<(String, Policy)> =
        held.iter().filter(|one| one.role.as_deref() == Some(role)).filter_map(|one| parsed(one, PolicyKind::Identity)).collect();
    let of_keys: Vec<(String, Policy)> = held
        .iter()
        .filter(|one| one.name.starts_with("policy of key "))
        .filter_map(|one| parsed(one, PolicyKind::Resource))
        .collect();
    let principal = Principal {
        kind: PrincipalKind::Session { role_arn: format!("arn:aws:iam::{account}:role/{role}") },
        arn: format!("arn:aws:sts::{account}:assumed-role/{role}/neighbour"),
        account: account.to_owned(),
    };
    let is_allowed = |neighbour: &&Neighbour| {
        let mut context = Context::new();
        context.insert("aws:SecureTransport", "true");
        context.insert("aws:PrincipalAccount", account);
        if let Some(via) = &neighbour.via {
            context.insert("kms:ViaService", via.clone());
        }
        // Another key of the account is taken to leave its use to IAM, as the stack's own does.
        let of_key = of_keys.first().filter(|_| neighbour.action.starts_with("kms:"));
        let policies = Policies {
            identity: identity.iter().map(|(name, policy)| Named { policy, name }).collect(),
            resource: of_key.map(|(name, policy)| ResourcePolicy {
                policy: Named { policy, name },
                rule: ResourceRule::Required,
                owner: account,
            }),
            ..Policies::default()
        };
        let request = Request {
            principal: &principal,
            action: &neighbour.action,
            resource: &neighbour.resource,
            resource_account: Some(account),
            context: &context,
        };
        authorize(&request, &policies).effect == Effect::Allow
    };
    neighbours.iter().filter(is_allowed).cloned().collect()
}

pub(crate) fn parsed(held: &PolicyInForce, kind: PolicyKind) -> Option<(String, Policy)> {
    let text = match &held.document {
        Some(document) => document.to_string(),
        None => nightproof_service_iam::aws_managed_policy(&held.name)?.to_string(),
    };
    Some((held.name.clone(), Policy::parse(&text, kind).ok()?))
}

/// The ways in which a statement can be loosened, one restriction at a time: what, and the statement without it.
pub(crate) fn loosened(statement: &Value) -> Vec<(&'static str, Value)> {
    let mut found = Vec::new();
    let changed = |change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        let mut statement = statement.clone();
        if let Some(members) = statement.as_object_mut() {
            change(members);
        }
        statement
    };
    if statement.get("Resource").is_some_and(|resource| resource.as_str() != Some("*")) {
        let any = changed(&|members| {
            members.insert("Resource".to_owned(), "*".into());
        });
        found.push(("its resource", any));
    }
    if statement.get("Condition").is_some() {
        let free = changed(&|members| {
            members.remove("Condition");
        });
        found.push(("its condition", free));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ACCOUNT: &str = "111122223333";

    fn role(statement: Value) -> Vec<PolicyInForce> {
        let document = json!({"Version": "2012-10-17", "Statement": [statement]});
        vec![PolicyInForce { name: "inline policy p of role r".into(), role: Some("r".into()), document: Some(document) }]
    }

    fn uploads() -> BTreeSet<Neighbour> {
        let access = Access {
            principal: format!("arn:aws:sts::{ACCOUNT}:assumed-role/r/i-1"),
            source_arn: None,
            action: "s3:PutObject".into(),
            resource: "arn:aws:s3:::b/backups/a.tgz".into(),
            allowed: true,
            by: Vec::new(),
        };
        neighbours("r", &BTreeSet::from([access]))
    }

    #[test]
    fn a_narrow_grant_allows_no_neighbour() {
        let held = role(json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/backups/*"}));
        assert!(allowed("r", ACCOUNT, &held, &uploads()).is_empty());
    }

    #[test]
    fn a_wide_grant_allows_its_neighbours() {
        let held = role(json!({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}));
        let what: BTreeSet<&str> = allowed("r", ACCOUNT, &held, &uploads()).iter().map(|one| one.what).collect();
        assert_eq!(what, BTreeSet::from(["another prefix", "deleting", "reading back"]));
    }

    #[test]
    fn each_restriction_is_loosened_by_itself() {
        let statement = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "a", "Condition": {"Bool": {"x": "true"}}});
        let what: Vec<&str> = loosened(&statement).iter().map(|(what, _)| *what).collect();
        assert_eq!(what, ["its resource", "its condition"]);
        assert!(loosened(&json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})).is_empty());
    }
}
