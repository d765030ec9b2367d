//! Conditions on keys: one value of the partition key, and a range of sort keys.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html>

use nightproof_core::service::AwsError;

use super::condition::{Comparator, Condition};
use super::operand::Operand;
use super::path::Path;
use super::placeholders::Placeholders;
use crate::attribute::{AttributeValue, Item};
use crate::error::validation;
use crate::schema::KeySchema;

/// The condition of a query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeyCondition {
    /// The partition key's value.
    pub(crate) partition: AttributeValue,
    pub(crate) sort: Option<SortCondition>,
}

/// A condition on the sort key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SortCondition(Condition);

impl SortCondition {
    pub(crate) fn holds(&self, item: &Item) -> bool {
        self.0.holds(item)
    }
}

impl KeyCondition {
    /// Parses a key condition expression for the keys of a table or of an index.
    ///
    /// # Errors
    /// `ValidationException`, in AWS's words.
    pub(crate) fn parse(text: &str, placeholders: &Placeholders, keys: &KeySchema) -> Result<Self, AwsError> {
        let mut parts = Vec::new();
        flatten(Condition::parse("KeyConditionExpression", text, placeholders)?, &mut parts)?;
        let (mut partition, mut sort) = (None, None);
        for (path, part) in parts {
            let twice = || validation("KeyConditionExpressions must only contain one condition per key");
            if path.top == keys.partition.name {
                let Condition::Compare(Comparator::Equal, _, Operand::Value(value)) = part else {
                    return Err(validation("Query key condition not supported"));
                };
                keys.partition.check_operand(&value)?;
                if partition.replace(value).is_some() {
                    return Err(twice());
                }
                continue;
            }
            let Some(key) = keys.sort.as_ref().filter(|key| key.name == path.top) else {
                let missed = match (&partition, &keys.sort) {
                    (Some(_), Some(sort)) => &sort.name,
                    _ => &keys.partition.name,
                };
                return Err(validation(format!("Query condition missed key schema element: {missed}")));
            };
            values(&part).into_iter().try_for_each(|value| key.check_operand(value))?;
            if sort.replace(SortCondition(part)).is_some() {
                return Err(twice());
            }
        }
        let missed = || validation(format!("Query condition missed key schema element: {}", keys.partition.name));
        Ok(Self { partition: partition.ok_or_else(missed)?, sort })
    }
}

/// The conditions on single keys, each with its key at the left.
fn flatten(condition: Condition, parts: &mut Vec<(Path, Condition)>) -> Result<(), AwsError> {
    let invalid = |operator: &str| {
        validation(format!("Invalid KeyConditionExpression: Invalid operator used in KeyConditionExpression: {operator}"))
    };
    match condition {
        Condition::And(one, other) => {
            flatten(*one, parts)?;
            return flatten(*other, parts);
        }
        Condition::Or(..) => return Err(invalid("OR")),
        Condition::Not(_) => return Err(invalid("NOT")),
        Condition::In(..) => return Err(invalid("IN")),
        Condition::Compare(Comparator::NotEqual, ..) => return Err(invalid("<>")),
        Condition::Exists(_) => return Err(invalid("attribute_exists")),
        Condition::NotExists(_) => return Err(invalid("attribute_not_exists")),
        Condition::Type(..) => return Err(invalid("attribute_type")),
        Condition::Contains(..) => return Err(invalid("contains")),
        Condition::Compare(..) | Condition::Between(..) | Condition::BeginsWith(..) => {}
    }
    let condition = turned(condition);
    let key = match &condition {
        Condition::Compare(_, Operand::Path(path), Operand::Value(_))
        | Condition::Between(Operand::Path(path), Operand::Value(_), Operand::Value(_))
        | Condition::BeginsWith(Operand::Path(path), Operand::Value(_)) => path.clone(),
        _ => {
            let message =
                "Invalid KeyConditionExpression: Invalid condition in KeyConditionExpression: a key is compared with a value";
            return Err(validation(message));
        }
    };
    if !key.rest.is_empty() {
        let message = "Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on nested attributes";
        return Err(validation(message));
    }
    parts.push((key, condition));
    Ok(())
}

/// A comparison with its key at the left.
fn turned(condition: Condition) -> Condition {
    let Condition::Compare(comparator, value @ Operand::Value(_), key @ Operand::Path(_)) = condition else { return condition };
    let mirrored = match comparator {
        Comparator::Less => Comparator::Greater,
        Comparator::LessOrEqual => Comparator::GreaterOrEqual,
        Comparator::Greater => Comparator::Less,
        Comparator::GreaterOrEqual => Comparator::LessOrEqual,
        same => same,
    };
    Condition::Compare(mirrored, key, value)
}

fn values(condition: &Condition) -> Vec<&AttributeValue> {
    let operands = match condition {
        Condition::Compare(_, one, other) | Condition::BeginsWith(one, other) => vec![one, other],
        Condition::Between(one, low, high) => vec![one, low, high],
        _ => Vec::new(),
    };
    operands.into_iter().filter_map(|operand| if let Operand::Value(value) = operand { Some(value) } else { None }).collect()
}
