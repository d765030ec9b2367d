//! Condition and filter expressions.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html>

use std::cmp::Ordering;

use nightproof_core::service::AwsError;

use super::lexer::Token;
use super::operand::Operand;
use super::parser::Parser;
use super::path::Path;
use super::placeholders::Placeholders;
use crate::attribute::{AttributeValue, Item};

/// Names of types, as `attribute_type` has them.
const TYPES: [&str; 10] = ["B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"];
/// Operands of `IN`.
const MOST_OPERANDS: usize = 100;

/// A comparison's operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A condition on an item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
    Compare(Comparator, Operand, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    Exists(Path),
    NotExists(Path),
    Type(Path, String),
    BeginsWith(Operand, Operand),
    Contains(Operand, Operand),
}

impl Comparator {
    fn parse(symbol: &str) -> Option<Self> {
        Some(match symbol {
            "=" => Self::Equal,
            "<>" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    fn holds(self, left: Option<&AttributeValue>, right: Option<&AttributeValue>) -> bool {
        let order = || left?.order(right?);
        match self {
            Self::Equal => left.is_some() && left == right,
            Self::NotEqual => left != right,
            Self::Less => order() == Some(Ordering::Less),
            Self::LessOrEqual => order().is_some_and(Ordering::is_le),
            Self::Greater => order() == Some(Ordering::Greater),
            Self::GreaterOrEqual => order().is_some_and(Ordering::is_ge),
        }
    }
}

impl Condition {
    /// Parses the expression that a request has as `member`.
    ///
    /// # Errors
    /// `ValidationException`, in AWS's words.
    pub(crate) fn parse(member: &'static str, text: &str, placeholders: &Placeholders) -> Result<Self, AwsError> {
        let mut parser = Parser::new(member, text, placeholders)?;
        let condition = parser.any_of()?.condition;
        parser.expect_end()?;
        Ok(condition)
    }

    /// Whether an item satisfies it; of an item that does not exist it is empty.
    pub(crate) fn holds(&self, item: &Item) -> bool {
        match self {
            Self::And(one, other) => one.holds(item) && other.holds(item),
            Self::Or(one, other) => one.holds(item) || other.holds(item),
            Self::Not(inner) => !inner.holds(item),
            Self::Compare(comparator, left, right) => comparator.holds(left.find(item).as_deref(), right.find(item).as_deref()),
            Self::Between(value, low, high) => {
                let (value, low, high) = (value.find(item), low.find(item), high.find(item));
                Comparator::GreaterOrEqual.holds(value.as_deref(), low.as_deref())
                    && Comparator::LessOrEqual.holds(value.as_deref(), high.as_deref())
            }
            Self::In(value, list) => {
                let value = value.find(item);
                list.iter().any(|one| Comparator::Equal.holds(value.as_deref(), one.find(item).as_deref()))
            }
            Self::Exists(path) => path.find(item).is_some(),
            Self::NotExists(path) => path.find(item).is_none(),
            Self::Type(path, kind) => path.find(item).is_some_and(|value| value.kind() == kind),
            Self::BeginsWith(value, prefix) => match (value.find(item).as_deref(), prefix.find(item).as_deref()) {
                (Some(AttributeValue::Text(text)), Some(AttributeValue::Text(prefix))) => text.starts_with(prefix.as_str()),
                (Some(AttributeValue::Binary(bytes)), Some(AttributeValue::Binary(prefix))) => bytes.starts_with(prefix),
                _ => false,
            },
            Self::Contains(value, part) => match (value.find(item).as_deref(), part.find(item).as_deref()) {
                (Some(value), Some(part)) => contains(value, part),
                _ => false,
            },
        }
    }

    /// The attributes that it looks at, by their paths.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        match self {
            Self::And(one, other) | Self::Or(one, other) => [one.paths(), other.paths()].concat(),
            Self::Not(inner) => inner.paths(),
            Self::Compare(_, one, other) | Self::BeginsWith(one, other) | Self::Contains(one, other) => {
                [path_of(one), path_of(other)].into_iter().flatten().collect()
            }
            Self::Between(one, low, high) => [path_of(one), path_of(low), path_of(high)].into_iter().flatten().collect(),
            Self::In(one, list) => path_of(one).into_iter().chain(list.iter().filter_map(path_of)).collect(),
            Self::Exists(path) | Self::NotExists(path) | Self::Type(path, _) => vec![path],
        }
    }
}

fn path_of(operand: &Operand) -> Option<&Path> {
    match operand {
        Operand::Path(path) | Operand::Size(path) => Some(path),
        Operand::Value(_) => None,
    }
}

fn contains(value: &AttributeValue, part: &AttributeValue) -> bool {
    match (value, part) {
        (AttributeValue::Text(text), AttributeValue::Text(part)) => text.contains(part.as_str()),
        (AttributeValue::Binary(bytes), AttributeValue::Binary(part)) => {
            part.is_empty() || bytes.windows(part.len()).any(|window| window == part.as_slice())
        }
        (AttributeValue::Texts(texts), AttributeValue::Text(part)) => texts.contains(part),
        (AttributeValue::Numbers(numbers), AttributeValue::Number(part)) => numbers.contains(part),
        (AttributeValue::Binaries(all), AttributeValue::Binary(part)) => all.contains(part),
        (AttributeValue::List(items), part) => items.contains(part),
        _ => false,
    }
}

/// A condition, and whether it stands in parentheses as a whole.
struct Parsed {
    condition: Condition,
    enclosed: bool,
}

impl From<Condition> for Parsed {
    fn from(condition: Condition) -> Self {
        Self { condition, enclosed: false }
    }
}

impl Parser<'_> {
    fn any_of(&mut self) -> Result<Parsed, AwsError> {
        let mut parsed = self.all_of()?;
        while self.takes_word("OR") {
            parsed = Condition::Or(Box::new(parsed.condition), Box::new(self.all_of()?.condition)).into();
        }
        Ok(parsed)
    }

    fn all_of(&mut self) -> Result<Parsed, AwsError> {
        let mut parsed = self.one()?;
        while self.takes_word("AND") {
            parsed = Condition::And(Box::new(parsed.condition), Box::new(self.one()?.condition)).into();
        }
        Ok(parsed)
    }

    fn one(&mut self) -> Result<Parsed, AwsError> {
        if self.takes_word("NOT") {
            return Ok(Condition::Not(Box::new(self.one()?.condition)).into());
        }
        if self.takes("(") {
            let inner = self.any_of()?;
            self.expect(")")?;
            if inner.enclosed {
                return Err(self.invalid("The expression has redundant parentheses;"));
            }
            return Ok(Parsed { condition: inner.condition, enclosed: true });
        }
        if let (Token::Name(name), Token::Symbol("(")) = (self.peek(), self.peek_second())
            && name != "size"
        {
            return self.function(name).map(Parsed::from);
        }
        self.comparison().map(Parsed::from)
    }

    fn comparison(&mut self) -> Result<Condition, AwsError> {
        let left = self.operand()?;
        if self.takes_word("BETWEEN") {
            let low = self.operand()?;
            if !self.takes_word("AND") {
                return Err(self.unexpected());
            }
            let high = self.operand()?;
            self.check_ordered("BETWEEN", &[&low, &high])?;
            self.check_bounds(&low, &high)?;
            return Ok(Condition::Between(left, low, high));
        }
        if self.takes_word("IN") {
            self.expect("(")?;
            let list = self.operands()?;
            if list.len() > MOST_OPERANDS {
                return Err(self.wrong_number("IN", list.len()));
            }
            return Ok(Condition::In(left, list));
        }
        let Token::Symbol(symbol) = self.peek() else { return Err(self.unexpected()) };
        let Some(comparator) = Comparator::parse(symbol) else { return Err(self.unexpected()) };
        self.next();
        let right = self.operand()?;
        if let (Operand::Path(one), Operand::Path(other)) = (&left, &right)
            && one == other
        {
            return Err(self.invalid(format!(
                "The first operand must be distinct from the remaining operands for this operator or function; operator: {symbol}, first operand: {one}"
            )));
        }
        if !matches!(comparator, Comparator::Equal | Comparator::NotEqual) {
            self.check_ordered(symbol, &[&left, &right])?;
        }
        Ok(Condition::Compare(comparator, left, right))
    }

    /// Operands up to the parenthesis that closes their list.
    fn operands(&mut self) -> Result<Vec<Operand>, AwsError> {
        let mut operands = vec![self.operand()?];
        while self.takes(",") {
            operands.push(self.operand()?);
        }
        self.expect(")")?;
        Ok(operands)
    }

    fn function(&mut self, name: &str) -> Result<Condition, AwsError> {
        let expected = match name {
            "attribute_exists" | "attribute_not_exists" => 1,
            "attribute_type" | "begins_with" | "contains" => 2,
            _ => return Err(self.invalid(format!("Invalid function name; function: {name}"))),
        };
        self.next();
        self.next();
        let mut operands = self.operands()?.into_iter();
        let count = operands.len();
        let (Some(first), second) = (operands.next(), operands.next()) else { return Err(self.unexpected()) };
        if count != expected {
            return Err(self.wrong_number(name, count));
        }
        let path = |parser: &Self, operand: Operand| match operand {
            Operand::Path(path) => Ok(path),
            _ => Err(parser.invalid(format!("Operator or function requires a document path; operator or function: {name}"))),
        };
        match (name, second) {
            ("attribute_exists", _) => Ok(Condition::Exists(path(self, first)?)),
            ("attribute_type", Some(Operand::Value(AttributeValue::Text(kind)))) => {
                if !TYPES.contains(&kind.as_str()) {
                    let valid = TYPES.join(",");
                    return Err(
                        self.invalid(format!("Invalid attribute type name found; type: {kind}, valid types: {{{valid}}}"))
                    );
                }
                Ok(Condition::Type(path(self, first)?, kind))
            }
            ("attribute_type", Some(other)) => Err(self.wrong_type(name, other.kind().unwrap_or("M"))),
            ("begins_with", Some(prefix)) => {
                let wrong = [&first, &prefix].into_iter().filter_map(Operand::kind).find(|kind| !matches!(*kind, "S" | "B"));
                wrong.map_or(Ok(()), |kind| Err(self.wrong_type(name, kind)))?;
                Ok(Condition::BeginsWith(first, prefix))
            }
            ("contains", Some(part)) => {
                if first == part {
                    let shown = path_of(&first).map(Path::to_string).unwrap_or_default();
                    return Err(self.invalid(format!(
                        "The first operand must be distinct from the remaining operands for this operator or function; operator: contains, first operand: {shown}"
                    )));
                }
                Ok(Condition::Contains(first, part))
            }
            _ => Ok(Condition::NotExists(path(self, first)?)),
        }
    }

    /// Refuses values that have no order.
    fn check_ordered(&self, operator: &str, operands: &[&Operand]) -> Result<(), AwsError> {
        let wrong = operands.iter().filter_map(|operand| operand.kind()).find(|kind| !matches!(*kind, "S" | "N" | "B"));
        match wrong {
            Some(kind) => {
                let message = "Incorrect operand type for operator or function; operator: ";
                Err(self.invalid(format!("{message}{operator}, operand type: {kind}")))
            }
            None => Ok(()),
        }
    }

    /// Refuses bounds of which the lower one is higher, or which are of two types.
    fn check_bounds(&self, low: &Operand, high: &Operand) -> Result<(), AwsError> {
        let (Operand::Value(low), Operand::Value(high)) = (low, high) else { return Ok(()) };
        let bounds = || {
            format!(
                "lower bound operand: AttributeValue: {}, upper bound operand: AttributeValue: {}",
                low.in_words(),
                high.in_words()
            )
        };
        match low.order(high) {
            None => {
                Err(self
                    .invalid(format!("The BETWEEN operator requires same data type for lower and upper bounds; {}", bounds())))
            }
            Some(Ordering::Greater) => Err(self.invalid(format!(
                "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; {}",
                bounds()
            ))),
            Some(_) => Ok(()),
        }
    }

    fn wrong_type(&self, function: &str, kind: &str) -> AwsError {
        let message = "Incorrect operand type for operator or function; operator or function: ";
        self.invalid(format!("{message}{function}, operand type: {kind}"))
    }

    fn wrong_number(&self, function: &str, count: usize) -> AwsError {
        let message = "Incorrect number of operands for operator or function; operator or function: ";
        self.invalid(format!("{message}{function}, number of operands: {count}"))
    }
}
