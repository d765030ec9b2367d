//! Comparisons of a value with what a pattern has: `= 4*`, `>= 200`.

use nightproof_core::service::AwsError;

use super::text::Text;
use super::token::Token;
use crate::error::invalid;

/// An operator with what is on its right.
#[derive(Debug, Clone)]
pub(super) struct Comparison {
    operator: Operator,
    number: Option<f64>,
    text: Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Of an operator's sign and the word behind it.
    pub(super) fn read(sign: &str, operand: &Token) -> Result<Self, AwsError> {
        let operator = match sign {
            "=" => Operator::Equal,
            "!=" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            other => return Err(invalid(format!("Invalid operator '{other}' in filter pattern"))),
        };
        let (number, text) = match operand {
            Token::Word(word) => (word.parse().ok(), Text::Plain(word.clone())),
            Token::Quoted(text) => (None, Text::Plain(text.clone())),
            Token::Regex(expression) => (None, Text::regex(expression)?),
            Token::Sign(sign) => return Err(invalid(format!("Invalid token '{sign}' in filter pattern"))),
        };
        if number.is_none() && !matches!(operator, Operator::Equal | Operator::NotEqual) {
            return Err(invalid("Invalid filter pattern: only numbers can be less or greater"));
        }
        Ok(Self { operator, number, text })
    }

    /// Whether a value, which is a number if it can be read as one, is as the comparison has it.
    #[expect(clippy::float_cmp, reason = "that is what the operators of the language do")]
    pub(super) fn holds(&self, value: &str, as_number: Option<f64>) -> bool {
        match (self.operator, self.number, as_number) {
            (Operator::Equal, Some(number), Some(value)) => value == number,
            (Operator::NotEqual, Some(number), Some(value)) => value != number,
            (Operator::Equal, ..) => self.text.is(value),
            (Operator::NotEqual, ..) => !self.text.is(value),
            (Operator::Less, Some(number), Some(value)) => value < number,
            (Operator::LessOrEqual, Some(number), Some(value)) => value <= number,
            (Operator::Greater, Some(number), Some(value)) => value > number,
            (Operator::GreaterOrEqual, Some(number), Some(value)) => value >= number,
            (Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual, ..) => false,
        }
    }
}
