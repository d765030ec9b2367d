//! Patterns for events in JSON: `{ $.status = 4* && $.bytes > 1000 }`.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html>

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::vec::IntoIter;

use nightproof_core::service::AwsError;
use serde_json::Value;

use super::comparison::Comparison;
use super::selector::Selector;
use super::token::{Token, tokens};
use crate::error::invalid;

/// Nested deeper is refused.
const DEEPEST: usize = 64;

#[derive(Debug, Clone)]
pub(super) enum Json {
    All(Vec<Json>),
    Any(Vec<Json>),
    Compares(Selector, Comparison),
    IsNull(Selector),
    Is(Selector, bool),
    Exists(Selector, bool),
}

impl Json {
    /// Of what stands between the braces.
    pub(super) fn parse(text: &str) -> Result<Self, AwsError> {
        let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable(), depth: 0 };
        let parsed = parser.any()?;
        parser.tokens.next().map_or(Ok(parsed), |token| Err(unexpected(&token)))
    }

    pub(super) fn matches(&self, event: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(event)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(event)),
            Self::Compares(selector, comparison) => selector.find(event).into_iter().any(|value| match value {
                Value::Number(number) => comparison.holds(&number.to_string(), number.as_f64()),
                Value::String(text) => comparison.holds(text, None),
                Value::Bool(flag) => comparison.holds(if *flag { "true" } else { "false" }, None),
                Value::Null | Value::Array(_) | Value::Object(_) => false,
            }),
            Self::IsNull(selector) => selector.find(event).into_iter().any(Value::is_null),
            Self::Is(selector, flag) => selector.find(event).into_iter().any(|value| *value == Value::Bool(*flag)),
            Self::Exists(selector, there) => selector.find(event).is_empty() != *there,
        }
    }

    /// The values of its selectors, as they are written.
    pub(super) fn extract(&self, event: &Value, values: &mut BTreeMap<String, String>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.extract(event, values)),
            Self::Compares(selector, _) | Self::IsNull(selector) | Self::Is(selector, _) | Self::Exists(selector, _) => {
                values.extend(selector.text(event).map(|value| (selector.written().to_owned(), value)));
            }
        }
    }
}

struct Parser {
    tokens: Peekable<IntoIter<Token>>,
    depth: usize,
}

impl Parser {
    fn any(&mut self) -> Result<Json, AwsError> {
        let mut parts = vec![self.all()?];
        while self.tokens.next_if_eq(&Token::Sign("||")).is_some() {
            parts.push(self.all()?);
        }
        Ok(Json::Any(parts))
    }

    fn all(&mut self) -> Result<Json, AwsError> {
        let mut parts = vec![self.one()?];
        while self.tokens.next_if_eq(&Token::Sign("&&")).is_some() {
            parts.push(self.one()?);
        }
        Ok(Json::All(parts))
    }

    fn one(&mut self) -> Result<Json, AwsError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(invalid("Invalid filter pattern: too many nested expressions"));
        }
        let parsed = match self.next()? {
            Token::Sign("(") => {
                let inner = self.any()?;
                match self.next()? {
                    Token::Sign(")") => inner,
                    token => return Err(unexpected(&token)),
                }
            }
            Token::Word(word) => self.condition(Selector::read(&word)?)?,
            token => return Err(unexpected(&token)),
        };
        self.depth -= 1;
        Ok(parsed)
    }

    /// The condition on a selector.
    fn condition(&mut self, selector: Selector) -> Result<Json, AwsError> {
        match self.next()? {
            Token::Sign(sign) if !["(", ")", ",", "&&", "||"].contains(&sign) => {
                let operand = self.next()?;
                Ok(Json::Compares(selector, Comparison::read(sign, &operand)?))
            }
            Token::Word(word) if word == "IS" => match self.next()? {
                Token::Word(word) if word == "NULL" => Ok(Json::IsNull(selector)),
                Token::Word(word) if word == "TRUE" => Ok(Json::Is(selector, true)),
                Token::Word(word) if word == "FALSE" => Ok(Json::Is(selector, false)),
                token => Err(unexpected(&token)),
            },
            Token::Word(word) if word == "EXISTS" => Ok(Json::Exists(selector, true)),
            Token::Word(word) if word == "NOT" => match self.next()? {
                Token::Word(word) if word == "EXISTS" => Ok(Json::Exists(selector, false)),
                token => Err(unexpected(&token)),
            },
            token => Err(unexpected(&token)),
        }
    }

    fn next(&mut self) -> Result<Token, AwsError> {
        self.tokens.next().ok_or_else(|| invalid("Invalid filter pattern: unexpected end"))
    }
}

fn unexpected(token: &Token) -> AwsError {
    let text = match token {
        Token::Word(text) | Token::Quoted(text) | Token::Regex(text) => text,
        Token::Sign(sign) => *sign,
    };
    invalid(format!("Invalid token '{text}' in filter pattern"))
}
