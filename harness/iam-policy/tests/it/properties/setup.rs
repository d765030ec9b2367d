//! Random policies and requests over so few names that they often meet.

use nightproof_iam_policy::{
    Context, Decision, Named, Policies, Policy, PolicyKind, Principal, PrincipalKind, Request, ResourcePolicy, ResourceRule,
    authorize,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

const HOME: &str = "111122223333";
const ABROAD: &str = "444455556666";

/// Statements without effect; a policy is a list of them with theirs.
type Statements = Vec<Value>;

/// A request and all policies that apply.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) identity: Vec<Statements>,
    pub(crate) boundary: Option<Statements>,
    pub(crate) session: Option<Vec<Statements>>,
    pub(crate) resource: Option<(Statements, bool, &'static str)>,
    principal: usize,
    action: &'static str,
    target: &'static str,
    keys: Vec<(&'static str, &'static str)>,
}

impl Setup {
    /// Adds a statement to one of the policies there are; to none if there is none.
    pub(crate) fn add(&mut self, place: Index, effect: &str, statement: Value) {
        let resource = self.resource.as_mut().map(|(statements, _, _)| statements);
        let session = self.session.iter_mut().flatten();
        let mut policies: Vec<_> = self.identity.iter_mut().chain(&mut self.boundary).chain(session).chain(resource).collect();
        if !policies.is_empty() {
            let chosen = place.index(policies.len());
            policies[chosen].push(with_effect(&statement, effect));
        }
    }

    /// Turns policies and statements around.
    pub(crate) fn reverse(&mut self) {
        self.identity.reverse();
        self.identity.iter_mut().for_each(|statements| statements.reverse());
        self.boundary.iter_mut().for_each(|statements| statements.reverse());
        self.session.iter_mut().for_each(|policies| policies.reverse());
        self.resource.iter_mut().for_each(|(statements, _, _)| statements.reverse());
    }

    pub(crate) fn decide(&self) -> Decision {
        let policy = |statements: &Statements| parse(&document(statements, false), PolicyKind::Identity);
        let identity: Vec<Policy> = self.identity.iter().map(policy).collect();
        let boundary = self.boundary.as_ref().map(policy);
        let session: Option<Vec<Policy>> = self.session.as_ref().map(|policies| policies.iter().map(policy).collect());
        let resource = self.resource.as_ref().map(|(statements, _, _)| parse(&document(statements, true), PolicyKind::Resource));
        fn named(policy: &Policy) -> Named<'_> {
            Named { policy, name: "policy" }
        }
        let policies = Policies {
            identity: identity.iter().map(named).collect(),
            boundary: boundary.as_ref().map(named),
            session: session.as_ref().map(|list| list.iter().map(named).collect()),
            resource: resource.as_ref().zip(self.resource.as_ref()).map(|(policy, (_, required, owner))| ResourcePolicy {
                policy: named(policy),
                rule: if *required { ResourceRule::Required } else { ResourceRule::Union },
                owner,
            }),
        };
        let principal = principal(self.principal);
        let context = context(&self.keys);
        let request = Request {
            principal: &principal,
            action: self.action,
            resource: self.target,
            resource_account: None,
            context: &context,
        };
        authorize(&request, &policies)
    }
}

pub(crate) fn context(keys: &[(&'static str, &str)]) -> Context {
    let mut context = Context::new();
    for (key, value) in keys {
        context.insert(*key, *value);
    }
    context
}

pub(crate) fn parse(document: &Value, kind: PolicyKind) -> Policy {
    Policy::parse(&document.to_string(), kind).unwrap_or_else(|error| panic!("{error}: {document}"))
}

pub(crate) fn with_effect(statement: &Value, effect: &str) -> Value {
    let mut statement = statement.clone();
    statement["Effect"] = json!(effect);
    statement
}

/// A document of statements, with `Principal` or without. `NotPrincipal` goes with `Deny` alone.
pub(crate) fn document(statements: &[Value], principals: bool) -> Value {
    let prepared: Vec<_> = statements
        .iter()
        .map(|statement| {
            let mut statement = statement.clone();
            let allow = statement["Effect"] == "Allow";
            let object = statement.as_object_mut().unwrap();
            let excepted = object.remove("NotPrincipal");
            if !principals {
                object.remove("Principal");
            } else if let Some(excepted) = excepted.filter(|_| !allow) {
                object.remove("Principal");
                object.insert("NotPrincipal".to_owned(), excepted);
            }
            statement
        })
        .collect();
    json!({"Version": "2012-10-17", "Statement": prepared})
}

fn principal(which: usize) -> Principal {
    let (kind, arn, account) = match which {
        0 => (PrincipalKind::Root, "arn:aws:iam::111122223333:root", HOME),
        1 => (PrincipalKind::User, "arn:aws:iam::111122223333:user/ann", HOME),
        2 => (PrincipalKind::User, "arn:aws:iam::444455556666:user/eve", ABROAD),
        3 => {
            let role_arn = "arn:aws:iam::111122223333:role/backup".to_owned();
            (PrincipalKind::Session { role_arn }, "arn:aws:sts::111122223333:assumed-role/backup/s", HOME)
        }
        4 => (PrincipalKind::Service, "events.amazonaws.com", HOME),
        5 => (PrincipalKind::Root, "arn:aws:iam::444455556666:root", ABROAD),
        _ => (PrincipalKind::Anonymous, "*", ""),
    };
    Principal { kind, arn: arn.to_owned(), account: account.to_owned() }
}

/// A statement without effect. It has both `Principal` and, at times, `NotPrincipal`; `document` chooses.
pub(crate) fn any_statement() -> impl Strategy<Value = Value> + Clone {
    let actions =
        select(vec![json!("*"), json!("s3:*"), json!("s3:GetObject"), json!(["S3:put*", "s3:Get?bject"]), json!("sqs:*")]);
    let resources = select(vec![
        json!("*"),
        json!("arn:aws:s3:::b/*"),
        json!(["arn:aws:s3:::b/k", "arn:aws:s3:::c"]),
        json!("arn:aws:s3:::${aws:username}/k"),
        json!("arn:aws:s3"),
    ]);
    let principals = select(vec![
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": HOME}),
        json!({"AWS": "arn:aws:iam::444455556666:root"}),
        json!({"AWS": ["arn:aws:iam::111122223333:user/ann", "arn:aws:iam::444455556666:user/eve"]}),
        json!({"AWS": "arn:aws:iam::111122223333:role/backup"}),
        json!({"AWS": "arn:aws:sts::111122223333:assumed-role/backup/s", "Service": "events.amazonaws.com"}),
    ]);
    let conditions = select(vec![
        json!(null),
        json!(null),
        json!({"Bool": {"aws:SecureTransport": "true"}}),
        json!({"StringEquals": {"aws:username": ["ann", "b"]}}),
        json!({"StringNotLike": {"aws:username": "a*"}}),
        json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Null": {"aws:username": "false"}}),
        json!({"StringNotEqualsIfExists": {"aws:username": "${aws:PrincipalTag/name}"}}),
        json!({"ForAllValues:StringEquals": {"aws:username": "b"}}),
    ]);
    let excepted = prop::option::weighted(0.2, principals.clone());
    let negated = (prop::bool::weighted(0.1), prop::bool::weighted(0.1));
    (actions, resources, principals, excepted, conditions, negated).prop_map(
        |(action, resource, principal, excepted, condition, negated)| {
            let mut statement = json!({"Principal": principal});
            statement[if negated.0 { "NotAction" } else { "Action" }] = action;
            statement[if negated.1 { "NotResource" } else { "Resource" }] = resource;
            if let Some(excepted) = excepted {
                statement["NotPrincipal"] = excepted;
            }
            if !condition.is_null() {
                statement["Condition"] = condition;
            }
            statement
        },
    )
}

pub(crate) fn any_setup() -> impl Strategy<Value = Setup> {
    let statement = (any_statement(), select(vec!["Allow", "Allow", "Allow", "Deny"]))
        .prop_map(|(statement, effect)| with_effect(&statement, effect));
    let statements = prop::collection::vec(statement, 1..4);
    let resource = (statements.clone(), any::<bool>(), select(vec![HOME, ABROAD]));
    let keys = (
        prop::option::of(select(vec!["ann", "b"])),
        prop::option::of(select(vec!["true", "false"])),
        prop::option::of(select(vec!["10.1.2.3", "192.0.2.1", "nowhere"])),
    );
    (
        prop::collection::vec(statements.clone(), 0..3),
        prop::option::weighted(0.3, statements.clone()),
        prop::option::weighted(0.3, prop::collection::vec(statements, 0..3)),
        prop::option::weighted(0.7, resource),
        0_usize..7,
        select(vec!["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]),
        select(vec!["arn:aws:s3:::b/k", "arn:aws:s3:::c", "*"]),
        keys,
    )
        .prop_map(|(identity, boundary, session, resource, principal, action, target, (user, tls, address))| Setup {
            identity,
            boundary,
            session,
            resource,
            principal,
            action,
            target,
            keys: [("aws:username", user), ("aws:SecureTransport", tls), ("aws:SourceIp", address)]
                .into_iter()
                .filter_map(|(key, value)| Some((key, value?)))
                .collect(),
        })
}
