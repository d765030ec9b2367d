//! From text to an expression.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::expression::Expression;
use super::operator::Operator;
use super::token::{Token, tokens};

/// Nested deeper is refused.
const DEEPEST: usize = 64;
/// How tightly a sign binds: less than a power, `-2^2` is -4.
const SIGN: u8 = 6;

impl Expression {
    /// Reads an expression. An error says what was unexpected.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let unexpected = |character: String| format!("Unexpected token '{character}'");
        let mut parser = Parser { tokens: tokens(text).map_err(unexpected)?.into_iter().peekable(), depth: 0 };
        let expression = parser.expression(0)?;
        parser.tokens.next().map_or(Ok(expression), |token| Err(unexpected_token(&token)))
    }
}

struct Parser {
    tokens: Peekable<IntoIter<Token>>,
    depth: usize,
}

impl Parser {
    /// An expression whose operators bind at least so tightly.
    fn expression(&mut self, least: u8) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("Expression is too complex".to_owned());
        }
        let mut left = self.operand()?;
        while let Some(operator) = self.operator().filter(|operator| operator.precedence() >= least) {
            self.tokens.next();
            // Powers are of what follows them, all others of what precedes.
            let right = self.expression(operator.precedence() + u8::from(operator != Operator::Power))?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operator(&mut self) -> Option<Operator> {
        match self.tokens.peek()? {
            Token::Symbol(symbol) => Operator::read(symbol),
            Token::Name(name) => Operator::read(name),
            Token::Number(_) | Token::Text(_) => None,
        }
    }

    fn operand(&mut self) -> Result<Expression, String> {
        match self.tokens.next() {
            Some(Token::Number(value)) => Ok(Expression::Number(value)),
            Some(Token::Text(text)) => Ok(Expression::Text(text)),
            Some(Token::Symbol("-")) => Ok(Expression::Negated(Box::new(self.expression(SIGN)?))),
            Some(Token::Symbol("+")) => self.expression(SIGN),
            Some(Token::Symbol("(")) => {
                let inner = self.expression(0)?;
                self.expect(")")?;
                Ok(inner)
            }
            Some(Token::Symbol("[")) => Ok(Expression::Array(self.list("]")?)),
            Some(Token::Name(name)) => {
                if self.tokens.next_if_eq(&Token::Symbol("(")).is_some() {
                    return Ok(Expression::Call(name, self.list(")")?));
                }
                Ok(Expression::Name(name))
            }
            Some(token) => Err(unexpected_token(&token)),
            None => Err("Unexpected end of expression".to_owned()),
        }
    }

    /// Expressions with commas between them, up to `end`.
    fn list(&mut self, end: &'static str) -> Result<Vec<Expression>, String> {
        let mut items = Vec::new();
        if self.tokens.next_if_eq(&Token::Symbol(end)).is_some() {
            return Ok(items);
        }
        loop {
            items.push(self.expression(0)?);
            if self.tokens.next_if_eq(&Token::Symbol(",")).is_none() {
                self.expect(end)?;
                return Ok(items);
            }
        }
    }

    fn expect(&mut self, symbol: &'static str) -> Result<(), String> {
        match self.tokens.next() {
            Some(Token::Symbol(found)) if found == symbol => Ok(()),
            Some(token) => Err(unexpected_token(&token)),
            None => Err("Unexpected end of expression".to_owned()),
        }
    }
}

fn unexpected_token(token: &Token) -> String {
    match token {
        Token::Number(value) => format!("Unexpected token '{value}'"),
        Token::Name(name) | Token::Text(name) => format!("Unexpected token '{name}'"),
        Token::Symbol(symbol) => format!("Unexpected token '{symbol}'"),
    }
}
