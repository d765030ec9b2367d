//! What all parsers of expressions share: a place among the tokens, paths, and the words of syntax errors.

use nightproof_core::service::AwsError;

use super::lexer::{Placed, Token, tokens};
use super::path::{Path, Step};
use super::placeholders::Placeholders;
use super::reserved::is_reserved;
use crate::error::validation;

/// Bytes of an expression.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters>
const LONGEST: usize = 4096;

/// A parser of an expression at one of its tokens.
pub(super) struct Parser<'a> {
    /// The request's member: `ConditionExpression`.
    member: &'static str,
    text: &'a str,
    tokens: Vec<Placed<'a>>,
    at: usize,
    pub(super) placeholders: &'a Placeholders,
}

impl<'a> Parser<'a> {
    /// At the beginning of an expression.
    ///
    /// # Errors
    /// It is empty or too long.
    pub(super) fn new(member: &'static str, text: &'a str, placeholders: &'a Placeholders) -> Result<Self, AwsError> {
        let parser = Self { member, text, tokens: tokens(text), at: 0, placeholders };
        if parser.is_at_end() {
            return Err(parser.invalid("The expression can not be empty;"));
        }
        if text.len() > LONGEST {
            return Err(parser.invalid("Expression size has exceeded the maximum allowed size;"));
        }
        Ok(parser)
    }

    /// The error of an invalid expression.
    pub(super) fn invalid(&self, what: impl AsRef<str>) -> AwsError {
        validation(format!("Invalid {}: {}", self.member, what.as_ref()))
    }

    /// The token that is next.
    pub(super) fn peek(&self) -> Token<'a> {
        self.tokens.get(self.at).map_or(Token::End, |placed| placed.token.clone())
    }

    /// The token behind the next one.
    pub(super) fn peek_second(&self) -> Token<'a> {
        self.tokens.get(self.at + 1).map_or(Token::End, |placed| placed.token.clone())
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.peek() == Token::End
    }

    /// Goes on.
    pub(super) fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        self.at += 1;
        token
    }

    /// Goes on if the next token is this symbol.
    pub(super) fn takes(&mut self, symbol: &str) -> bool {
        let is_it = self.peek() == Token::Symbol(symbol);
        self.at += usize::from(is_it);
        is_it
    }

    /// Goes on if the next token is this keyword, in any case.
    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        let is_it = self.is_word(word);
        self.at += usize::from(is_it);
        is_it
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Name(name) if name.eq_ignore_ascii_case(word))
    }

    /// Goes on behind this symbol, which must be next.
    pub(super) fn expect(&mut self, symbol: &str) -> Result<(), AwsError> {
        if self.takes(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Nothing must follow.
    pub(super) fn expect_end(&self) -> Result<(), AwsError> {
        if self.is_at_end() { Ok(()) } else { Err(self.unexpected()) }
    }

    /// The syntax error at the next token, with its neighbours.
    pub(super) fn unexpected(&self) -> AwsError {
        let shown = self.tokens.get(self.at).map(|placed| self.text.get(placed.start..placed.end).unwrap_or_default());
        let token = shown.filter(|token| !token.is_empty()).unwrap_or("<EOF>");
        let start = self.tokens.get(self.at.saturating_sub(1)).map_or(0, |placed| placed.start);
        let end = self.tokens.get(self.at + 1).map_or(self.text.len(), |placed| placed.end);
        let near = self.text.get(start..end).unwrap_or_default();
        self.invalid(format!("Syntax error; token: \"{token}\", near: \"{near}\""))
    }

    /// A document path.
    pub(super) fn path(&mut self) -> Result<Path, AwsError> {
        let top = self.name()?;
        let mut rest = Vec::new();
        loop {
            if self.takes(".") {
                rest.push(Step::Name(self.name()?));
            } else if self.takes("[") {
                let Token::Number(digits) = self.peek() else { return Err(self.unexpected()) };
                let Ok(index) = digits.parse() else {
                    return Err(self.invalid(format!("List index is not within the allowable range; index: [{digits}]")));
                };
                self.at += 1;
                self.expect("]")?;
                rest.push(Step::Index(index));
            } else {
                return Ok(Path { top, rest });
            }
        }
    }

    fn name(&mut self) -> Result<String, AwsError> {
        let name = match self.peek() {
            Token::Name(name) if is_reserved(name) => {
                return Err(self.invalid(format!("Attribute name is a reserved keyword; reserved keyword: {name}")));
            }
            Token::Name(name) => name.to_owned(),
            Token::NamePlaceholder(placeholder) => match self.placeholders.name(placeholder) {
                Some(name) => name.to_owned(),
                None => {
                    let message = "An expression attribute name used in the document path is not defined; attribute name: ";
                    return Err(self.invalid(format!("{message}{placeholder}")));
                }
            },
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(name)
    }
}
