//! What lies next to an access that the policy of a resource lets a service have, and must be refused: another rule's event, another
//! account's, reading what it may only write.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>

use std::collections::BTreeSet;

use nightproof_iam_policy::{
    Context, Effect, Named, Policies, PolicyKind, Principal, PrincipalKind, Request, ResourcePolicy, ResourceRule, authorize,
};

use crate::neighbour;
use crate::policy_in_force::PolicyInForce;
use crate::usage::Access;

/// An access that the service should not have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Neighbour {
    /// In words: `another rule's event`.
    pub(crate) what: &'static str,
    pub(crate) service: String,
    pub(crate) action: String,
    pub(crate) resource: String,
    /// For whom the service calls.
    source_arn: Option<String>,
    source_account: String,
}

/// The neighbours of everything that `policy`, the policy of a resource of `account`, lets services do.
pub(crate) fn neighbours(policy: &PolicyInForce, account: &str, accesses: &BTreeSet<Access>) -> BTreeSet<Neighbour> {
    let by_it = |access: &&Access| access.allowed && access.by.iter().any(|(name, _)| *name == policy.name);
    let is_service = |access: &&Access| !access.principal.starts_with("arn:") && access.principal.ends_with(".amazonaws.com");
    let had: Vec<&Access> = accesses.iter().filter(by_it).filter(is_service).collect();
    let had_anyway = |one: &Neighbour| {
        let same =
            |access: &&&Access| access.principal == one.service && access.action == one.action && access.resource == one.resource;
        had.iter().find(same).is_some_and(|access| access.source_arn == one.source_arn && one.source_account == account)
    };
    had.iter().flat_map(|access| around(access, account)).filter(|one| !had_anyway(one)).collect()
}

fn around(access: &Access, account: &str) -> Vec<Neighbour> {
    let as_it_was = Neighbour {
        what: "",
        service: access.principal.clone(),
        action: access.action.clone(),
        resource: access.resource.clone(),
        source_arn: access.source_arn.clone(),
        source_account: account.to_owned(),
    };
    let mut found = Vec::new();
    if let Some(source) = &access.source_arn {
        let (another, foreign) = match access.principal.as_str() {
            "events.amazonaws.com" => ("another rule's event", "an event of another account"),
            _ => ("for another resource", "for another account"),
        };
        found.push(Neighbour { what: another, source_arn: Some(sibling(source)), ..as_it_was.clone() });
        let source_arn = Some(source.replace(account, FOREIGN));
        found.push(Neighbour { what: foreign, source_arn, source_account: FOREIGN.to_owned(), ..as_it_was.clone() });
    }
    let actions: &[(&'static str, &str)] = match access.action.split(':').next() {
        Some("sqs") => &[
            ("receiving from the queue", "sqs:ReceiveMessage"),
            ("emptying the queue", "sqs:PurgeQueue"),
            ("changing the queue's policy", "sqs:SetQueueAttributes"),
        ],
        Some("sns") => &[
            ("subscribing to the topic", "sns:Subscribe"),
            ("changing the topic's policy", "sns:SetTopicAttributes"),
            ("deleting the topic", "sns:DeleteTopic"),
        ],
        Some("lambda") => {
            &[("changing the function's code", "lambda:UpdateFunctionCode"), ("deleting the function", "lambda:DeleteFunction")]
        }
        _ => &[],
    };
    found.extend(actions.iter().map(|(what, action)| Neighbour { what, action: (*action).to_owned(), ..as_it_was.clone() }));
    // A resource's policy has no say in others.
    let nearby = neighbour::around(&access.action, &access.resource).into_iter();
    let nearby = nearby.filter(|one| owner(&one.resource) == owner(&access.resource));
    found.extend(nearby.map(|one| Neighbour { what: one.what, action: one.action, resource: one.resource, ..as_it_was.clone() }));
    found
}

/// An account that is not the stack's.
const FOREIGN: &str = "000000000000";

/// The ARN of another resource of the same kind.
fn sibling(arn: &str) -> String {
    let name = arn.rfind(['/', ':']).map_or(0, |at| at + 1);
    format!("{}another", arn.get(..name).unwrap_or_default())
}

/// The resource that has the policy: an object's bucket, or the resource itself.
fn owner(resource: &str) -> &str {
    if resource.starts_with("arn:aws:s3:::") { resource.split('/').next().unwrap_or(resource) } else { resource }
}

/// Which of `neighbours` the policy allows.
pub(crate) fn allowed(policy: &PolicyInForce, account: &str, neighbours: &BTreeSet<Neighbour>) -> BTreeSet<Neighbour> {
    let Some((name, parsed)) = neighbour::parsed(policy, PolicyKind::Resource) else { return BTreeSet::new() };
    let is_allowed = |neighbour: &&Neighbour| {
        let mut context = Context::new();
        context.insert("aws:SecureTransport", "true");
        context.insert("aws:PrincipalIsAWSService", "true");
        context.insert("aws:PrincipalServiceName", neighbour.service.clone());
        if let Some(source) = &neighbour.source_arn {
            context.insert("aws:SourceArn", source.clone());
            context.insert("aws:SourceAccount", neighbour.source_account.clone());
        }
        let principal =
            Principal { kind: PrincipalKind::Service, arn: neighbour.service.clone(), account: neighbour.source_account.clone() };
        let policies = Policies {
            resource: Some(ResourcePolicy {
                policy: Named { policy: &parsed, name: &name },
                rule: ResourceRule::Union,
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const ACCOUNT: &str = "111122223333";
    const QUEUE: &str = "arn:aws:sqs:us-east-1:111122223333:dead";
    const RULE: &str = "arn:aws:events:us-east-1:111122223333:rule/nightly";

    fn allowed_by(action: &str, condition: Value) -> BTreeSet<&'static str> {
        let statement = json!({"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": action,
            "Resource": QUEUE, "Condition": condition});
        let document = json!({"Version": "2012-10-17", "Statement": [statement]});
        let held = PolicyInForce { name: "policy of queue dead".into(), role: None, document: Some(document) };
        let access = Access {
            principal: "events.amazonaws.com".into(),
            source_arn: Some(RULE.into()),
            action: "sqs:SendMessage".into(),
            resource: QUEUE.into(),
            allowed: true,
            by: vec![("policy of queue dead".into(), 0)],
        };
        let neighbours = super::neighbours(&held, ACCOUNT, &BTreeSet::from([access]));
        allowed(&held, ACCOUNT, &neighbours).iter().map(|one| one.what).collect()
    }

    #[test]
    fn a_grant_for_one_rule_allows_no_neighbour() {
        assert!(allowed_by("sqs:SendMessage", json!({"ArnEquals": {"aws:SourceArn": RULE}})).is_empty());
    }

    #[test]
    fn a_grant_for_all_rules_or_for_an_account_allows_those_of_others() {
        let all = allowed_by("sqs:SendMessage", json!({}));
        assert_eq!(all, BTreeSet::from(["an event of another account", "another rule's event"]));
        let of_account = allowed_by("sqs:SendMessage", json!({"StringEquals": {"aws:SourceAccount": ACCOUNT}}));
        assert_eq!(of_account, BTreeSet::from(["another rule's event"]));
    }

    #[test]
    fn a_grant_of_more_than_sending_allows_the_rest() {
        let all = allowed_by("sqs:*", json!({"ArnEquals": {"aws:SourceArn": RULE}}));
        let rest = ["changing the queue's policy", "emptying the queue", "receiving from the queue"];
        assert_eq!(all, BTreeSet::from(rest));
    }

    #[test]
    fn a_sibling_has_another_name() {
        assert_eq!(sibling(RULE), "arn:aws:events:us-east-1:111122223333:rule/another");
        assert_eq!(sibling("arn:aws:s3:::logged"), "arn:aws:s3:::another");
    }
}
