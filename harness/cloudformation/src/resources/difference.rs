//! How a resource's properties differ from what they were.

use serde_json::Value;

use super::types;

/// What differs between two sets of resolved properties.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct Difference {
    /// Names of properties with another value, in the order of the new ones.
    pub changed: Vec<String>,
    /// Those of them that cannot be changed where they are.
    pub replacing: Vec<String>,
}

impl Difference {
    pub(in super::super) fn between(kind: &str, old: &Value, new: &Value) -> Self {
        let names = |value: &Value| value.as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default();
        let (before, mut all): (Vec<String>, Vec<String>) = (names(old), names(new));
        all.extend(before.into_iter().filter(|name| new.get(name).is_none()));
        let of = |properties: &'_ Value, name: &str| properties.get(name).cloned().unwrap_or_default();
        let changed: Vec<String> = all.into_iter().filter(|name| !same(&of(old, name), &of(new, name))).collect();
        let replacing = changed.iter().filter(|name| types::replaces(kind, name, new)).cloned().collect();
        Self { changed, replacing }
    }

    pub(in super::super) fn is_empty(&self) -> bool {
        self.changed.is_empty()
    }

    pub(in super::super) fn needs_replacement(&self) -> bool {
        !self.replacing.is_empty()
    }
}

/// Whether two values mean the same: a template may spell numbers and truth values as texts.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let found = |(name, value): (&String, &Value)| other.get(name).is_some_and(|other| same(value, other));
            one.len() == other.len() && one.iter().all(found)
        }
        (Value::String(text), Value::Number(number)) | (Value::Number(number), Value::String(text)) => {
            number.to_string() == *text
        }
        (Value::String(text), Value::Bool(value)) | (Value::Bool(value), Value::String(text)) => text.parse() == Ok(*value),
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn spelling_and_order_of_members_are_no_difference() {
        let old = json!({"MapPublicIpOnLaunch": "true", "CidrBlock": "10.0.0.0/24", "VpcId": "vpc-1"});
        let new = json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24", "MapPublicIpOnLaunch": true});
        assert_eq!(Difference::between("AWS::EC2::Subnet", &old, &new), Difference::default());
    }

    #[test]
    fn a_property_that_appears_or_disappears_differs() {
        let (old, new) = (json!({"MapPublicIpOnLaunch": true}), json!({"CidrBlock": "10.0.0.0/24"}));
        let difference = Difference::between("AWS::EC2::Subnet", &old, &new);
        assert_eq!(difference.changed, ["CidrBlock", "MapPublicIpOnLaunch"]);
        assert_eq!(difference.replacing, ["CidrBlock"]);
    }
}
