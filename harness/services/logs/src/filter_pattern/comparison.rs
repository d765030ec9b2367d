//! Comparisons of a value with what a pattern has: `= 4*`, `>= 200`.

use nightproof_core::service::AwsError;

use super::text::Text;
use super::token::Token;
use crate::comparison_operator::ComparisonOperator;
use crate::error::invalid;

/// An operator with what is on its right.
#[derive(Debug, Clone)]
pub(super) struct Comparison {
    operator: ComparisonOperator,
    number: Option<f64>,
    text: Text,
}

impl Comparison {
    /// Of an operator's sign and the word behind it.
    pub(super) fn read(sign: &str, operand: &Token) -> Result<Self, AwsError> {
        let operator = ComparisonOperator::read(sign);
        let operator = operator.ok_or_else(|| invalid(format!("Invalid operator '{sign}' in filter pattern")))?;
        let (number, text) = match operand {
            Token::Word(word) => (word.parse().ok(), Text::Plain(word.clone())),
            Token::Quoted(text) => (None, Text::Plain(text.clone())),
            Token::Regex(expression) => (None, Text::regex(expression)?),
            Token::Sign(sign) => return Err(invalid(format!("Invalid token '{sign}' in filter pattern"))),
        };
        if number.is_none() && !matches!(operator, ComparisonOperator::Equal | ComparisonOperator::NotEqual) {
            return Err(invalid("Invalid filter pattern: only numbers can be less or greater"));
        }
        Ok(Self { operator, number, text })
    }

    /// Whether a value, which is a number if it can be read as one, is as the comparison has it.
    pub(super) fn holds(&self, value: &str, as_number: Option<f64>) -> bool {
        match (self.operator, self.number, as_number) {
            (operator, Some(number), Some(value)) => operator.holds(&value, &number),
            (ComparisonOperator::Equal, ..) => self.text.is(value),
            (ComparisonOperator::NotEqual, ..) => !self.text.is(value),
            _ => false,
        }
    }
}
