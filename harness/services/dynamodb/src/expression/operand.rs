//! Operands of conditions.

use std::borrow::Cow;

use nightproof_core::service::AwsError;

use super::lexer::Token;
use super::parser::Parser;
use super::path::Path;
use crate::attribute::{AttributeValue, Item};
use crate::decimal::Decimal;

/// An operand of a comparison or a function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Path(Path),
    Value(AttributeValue),
    /// `size(path)`
    Size(Path),
}

impl Operand {
    /// The value in an item; `None` if it has none there.
    pub(super) fn find<'a>(&'a self, item: &'a Item) -> Option<Cow<'a, AttributeValue>> {
        match self {
            Self::Path(path) => path.find(item).map(Cow::Borrowed),
            Self::Value(value) => Some(Cow::Borrowed(value)),
            Self::Size(path) => size(path.find(item)?).map(|size| Cow::Owned(AttributeValue::Number(size))),
        }
    }

    /// The type, if it is known without an item.
    pub(super) fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Value(value) => Some(value.kind()),
            Self::Size(_) => Some("N"),
            Self::Path(_) => None,
        }
    }
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html#Expressions.OperatorsAndFunctions.Functions>
fn size(value: &AttributeValue) -> Option<Decimal> {
    let count = match value {
        AttributeValue::Text(text) => text.chars().count(),
        AttributeValue::Binary(bytes) => bytes.len(),
        AttributeValue::Texts(texts) => texts.len(),
        AttributeValue::Numbers(numbers) => numbers.len(),
        AttributeValue::Binaries(all) => all.len(),
        AttributeValue::Map(members) => members.len(),
        AttributeValue::List(items) => items.len(),
        AttributeValue::Number(_) | AttributeValue::Null | AttributeValue::Bool(_) => return None,
    };
    Decimal::parse(&count.to_string()).ok()
}

impl Parser<'_> {
    /// The value of the placeholder that is next, if one is.
    pub(super) fn value(&mut self) -> Result<Option<AttributeValue>, AwsError> {
        let Token::ValuePlaceholder(placeholder) = self.peek() else { return Ok(None) };
        let Some(value) = self.placeholders.value(placeholder) else {
            let message = "An expression attribute value used in expression is not defined; attribute value: ";
            return Err(self.invalid(format!("{message}{placeholder}")));
        };
        let value = value.clone();
        self.next();
        Ok(Some(value))
    }

    /// An operand of a condition.
    pub(super) fn operand(&mut self) -> Result<Operand, AwsError> {
        if let Some(value) = self.value()? {
            return Ok(Operand::Value(value));
        }
        match (self.peek(), self.peek_second()) {
            (Token::Name("size"), Token::Symbol("(")) => {
                self.next();
                self.next();
                let path = self.path()?;
                self.expect(")")?;
                Ok(Operand::Size(path))
            }
            (Token::Name(name), Token::Symbol("(")) => Err(self.invalid(format!("Invalid function name; function: {name}"))),
            _ => self.path().map(Operand::Path),
        }
    }
}
