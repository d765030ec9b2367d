//! The fields of a pattern, and alternatives between them.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::leaves::{self, Leaves, Membership};
use crate::refusal::{PatternError, Refusal, invalid};
use crate::test::Test;

const OR: &str = "$or";

/// Names that are no fields within `$or`, so that operators which are out of place there are noticed.
const RESERVED_IN_OR: [&str; 23] = [
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
];

/// A checked pattern: conditions that an event meets together.
#[derive(Debug, Clone)]
pub struct Pattern(Vec<Condition>);

#[derive(Debug, Clone)]
enum Condition {
    Field(Field),
    /// One of these groups must be met.
    Or(Vec<Vec<Condition>>),
}

/// What a field is compared with. Event Ruler knows fields by the names on the way to them, joined by dots: `{"a.b": [1]}` is `{"a": {"b": [1]}}`.
#[derive(Debug, Clone)]
struct Field {
    path: String,
    /// One of them must hold for one of the field's values.
    tests: Vec<Test>,
}

impl Pattern {
    /// Checks a pattern.
    ///
    /// # Errors
    /// It is no pattern.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let refused = |refusal: Refusal| refusal.about(text);
        let parsed: Value = serde_json::from_str(text).map_err(|error| refused(invalid(error).untold()))?;
        let Value::Object(members) = parsed else { return Err(refused(invalid("Filter is not an object"))) };
        let mut conditions = Vec::new();
        parse_members(&members, "", false, &mut conditions).map_err(refused)?;
        Ok(Self(conditions))
    }

    /// Whether `event` is one that the pattern is for.
    pub fn matches(&self, event: &Value) -> bool {
        let leaves = Leaves::new(event);
        fit(&leaves, &self.0.iter().collect::<Vec<_>>(), &Membership::new())
    }
}

fn parse_members(
    members: &Map<String, Value>,
    above: &str,
    within_or: bool,
    conditions: &mut Vec<Condition>,
) -> Result<(), Refusal> {
    if members.is_empty() {
        return Err(invalid("Empty objects are not allowed").at_end());
    }
    for (name, value) in members {
        let under = |refusal: Refusal| refusal.under(name);
        if name == OR {
            conditions.push(Condition::Or(alternatives(value, above).map_err(under)?));
            continue;
        }
        if within_or && RESERVED_IN_OR.contains(&name.as_str()) {
            return Err(invalid(format_args!("{name} is Ruler reserved fieldName which cannot be used inside {OR}.")).under(name));
        }
        let path = leaves::joined(above, name);
        match value {
            Value::Object(inner) => parse_members(inner, &path, within_or, conditions).map_err(under)?,
            Value::Array(items) if items.is_empty() => return Err(under(invalid("Empty arrays are not allowed").at_end())),
            Value::Array(items) => {
                let tests = items.iter().enumerate();
                let tests = tests.map(|(index, item)| Test::parse(item).map_err(|refusal| under(refusal.at(index))));
                let tests = tests.collect::<Result<_, _>>()?;
                conditions.push(Condition::Field(Field { path, tests }));
            }
            _ => return Err(under(invalid(format_args!("\"{name}\" must be an object or an array")))),
        }
    }
    Ok(())
}

fn alternatives(value: &Value, above: &str) -> Result<Vec<Vec<Condition>>, Refusal> {
    let Value::Array(items) = value else { return Err(invalid(format_args!("It must be an Array followed with {OR}."))) };
    let groups = items.iter().enumerate().map(|(index, item)| {
        let Value::Object(members) = item else {
            return Err(invalid(format_args!("Only JSON object is allowed in array of {OR} relationship.")).at(index));
        };
        let mut conditions = Vec::new();
        parse_members(members, above, true, &mut conditions).map_err(|refusal| refusal.at(index))?;
        Ok(conditions)
    });
    let groups: Vec<_> = groups.collect::<Result<_, _>>()?;
    if groups.len() < 2 {
        return Err(invalid(format_args!("There must have at least 2 Objects in {OR} relationship.")).at_end());
    }
    Ok(groups)
}

/// Whether all conditions are met by values that can stand together: of the elements of one array, by those of one alone.
fn fit(leaves: &Leaves, conditions: &[&Condition], chosen: &Membership) -> bool {
    let Some((first, rest)) = conditions.split_first() else { return true };
    match first {
        Condition::Or(groups) => groups.iter().any(|group| {
            let with_group: Vec<&Condition> = group.iter().chain(rest.iter().copied()).collect();
            fit(leaves, &with_group, chosen)
        }),
        Condition::Field(field) => {
            let found = leaves.at(&field.path);
            if found.is_empty() {
                return field.tests.iter().any(Test::wants_absence) && fit(leaves, rest, chosen);
            }
            // Values that leave the same choice to the other conditions are as good as one.
            let mut tried = HashSet::new();
            let fitting = found.iter().filter(|leaf| field.tests.iter().any(|test| test.fits(leaf.value)));
            let memberships = fitting.filter_map(|leaf| leaf.together_with(chosen));
            memberships.into_iter().any(|membership| tried.insert(membership.clone()) && fit(leaves, rest, &membership))
        }
    }
}
