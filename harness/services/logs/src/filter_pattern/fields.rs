//! Patterns for events whose fields have spaces between them: `[ip, user, ..., status = 4*, bytes]`.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html>

use std::collections::BTreeMap;

use nightproof_core::service::AwsError;

use super::comparison::Comparison;
use super::token::{Token, tokens};
use crate::error::invalid;

#[derive(Debug, Clone)]
pub(super) struct Fields(Vec<Field>);

#[derive(Debug, Clone)]
enum Field {
    /// `...`: any number of fields.
    Others,
    /// A name, and alternatives of what must hold.
    Named(String, Vec<Vec<Comparison>>),
}

impl Fields {
    /// Of what stands between the brackets.
    pub(super) fn parse(text: &str) -> Result<Self, AwsError> {
        let tokens = tokens(text)?;
        if tokens.is_empty() {
            return Ok(Self(vec![Field::Others]));
        }
        let fields: Vec<Field> = tokens.split(|token| *token == Token::Sign(",")).map(field).collect::<Result<_, _>>()?;
        if fields.iter().filter(|field| matches!(field, Field::Others)).count() > 1 {
            return Err(invalid("Invalid filter pattern: only one ellipsis is allowed"));
        }
        Ok(Self(fields))
    }

    /// The values of the named fields of an event that matches.
    pub(super) fn extract(&self, message: &str) -> Option<BTreeMap<String, String>> {
        let values = split(message);
        let before = self.0.iter().position(|field| matches!(field, Field::Others)).unwrap_or(self.0.len());
        let after = self.0.len().saturating_sub(before + 1);
        let fits = if before == self.0.len() { values.len() == before } else { values.len() >= before + after };
        if !fits {
            return None;
        }
        let ends = self.0.iter().take(before).zip(&values);
        let rest = self.0.iter().skip(before + 1).zip(values.iter().skip(values.len() - after));
        let mut found = BTreeMap::new();
        for (field, value) in ends.chain(rest) {
            let Field::Named(name, alternatives) = field else { continue };
            let number = value.parse().ok();
            let holds = |all: &Vec<Comparison>| all.iter().all(|one| one.holds(value, number));
            if !alternatives.is_empty() && !alternatives.iter().any(holds) {
                return None;
            }
            found.insert(format!("${name}"), value.clone());
        }
        Some(found)
    }
}

/// `name`, `name = value && name != other`
fn field(tokens: &[Token]) -> Result<Field, AwsError> {
    let wrong = || invalid("Invalid filter pattern: a field is a name, with what it is compared with");
    let name = match tokens {
        [Token::Word(word)] if word == "..." => return Ok(Field::Others),
        [Token::Word(name), ..] => name.clone(),
        _ => return Err(wrong()),
    };
    if let [_] = tokens {
        return Ok(Field::Named(name, Vec::new()));
    }
    let mut alternatives = Vec::new();
    for alternative in tokens.split(|token| *token == Token::Sign("||")) {
        let mut all = Vec::new();
        for condition in alternative.split(|token| *token == Token::Sign("&&")) {
            match condition {
                [Token::Word(known), Token::Sign(sign), operand] if *known == name => all.push(Comparison::read(sign, operand)?),
                _ => return Err(wrong()),
            }
        }
        alternatives.push(all);
    }
    Ok(Field::Named(name, alternatives))
}

/// The fields of a message: what is in quotes or brackets is one.
fn split(message: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut rest = message.trim_start();
    while let Some(first) = rest.chars().next() {
        let closing = match first {
            '"' => Some('"'),
            '[' => Some(']'),
            _ => None,
        };
        let inner = rest.get(1..).unwrap_or_default();
        let enclosed = closing.and_then(|closing| inner.split_once(closing));
        let (field, after) = enclosed.unwrap_or_else(|| rest.split_once(char::is_whitespace).unwrap_or((rest, "")));
        fields.push(field.to_owned());
        rest = after.trim_start();
    }
    fields
}
