//! Any request before any policy is decided on: a statement that applies denies where it allowed, and no other.
#![no_main]

use nightproof_iam_policy::{
    Context, Decision, Effect, Named, Policies, Policy, PolicyKind, Principal, PrincipalKind, Request, authorize,
};
use libfuzzer_sys::{
    arbitrary::{self, Arbitrary},
    fuzz_target,
};
use serde_json::{Value, json};

const OPERATORS: [&str; 28] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
    "StringLikeIfExists",
];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    negated: (bool, bool),
    action: &'a str,
    resource: &'a str,
    operator: u8,
    quantifier: u8,
    key: &'a str,
    wanted: Vec<&'a str>,
    old: bool,
    asked: (&'a str, &'a str),
    found: Vec<(&'a str, Vec<&'a str>)>,
}

impl Input<'_> {
    fn statement(&self, effect: &str) -> Value {
        let operator = OPERATORS[usize::from(self.operator) % OPERATORS.len()];
        let operator = match self.quantifier % 3 {
            0 => operator.to_owned(),
            1 => format!("ForAllValues:{operator}"),
            _ => format!("ForAnyValue:{operator}"),
        };
        let action = if self.negated.0 { "NotAction" } else { "Action" };
        let resource = if self.negated.1 { "NotResource" } else { "Resource" };
        json!({"Effect": effect, action: [self.action, "s3:*"], resource: [self.resource, "arn:aws:s3:::b/*"],
               "Condition": {operator: {self.key: self.wanted}}})
    }

    fn decide(&self, statements: Vec<Value>) -> Option<Decision> {
        let version = if self.old { "2008-10-17" } else { "2012-10-17" };
        let document = json!({"Version": version, "Statement": statements}).to_string();
        let policy = Policy::parse(&document, PolicyKind::Identity).ok()?;
        let arn = "arn:aws:iam::111122223333:user/ann".to_owned();
        let principal = Principal { kind: PrincipalKind::User, arn, account: "111122223333".to_owned() };
        let mut context = Context::new();
        for (key, values) in &self.found {
            match values.as_slice() {
                [value] => context.insert((*key).to_owned(), *value),
                values => context.insert_all((*key).to_owned(), values.iter().copied()),
            }
        }
        let request = Request {
            principal: &principal,
            action: self.asked.0,
            resource: self.asked.1,
            resource_account: Some("111122223333"),
            context: &context,
        };
        let identity = vec![Named { policy: &policy, name: "policy" }];
        Some(authorize(&request, &Policies { identity, ..Policies::default() }))
    }
}

fuzz_target!(|input: Input<'_>| {
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let Some(allowed) = input.decide(vec![input.statement("Allow")]) else { return };
    let Some(denied) = input.decide(vec![input.statement("Deny"), everything]) else { return };
    let exempt = allowed.effect == Effect::Allow && allowed.deciding.is_empty();
    assert!(exempt || (allowed.effect == Effect::Allow) == (denied.effect == Effect::ExplicitDeny));
    assert!(allowed.nearest.len() <= 5);
});
