//! Filter policies: which messages of a topic a subscription gets.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html>

use nightproof_event_pattern::Pattern;
use serde_json::{Map, Value};

/// <https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html>
const MOST_KEYS: usize = 5;
const MOST_COMBINATIONS: usize = 150;

/// What a policy looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Attributes,
    Body,
}

impl Scope {
    /// The value of `FilterPolicyScope`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        match text {
            "MessageAttributes" => Some(Self::Attributes),
            "MessageBody" => Some(Self::Body),
            _ => None,
        }
    }
}

/// Why a policy is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The policy itself is wrong.
    Policy(String),
    /// It is none for its scope.
    Scope(&'static str),
}

/// A policy that was checked.
#[derive(Debug, Clone)]
pub(crate) struct FilterPolicy {
    pattern: Pattern,
    scope: Scope,
}

impl FilterPolicy {
    pub(crate) fn parse(text: &str, scope: Scope) -> Result<Self, Refusal> {
        let policy = |reason: String| Refusal::Policy(reason);
        let parsed: Value = serde_json::from_str(text).map_err(|error| policy(format!("failed to parse JSON. {error}")))?;
        // Reasons show the policy without white space.
        let pattern = Pattern::parse(&parsed.to_string()).map_err(|error| policy(error.to_string()))?;
        let Value::Object(members) = &parsed else { return Ok(Self { pattern, scope }) };
        if scope == Scope::Attributes && members.values().any(Value::is_object) {
            return Err(Refusal::Scope("Filter policy scope MessageAttributes does not support nested filter policy"));
        }
        if keys(members) > MOST_KEYS {
            return Err(policy(format!("Filter policy can not have more than {MOST_KEYS} keys")));
        }
        if combinations(members, 1) > MOST_COMBINATIONS {
            return Err(policy("Filter policy is too complex".to_owned()));
        }
        Ok(Self { pattern, scope })
    }

    /// Whether the subscription gets a message with these attributes and this body.
    pub(crate) fn matches(&self, attributes: &Value, body: &str) -> bool {
        match self.scope {
            Scope::Attributes => self.pattern.matches(attributes),
            Scope::Body => {
                let body = serde_json::from_str::<Value>(body).ok().filter(Value::is_object);
                body.is_some_and(|body| self.pattern.matches(&body))
            }
        }
    }
}

/// The alternatives of a member, if it is `$or`.
fn alternatives<'a>(name: &str, value: &'a Value) -> Option<impl Iterator<Item = &'a Map<String, Value>>> {
    let list = value.as_array().filter(|list| name == "$or" && list.iter().all(Value::is_object))?;
    Some(list.iter().filter_map(Value::as_object))
}

/// How many keys have values.
fn keys(members: &Map<String, Value>) -> usize {
    let each = members.iter().map(|(name, value)| match (alternatives(name, value), value) {
        (Some(alternatives), _) => alternatives.map(keys).sum(),
        (None, Value::Object(inner)) => keys(inner),
        (None, value) => usize::from(value.is_array()),
    });
    each.sum()
}

/// How many combinations there are: of each key as many as it has values, for each level of nesting; of alternatives, all of them together.
fn combinations(members: &Map<String, Value>, level: usize) -> usize {
    let each = members.iter().map(|(name, value)| match (alternatives(name, value), value) {
        (Some(alternatives), _) => alternatives.map(|one| combinations(one, level)).fold(0, usize::saturating_add),
        (None, Value::Object(inner)) => combinations(inner, level + 1),
        (None, Value::Array(values)) => values.len().saturating_mul(level),
        _ => 1,
    });
    each.fold(1, usize::saturating_mul)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(policy: Value, scope: Scope) -> Refusal {
        FilterPolicy::parse(&policy.to_string(), scope).expect_err("refused")
    }

    #[test]
    fn a_policy_looks_at_attributes_or_at_the_body() {
        let policy = json!({"kind": ["backup", {"prefix": "restore-"}], "size": [{"numeric": [">", 5]}]}).to_string();
        let by_attributes = FilterPolicy::parse(&policy, Scope::Attributes).unwrap();
        assert!(by_attributes.matches(&json!({"kind": "restore-1", "size": 6}), "no JSON"));
        assert!(!by_attributes.matches(&json!({"kind": "restore-1"}), "{}"));
        let by_body = FilterPolicy::parse(&policy, Scope::Body).unwrap();
        assert!(by_body.matches(&json!({}), r#"{"kind": "backup", "size": 7}"#));
        assert!(!by_body.matches(&json!({}), "[1]"));
        assert!(!by_body.matches(&json!({}), "no JSON"));
    }

    #[test]
    fn a_policy_is_refused_in_the_words_of_sns() {
        let nested = json!({"a": {"b": ["x"]}});
        FilterPolicy::parse(&nested.to_string(), Scope::Body).unwrap();
        assert!(matches!(refused(nested, Scope::Attributes), Refusal::Scope(_)));
        let keys = json!({"a": [1], "b": [1], "c": [1], "d": [1], "e": [1], "f": [1]});
        assert_eq!(refused(keys, Scope::Body), Refusal::Policy("Filter policy can not have more than 5 keys".to_owned()));
        let values: Vec<usize> = (0..13).collect();
        let many = json!({"a": values, "b": values});
        assert_eq!(refused(many, Scope::Attributes), Refusal::Policy("Filter policy is too complex".to_owned()));
        let five = json!(["a", "b", "c", "d", "e"]);
        let alternatives = json!({"a": five, "$or": [{"b": five}, {"c": five, "$or": [{"d": five}, {"e": [1]}]}]});
        assert_eq!(
            refused(alternatives, Scope::Attributes),
            Refusal::Policy("Filter policy is too complex".to_owned()),
            "5 * (5 + 5 * (5 + 1)) = 175"
        );
        let fewer = json!({"a": five, "$or": [{"b": five}, {"c": five, "$or": [{"d": ["x"]}, {"e": [1]}]}]});
        FilterPolicy::parse(&fewer.to_string(), Scope::Attributes).expect("5 * (5 + 5 * 2) = 75");
        let Refusal::Policy(reason) = refused(json!({"key": "value"}), Scope::Attributes) else { panic!("no policy") };
        assert!(reason.starts_with("\"key\" must be an object or an array\n at [Source"), "{reason}");
    }
}
