//! From the text of a query to its commands.

use regex::Regex;

use super::command::{Command, Failure};
use super::expression::{Expression, Function};
use super::statistics::{Kind, Statistic};
use super::token::{Token, tokens};
use crate::comparison_operator::ComparisonOperator;

/// Nested deeper is refused.
const DEEPEST: usize = 64;
/// Commands of AWS's that are not done here.
const LACKING: [&str; 9] = ["parse", "dedup", "unmask", "unnest", "pattern", "diff", "anomaly", "lookup", "filterindex"];

/// Reads the commands of a query.
pub(super) fn commands(text: &str) -> Result<Vec<Command>, Failure> {
    let unexpected = |character: String| Failure::Malformed(format!("unexpected symbol found {character}"));
    let tokens = tokens(text).map_err(unexpected)?;
    let parts = tokens.split(|token| *token == Token::Symbol("|")).filter(|part| !part.is_empty());
    parts.map(|part| Parser { tokens: part, at: 0, depth: 0 }.command()).collect()
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn command(mut self) -> Result<Command, Failure> {
        let Some(Token::Name(name)) = self.next().cloned() else { return Err(self.unexpected()) };
        let name = name.to_ascii_lowercase();
        let command = match name.as_str() {
            "fields" => Command::Fields(self.named_list()?),
            "display" => Command::Display(self.named_list()?),
            "filter" => Command::Filter(self.expression(0)?),
            "limit" | "head" => match self.next() {
                Some(Token::Number(count)) if *count >= 0.0 =>
                {
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a large number is all")]
                    Command::Limit(*count as usize)
                }
                _ => return Err(self.unexpected()),
            },
            "sort" => {
                let mut keys = Vec::new();
                loop {
                    let key = self.expression(0)?;
                    let descending = if self.is_word("desc") {
                        true
                    } else {
                        let _ = self.is_word("asc");
                        false
                    };
                    keys.push((key, descending));
                    if !self.is_symbol(",") {
                        break Command::Sort(keys);
                    }
                }
            }
            "stats" => self.stats()?,
            lacking if LACKING.contains(&lacking) => return Err(Failure::Lacking(format!("the command {lacking} of a query"))),
            other => return Err(Failure::Malformed(format!("unexpected symbol found {other}"))),
        };
        if self.at < self.tokens.len() { Err(self.unexpected()) } else { Ok(command) }
    }

    fn stats(&mut self) -> Result<Command, Failure> {
        let mut statistics = Vec::new();
        loop {
            statistics.push(self.statistic()?);
            if !self.is_symbol(",") {
                break;
            }
        }
        let by = if self.is_word("by") { self.named_list()? } else { Vec::new() };
        Ok(Command::Stats(statistics, by))
    }

    fn statistic(&mut self) -> Result<Statistic, Failure> {
        let begin = self.at;
        let Some(Token::Name(name)) = self.next().cloned() else { return Err(self.unexpected()) };
        let Some(mut kind) = Kind::read(&name) else {
            return Err(Failure::Lacking(format!("the statistic {name} of a query")));
        };
        self.expect("(")?;
        let of = if self.is_symbol("*") { None } else { Some(self.expression(0)?) };
        if let Kind::Percentile(percent) = &mut kind {
            self.expect(",")?;
            match self.next() {
                Some(Token::Number(given)) => *percent = *given,
                _ => return Err(self.unexpected()),
            }
        }
        self.expect(")")?;
        let name = self.name_since(begin)?;
        Ok(Statistic { kind, of, name })
    }

    /// Expressions with commas between them, each with its name.
    fn named_list(&mut self) -> Result<Vec<(String, Expression)>, Failure> {
        let mut list = Vec::new();
        loop {
            let begin = self.at;
            let expression = self.expression(0)?;
            list.push((self.name_since(begin)?, expression));
            if !self.is_symbol(",") {
                return Ok(list);
            }
        }
    }

    /// The name that `as` gives, or else the words since `begin`.
    fn name_since(&mut self, begin: usize) -> Result<String, Failure> {
        let written: String = self.tokens.get(begin..self.at).into_iter().flatten().map(written).collect();
        if !self.is_word("as") {
            return Ok(written);
        }
        match self.next() {
            Some(Token::Name(name)) => Ok(name.clone()),
            _ => Err(self.unexpected()),
        }
    }

    /// An expression whose operators bind at least so tightly.
    fn expression(&mut self, least: u8) -> Result<Expression, Failure> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Failure::Malformed("the query is too complex".to_owned()));
        }
        let mut left = self.operand()?;
        loop {
            let begin = self.at;
            let Some(operator) = self.operator() else { break };
            if operator.precedence() < least {
                self.at = begin;
                break;
            }
            left = match operator {
                Operator::Like(negated) => {
                    let like = Expression::Like(Box::new(left), self.regex()?);
                    if negated { Expression::Not(Box::new(like)) } else { like }
                }
                Operator::In(negated) => {
                    let within = Expression::In(Box::new(left), self.list()?);
                    if negated { Expression::Not(Box::new(within)) } else { within }
                }
                Operator::And => Expression::And(Box::new(left), Box::new(self.expression(3)?)),
                Operator::Or => Expression::Or(Box::new(left), Box::new(self.expression(2)?)),
                Operator::Compare(comparison) => Expression::Compare(comparison, Box::new(left), Box::new(self.expression(5)?)),
                Operator::Arithmetic(sign) => {
                    let right = self.expression(operator.precedence() + 1)?;
                    Expression::Arithmetic(sign, Box::new(left), Box::new(right))
                }
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operator(&mut self) -> Option<Operator> {
        let token = self.tokens.get(self.at)?;
        let operator = match token {
            Token::Name(name) => match name.to_ascii_lowercase().as_str() {
                "and" => Operator::And,
                "or" => Operator::Or,
                "like" => Operator::Like(false),
                "in" => Operator::In(false),
                "not" => {
                    let next = self.tokens.get(self.at + 1)?;
                    let negated = match next {
                        Token::Name(name) if name.eq_ignore_ascii_case("like") => Operator::Like(true),
                        Token::Name(name) if name.eq_ignore_ascii_case("in") => Operator::In(true),
                        _ => return None,
                    };
                    self.at += 1;
                    negated
                }
                _ => return None,
            },
            Token::Symbol(symbol) => match *symbol {
                "=~" => Operator::Like(false),
                "+" | "-" | "*" | "/" | "%" | "^" => Operator::Arithmetic(symbol.chars().next()?),
                symbol => Operator::Compare(ComparisonOperator::read(symbol)?),
            },
            Token::Number(_) | Token::Text(_) | Token::Regex(_) => return None,
        };
        self.at += 1;
        Some(operator)
    }

    fn operand(&mut self) -> Result<Expression, Failure> {
        match self.next().cloned() {
            Some(Token::Number(value)) => Ok(Expression::Number(value)),
            Some(Token::Text(text)) => Ok(Expression::Text(text)),
            Some(Token::Symbol("(")) => {
                let inner = self.expression(0)?;
                self.expect(")")?;
                Ok(inner)
            }
            Some(Token::Symbol("-")) => {
                let inner = self.expression(6)?;
                Ok(Expression::Arithmetic('-', Box::new(Expression::Number(0.0)), Box::new(inner)))
            }
            Some(Token::Name(name)) if name.eq_ignore_ascii_case("not") => Ok(Expression::Not(Box::new(self.expression(4)?))),
            Some(Token::Name(name)) if self.is_symbol("(") => self.call(&name),
            Some(Token::Name(name)) => Ok(Expression::Field(name)),
            _ => Err(self.unexpected()),
        }
    }

    fn call(&mut self, name: &str) -> Result<Expression, Failure> {
        if name.eq_ignore_ascii_case("bin") {
            let span = match self.next() {
                Some(Token::Name(text)) => span(text),
                _ => None,
            };
            let span = span.ok_or_else(|| self.unexpected())?;
            self.expect(")")?;
            return Ok(Expression::Bin(span));
        }
        let function = Function::read(name).ok_or_else(|| Failure::Lacking(format!("the function {name} of a query")))?;
        let mut arguments = Vec::new();
        if !self.is_symbol(")") {
            loop {
                arguments.push(self.expression(0)?);
                if !self.is_symbol(",") {
                    self.expect(")")?;
                    break;
                }
            }
        }
        Ok(Expression::Call(function, arguments))
    }

    /// A regular expression, or a text that is contained.
    fn regex(&mut self) -> Result<Regex, Failure> {
        let text = match self.next() {
            Some(Token::Regex(expression)) => expression.clone(),
            Some(Token::Text(text)) => regex::escape(text),
            _ => return Err(self.unexpected()),
        };
        Regex::new(&text).map_err(|_| Failure::Malformed("invalid regular expression".to_owned()))
    }

    fn list(&mut self) -> Result<Vec<Expression>, Failure> {
        self.expect("[")?;
        let mut list = Vec::new();
        loop {
            list.push(self.expression(0)?);
            if !self.is_symbol(",") {
                self.expect("]")?;
                return Ok(list);
            }
        }
    }

    fn next(&mut self) -> Option<&Token> {
        let token = self.tokens.get(self.at);
        self.at += 1;
        token
    }

    fn is_symbol(&mut self, symbol: &str) -> bool {
        let is = matches!(self.tokens.get(self.at), Some(Token::Symbol(found)) if *found == symbol);
        self.at += usize::from(is);
        is
    }

    fn is_word(&mut self, word: &str) -> bool {
        let is = matches!(self.tokens.get(self.at), Some(Token::Name(found)) if found.eq_ignore_ascii_case(word));
        self.at += usize::from(is);
        is
    }

    fn expect(&mut self, symbol: &str) -> Result<(), Failure> {
        if self.is_symbol(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> Failure {
        let token = self.tokens.get(self.at.min(self.tokens.len().saturating_sub(1)));
        Failure::Malformed(format!("unexpected symbol found {}", token.map(written).unwrap_or_default()))
    }
}

#[derive(Debug, Clone, Copy)]
enum Operator {
    Or,
    And,
    Compare(ComparisonOperator),
    /// Whether it is negated.
    Like(bool),
    In(bool),
    Arithmetic(char),
}

impl Operator {
    fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Compare(_) | Self::Like(_) | Self::In(_) => 4,
            Self::Arithmetic('+' | '-') => 5,
            Self::Arithmetic(_) => 6,
        }
    }
}

/// `5m`, in milliseconds.
fn span(text: &str) -> Option<i64> {
    let digits = text.find(|one: char| !one.is_ascii_digit())?;
    let (count, unit) = text.split_at(digits);
    let unit = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 7 * 86_400_000,
        _ => return None,
    };
    count.parse::<i64>().ok()?.checked_mul(unit).filter(|span| *span > 0)
}

fn written(token: &Token) -> String {
    match token {
        Token::Name(text) => text.clone(),
        Token::Number(value) => format!("{value}"),
        Token::Text(text) => format!("\"{text}\""),
        Token::Regex(text) => format!("/{text}/"),
        Token::Symbol(symbol) => (*symbol).to_owned(),
    }
}
