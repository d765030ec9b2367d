//! What holds for all policies and requests.

mod setup;

use nightproof_iam_policy::{Context, Effect, Named, Policies, Policy, PolicyKind, Principal, PrincipalKind, Request, authorize};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use setup::{Setup, any_setup, any_statement, context, parse};

fn allows(setup: &Setup) -> bool {
    setup.decide().effect == Effect::Allow
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn a_further_deny_never_allows(setup in any_setup(), place in any::<Index>(), statement in any_statement()) {
        let mut changed = setup.clone();
        changed.add(place, "Deny", statement);
        prop_assert!(allows(&setup) || !allows(&changed));
    }

    #[test]
    fn a_further_allow_never_denies(setup in any_setup(), place in any::<Index>(), statement in any_statement()) {
        let mut changed = setup.clone();
        changed.add(place, "Allow", statement);
        prop_assert!(!allows(&setup) || allows(&changed));
    }

    #[test]
    fn order_does_not_matter(setup in any_setup()) {
        let mut reversed = setup.clone();
        reversed.reverse();
        let (one, other) = (setup.decide(), reversed.decide());
        prop_assert_eq!((one.effect, one.layer), (other.effect, other.layer));
        prop_assert_eq!(one.deciding.len(), other.deciding.len());
    }

    #[test]
    fn a_boundary_or_session_policy_never_grants(setup in any_setup()) {
        let mut free = setup.clone();
        (free.boundary, free.session) = (None, None);
        // NotPrincipal spares nobody with a boundary, so that without one more may be allowed, but not less.
        prop_assert!(!allows(&setup) || allows(&free));
    }

    #[test]
    fn a_policy_round_trips(statements in prop::collection::vec(any_statement(), 1..4), effect in prop_oneof![Just("Allow"), Just("Deny")]) {
        let document = setup::document(&statements.iter().map(|statement| setup::with_effect(statement, effect)).collect::<Vec<_>>(), true);
        let kind = PolicyKind::Resource;
        let policy = Policy::parse(&document.to_string(), kind).unwrap();
        let again = Policy::parse(&policy.to_json().to_string(), kind).unwrap();
        prop_assert_eq!(&policy, &again);
        prop_assert_eq!(policy.to_json(), again.to_json());
    }

    #[test]
    fn every_statement_has_its_place(statements in prop::collection::vec(any_statement(), 1..4), indented: bool) {
        let document = setup::document(&statements.iter().map(|statement| setup::with_effect(statement, "Deny")).collect::<Vec<_>>(), false);
        let text = if indented { serde_json::to_string_pretty(&document).unwrap() } else { document.to_string() };
        let policy = Policy::parse(&text, PolicyKind::Identity).unwrap();
        for (statement, source) in policy.statements().iter().zip(document["Statement"].as_array().unwrap()) {
            let position = statement.position();
            let found = serde_json::Deserializer::from_str(&text[position.offset..]).into_iter::<Value>().next().unwrap().unwrap();
            prop_assert_eq!(&found, source);
            prop_assert_eq!(text[..position.offset].matches('\n').count() + 1, position.line);
        }
    }

    #[test]
    fn text_that_is_no_policy_is_refused_and_nothing_panics(text in ".{0,60}") {
        for kind in [PolicyKind::Identity, PolicyKind::Resource, PolicyKind::Trust] {
            prop_assert!(Policy::parse(&text, kind).is_err());
        }
    }

    #[test]
    fn nothing_panics_on_any_json(document in any_document(), action in ".{0,12}", resource in ".{0,24}", values in prop::collection::vec(".{0,8}", 0..3)) {
        for kind in [PolicyKind::Identity, PolicyKind::Resource, PolicyKind::Trust] {
            let Ok(policy) = Policy::parse(&document.to_string(), kind) else { continue };
            let mut context = Context::new();
            context.insert_all("aws:username", values.clone());
            let principal = Principal { kind: PrincipalKind::User, arn: resource.clone(), account: action.clone() };
            let request = Request { principal: &principal, action: &action, resource: &resource, resource_account: None, context: &context };
            let identity = vec![Named { policy: &policy, name: "policy" }];
            let decision = authorize(&request, &Policies { identity, ..Policies::default() });
            decision.because(&action);
        }
    }

    #[test]
    fn a_pattern_matches_as_its_definition_says(pattern in "[ab/:*?]{0,8}", text in "[ab/:]{0,10}") {
        let document = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": format!("arn:aws:s3:::{pattern}")}});
        let policy = parse(&document, PolicyKind::Identity);
        let principal = Principal { kind: PrincipalKind::User, arn: "arn:aws:iam::111122223333:user/ann".to_owned(), account: "111122223333".to_owned() };
        let context = context(&[]);
        let resource = format!("arn:aws:s3:::{text}");
        let request = Request { principal: &principal, action: "s3:GetObject", resource: &resource, resource_account: Some("111122223333"), context: &context };
        let identity = vec![Named { policy: &policy, name: "policy" }];
        let decision = authorize(&request, &Policies { identity, ..Policies::default() });
        prop_assert_eq!(decision.effect == Effect::Allow, defined(pattern.as_bytes(), text.as_bytes()));
    }
}

/// The definition of a pattern, by recursion.
fn defined(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some((b'*', rest)), None) => defined(rest, text),
        (Some((b'*', rest)), Some((_, shorter))) => defined(rest, text) || defined(pattern, shorter),
        (Some((b'?', rest)), Some((_, shorter))) => defined(rest, shorter),
        (Some((wanted, rest)), Some((found, shorter))) => wanted == found && defined(rest, shorter),
        (Some(_), None) => false,
    }
}

/// JSON with a liking for the words of the policy language.
fn any_document() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("Allow".to_owned()),
        Just("*".to_owned()),
        Just("s3:*".to_owned()),
        Just("arn:aws:s3:::b/${aws:username}".to_owned()),
        Just("111122223333".to_owned()),
        Just("2012-10-17".to_owned()),
        "[a-z${}:*?',/]{0,10}",
        ".{0,6}",
    ];
    let key = prop_oneof![
        Just("Version".to_owned()),
        Just("Statement".to_owned()),
        Just("Effect".to_owned()),
        Just("Principal".to_owned()),
        Just("NotPrincipal".to_owned()),
        Just("Action".to_owned()),
        Just("Resource".to_owned()),
        Just("NotResource".to_owned()),
        Just("Condition".to_owned()),
        Just("StringLike".to_owned()),
        Just("ForAllValues:DateLessThanIfExists".to_owned()),
        Just("IpAddress".to_owned()),
        Just("ArnLike".to_owned()),
        Just("AWS".to_owned()),
        Just("aws:username".to_owned()),
        ".{0,4}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    let any_json = leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    });
    // Half of them come closer to a policy.
    let condition = any_json.clone();
    prop_oneof![
        any_json,
        (word.clone(), word.clone(), word, condition).prop_map(|(action, resource, value, condition)| {
            json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": ["*", action], "Resource": ["*", resource]},
                {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {
                    "StringNotLike": {"aws:username": value}, "NumericLessThan": {"aws:username": value}, "IpAddress": {"aws:username": value},
                    "ArnNotLike": {"aws:username": value}, "BinaryEquals": {"aws:username": value}}},
                {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}]})
        }),
    ]
}
