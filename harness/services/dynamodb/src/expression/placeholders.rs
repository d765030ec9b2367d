//! What a request's expressions have in common: the names and values that stand for placeholders, and which of them were used.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use nightproof_core::service::AwsError;
use serde_json::{Map, Value};

use crate::attribute::AttributeValue;
use crate::error::validation;

/// `ExpressionAttributeNames` and `ExpressionAttributeValues` of a request.
#[derive(Debug, Default)]
pub(crate) struct Placeholders {
    names: BTreeMap<String, String>,
    values: BTreeMap<String, AttributeValue>,
    used: RefCell<BTreeSet<String>>,
}

impl Placeholders {
    /// Of a request with these expressions, by their members' names, of which some are given.
    ///
    /// # Errors
    /// There are no expressions, an empty map, or what is no placeholder or no value.
    pub(crate) fn read(
        names: Option<BTreeMap<String, String>>,
        values: Option<&Map<String, Value>>,
        expressions: &[(&str, Option<&str>)],
    ) -> Result<Self, AwsError> {
        let none_given = expressions.iter().all(|(_, text)| text.is_none());
        if let Some(names) = &names {
            if none_given {
                return Err(validation("ExpressionAttributeNames can only be specified when using expressions"));
            }
            if names.is_empty() {
                return Err(validation("ExpressionAttributeNames must not be empty"));
            }
            if let Some(wrong) = names.keys().find(|name| !is_placeholder(name, '#')) {
                let message = format!("ExpressionAttributeNames contains invalid key: Syntax error; key: \"{wrong}\"");
                return Err(validation(message));
            }
        }
        let mut read = BTreeMap::new();
        if let Some(values) = values {
            // What selects attributes has no values.
            let using: Vec<&str> =
                expressions.iter().map(|(name, _)| *name).filter(|name| *name != "ProjectionExpression").collect();
            let usable = expressions.iter().any(|(name, text)| *name != "ProjectionExpression" && text.is_some());
            if !usable {
                let verb = if using.len() > 1 { "are" } else { "is" };
                let message = format!(
                    "ExpressionAttributeValues can only be specified when using expressions: {} {verb} null",
                    using.join(" and ")
                );
                return Err(validation(message));
            }
            if values.is_empty() {
                return Err(validation("ExpressionAttributeValues must not be empty"));
            }
            for (name, sent) in values {
                if !is_placeholder(name, ':') {
                    let message = format!("ExpressionAttributeValues contains invalid key: Syntax error; key: \"{name}\"");
                    return Err(validation(message));
                }
                let value = AttributeValue::read(sent).map_err(|error| {
                    validation(format!("ExpressionAttributeValues contains invalid value: {} for key {name}", error.message))
                })?;
                read.insert(name.clone(), value);
            }
        }
        Ok(Self { names: names.unwrap_or_default(), values: read, used: RefCell::default() })
    }

    /// The name that `#name` stands for.
    pub(super) fn name(&self, placeholder: &str) -> Option<&str> {
        self.used.borrow_mut().insert(placeholder.to_owned());
        self.names.get(placeholder).map(String::as_str)
    }

    /// The value that `:value` stands for.
    pub(super) fn value(&self, placeholder: &str) -> Option<&AttributeValue> {
        self.used.borrow_mut().insert(placeholder.to_owned());
        self.values.get(placeholder)
    }

    /// Refuses placeholders that no expression has used, once all are parsed.
    ///
    /// # Errors
    /// Those that were not used.
    pub(crate) fn check_used(&self) -> Result<(), AwsError> {
        let used = self.used.borrow();
        let unused =
            |keys: &mut dyn Iterator<Item = &String>| keys.filter(|key| !used.contains(*key)).cloned().collect::<Vec<_>>();
        for (member, left) in [
            ("ExpressionAttributeNames", unused(&mut self.names.keys())),
            ("ExpressionAttributeValues", unused(&mut self.values.keys())),
        ] {
            if !left.is_empty() {
                let message = format!("Value provided in {member} unused in expressions: keys: {{{}}}", left.join(", "));
                return Err(validation(message));
            }
        }
        Ok(())
    }
}

/// Whether a key has the form of a placeholder: the sign, and a word.
fn is_placeholder(key: &str, sign: char) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    key.strip_prefix(sign).is_some_and(is_word)
}
