//! One condition: an operator, a key and the values wanted.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;

use crate::arn::ArnPattern;
use crate::context::Keys;
use crate::date;
use crate::ip_range;
use crate::operator::{Comparison, Kind, Operator, Quantifier};
use crate::pattern::{Pattern, Syntax, Unresolved};

/// `"operator": {"key": [values]}`. Values are alternatives.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html>
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    /// As written, prefix and suffix included.
    pub(crate) name: Box<str>,
    /// As written.
    pub(crate) key: Box<str>,
    /// As written.
    pub(crate) wanted: Box<[Box<str>]>,
    operator: Operator,
    tests: Box<[Test]>,
}

/// One wanted value, made ready to be compared with.
#[derive(Debug, Clone, PartialEq)]
enum Test {
    Text(Pattern),
    TextIgnoringCase(Pattern),
    Number(Comparison, Option<f64>),
    Date(Comparison, Option<date::Moment>),
    Binary(Option<Vec<u8>>),
    Address(Option<IpNet>),
    Arn(ArnPattern),
    Null(bool),
}

/// Why a value could not be compared. The condition does not hold then, negated or not.
enum Problem<'c> {
    Unresolved(&'c str),
    /// The request's value is not of the operator's type.
    Found(&'static str),
    /// The policy's value is not of the operator's type.
    Wanted(&'static str),
}

impl<'c> From<Unresolved<'c>> for Problem<'c> {
    fn from(Unresolved(variable): Unresolved<'c>) -> Self {
        Self::Unresolved(variable)
    }
}

impl Condition {
    /// `variables`: does the policy's version have them?
    pub(crate) fn new(name: &str, operator: Operator, key: &str, wanted: Vec<Box<str>>, variables: bool) -> Self {
        let tests = wanted.iter().map(|value| Test::new(operator.kind, value, variables)).collect();
        Self { name: name.into(), key: key.into(), wanted: wanted.into(), operator, tests }
    }

    /// The request's values of the key.
    pub(crate) fn found<'c>(&self, context: &'c dyn Keys) -> &'c [String] {
        context.get(&self.key).unwrap_or_default()
    }

    /// Does the request fulfil the condition? What cannot be compared goes to `problems`, in words.
    pub(crate) fn holds(&self, context: &dyn Keys, problems: &mut Vec<String>) -> bool {
        self.evaluate(context).unwrap_or_else(|problem| {
            problems.push(match problem {
                Problem::Unresolved(variable) => format!("the request has no single value for the policy variable `{variable}`"),
                Problem::Found(kind) => format!("`{}` of the request is not {kind}", self.key),
                Problem::Wanted(kind) => format!("`{}` compares `{}` with what is not {kind}", self.name, self.key),
            });
            false
        })
    }

    fn evaluate<'c>(&'c self, context: &'c dyn Keys) -> Result<bool, Problem<'c>> {
        let Operator { quantifier, kind, negated, if_exists } = self.operator;
        let found = self.found(context);
        if kind == Kind::Null {
            return Ok(self.tests.contains(&Test::Null(found.is_empty())));
        }
        // For a set, empty text is as good as nothing.
        let nothing = found.iter().all(String::is_empty);
        match quantifier {
            None if found.is_empty() => Ok(negated || if_exists),
            // AWS wants a quantifier for several values and does not say what happens without: one of them suffices.
            None => Ok(self.any(found, context)? != negated),
            Some(Quantifier::All) if nothing => Ok(true),
            Some(Quantifier::Any) if nothing => Ok(if_exists && found.is_empty()),
            Some(Quantifier::All) => {
                for value in found {
                    if self.matches(value, context)? == negated {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Some(Quantifier::Any) => {
                let mut problem = None;
                for value in found {
                    match self.matches(value, context) {
                        Ok(matches) if matches != negated => return Ok(true),
                        Ok(_) => {}
                        Err(other) => problem = Some(other),
                    }
                }
                problem.map_or(Ok(false), Err)
            }
        }
    }

    /// Does one of the values found match?
    fn any<'c>(&'c self, found: &'c [String], context: &'c dyn Keys) -> Result<bool, Problem<'c>> {
        for value in found {
            if self.matches(value, context)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Does `found` match one of the values wanted?
    fn matches<'c>(&'c self, found: &'c str, context: &'c dyn Keys) -> Result<bool, Problem<'c>> {
        let mut problem = None;
        for test in &self.tests {
            match test.matches(found, context) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(other) => problem = Some(other),
            }
        }
        problem.map_or(Ok(false), Err)
    }
}

impl Test {
    fn new(kind: Kind, wanted: &str, variables: bool) -> Self {
        let literal = Syntax { wildcards: false, variables };
        match kind {
            Kind::Text => Self::Text(Pattern::new(wanted, literal)),
            Kind::TextLike => Self::Text(Pattern::new(wanted, Syntax { wildcards: true, variables })),
            Kind::TextIgnoringCase | Kind::Bool => Self::TextIgnoringCase(Pattern::new(wanted, literal)),
            Kind::Number(comparison) => Self::Number(comparison, number(wanted)),
            Kind::Date(comparison) => Self::Date(comparison, date::parse(wanted)),
            Kind::Binary => Self::Binary(STANDARD.decode(wanted).ok()),
            Kind::Address => Self::Address(ip_range::parse(wanted)),
            Kind::Arn => Self::Arn(ArnPattern::new(wanted, variables)),
            Kind::Null => Self::Null(wanted.eq_ignore_ascii_case("true")),
        }
    }

    fn matches<'c>(&'c self, found: &'c str, context: &'c dyn Keys) -> Result<bool, Problem<'c>> {
        match self {
            Self::Text(pattern) => Ok(pattern.matches(found, context)?),
            Self::TextIgnoringCase(pattern) => {
                let wanted = pattern.expand(context)?;
                Ok(found.eq_ignore_ascii_case(&wanted) || (!found.is_ascii() && found.to_lowercase() == wanted.to_lowercase()))
            }
            Self::Number(comparison, wanted) => {
                let wanted = wanted.ok_or(Problem::Wanted("a number"))?;
                let found = number(found).ok_or(Problem::Found("a number"))?;
                Ok(comparison.holds(&found, &wanted))
            }
            Self::Date(comparison, wanted) => {
                let wanted = wanted.ok_or(Problem::Wanted("a date"))?;
                let found = date::parse(found).ok_or(Problem::Found("a date"))?;
                Ok(comparison.holds(&found, &wanted))
            }
            Self::Binary(wanted) => {
                let wanted = wanted.as_ref().ok_or(Problem::Wanted("base64"))?;
                let found = STANDARD.decode(found).map_err(|_| Problem::Found("base64"))?;
                Ok(found == *wanted)
            }
            Self::Address(wanted) => {
                let wanted = wanted.ok_or(Problem::Wanted("an address range"))?;
                let found: IpAddr = found.parse().map_err(|_| Problem::Found("an IP address"))?;
                Ok(wanted.contains(&found))
            }
            Self::Arn(pattern) => Ok(pattern.matches(found, context)?),
            Self::Null(_) => Ok(false),
        }
    }
}

/// An integer or decimal; neither infinity nor NaN, which Rust would read.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    if plain { text.parse().ok() } else { None }
}
