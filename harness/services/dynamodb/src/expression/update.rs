//! Update expressions.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html>

use nightproof_core::service::AwsError;

use super::lexer::Token;
use super::parser::Parser;
use super::path::{Path, Step};
use super::placeholders::Placeholders;
use crate::attribute::{AttributeValue, Item};
use crate::error::validation;

/// The changes that an update makes.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Update(Vec<Action>);

#[derive(Debug, Clone, PartialEq)]
enum Action {
    Set(Path, Sum),
    Remove(Path),
    Add(Path, AttributeValue),
    Delete(Path, AttributeValue),
}

/// What an attribute is set to.
#[derive(Debug, Clone, PartialEq)]
enum Sum {
    Term(Term),
    Plus(Term, Term),
    Minus(Term, Term),
}

#[derive(Debug, Clone, PartialEq)]
enum Term {
    Path(Path),
    Value(AttributeValue),
    IfNotExists(Path, Box<Term>),
    ListAppend(Box<Term>, Box<Term>),
}

fn wrong_type() -> AwsError {
    validation("An operand in the update expression has an incorrect data type")
}

fn wrong_path() -> AwsError {
    validation("The document path provided in the update expression is invalid for update")
}

impl Update {
    /// Parses an update expression.
    ///
    /// # Errors
    /// `ValidationException`, in AWS's words.
    pub(crate) fn parse(text: &str, placeholders: &Placeholders) -> Result<Self, AwsError> {
        let mut parser = Parser::new("UpdateExpression", text, placeholders)?;
        let (mut actions, mut seen): (Vec<Action>, Vec<&str>) = (Vec::new(), Vec::new());
        while !parser.is_at_end() {
            let Some(section) = ["SET", "REMOVE", "ADD", "DELETE"].into_iter().find(|word| parser.is_word(word)) else {
                return Err(parser.unexpected());
            };
            if seen.contains(&section) {
                return Err(parser.invalid(format!("The \"{section}\" section can only be used once in an update expression;")));
            }
            seen.push(section);
            parser.next();
            loop {
                actions.push(parser.action(section)?);
                if !parser.takes(",") {
                    break;
                }
            }
        }
        let mut paths: Vec<Path> = Vec::new();
        for action in &actions {
            parser.check_apart(&paths, action.path())?;
            paths.push(action.path().clone());
        }
        Ok(Self(actions))
    }

    /// The parts of the item that are changed.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(Action::path)
    }

    /// The item after the update. All values are those of the item before it.
    ///
    /// # Errors
    /// A value is not there or not of the type that an action takes.
    pub(crate) fn apply(&self, before: &Item) -> Result<Item, AwsError> {
        let mut item = before.clone();
        let mut removed = Vec::new();
        for action in &self.0 {
            match action {
                Action::Set(path, sum) => put(&mut item, path, sum.value(before)?)?,
                Action::Remove(path) => removed.push(path),
                Action::Add(path, value) => {
                    let sum = added(path.find(before), value)?;
                    put(&mut item, path, sum)?;
                }
                Action::Delete(path, value) => match path.find(before).map(|set| without(set, value)).transpose()? {
                    None => {}
                    Some(Some(rest)) => put(&mut item, path, rest)?,
                    Some(None) => remove(&mut item, path)?,
                },
            }
        }
        // From the end of a list on, so that indexes stay those before the update.
        removed.sort();
        removed.into_iter().rev().try_for_each(|path| remove(&mut item, path))?;
        Ok(item)
    }
}

impl Action {
    fn path(&self) -> &Path {
        match self {
            Self::Set(path, _) | Self::Remove(path) | Self::Add(path, _) | Self::Delete(path, _) => path,
        }
    }
}

impl Sum {
    fn value(&self, item: &Item) -> Result<AttributeValue, AwsError> {
        let numbers = |one: &Term, other: &Term| match (one.value(item)?, other.value(item)?) {
            (AttributeValue::Number(one), AttributeValue::Number(other)) => Ok((one, other)),
            _ => Err(wrong_type()),
        };
        match self {
            Self::Term(term) => term.value(item),
            Self::Plus(one, other) => numbers(one, other).and_then(|(one, other)| one.plus(other)).map(AttributeValue::Number),
            Self::Minus(one, other) => numbers(one, other).and_then(|(one, other)| one.minus(other)).map(AttributeValue::Number),
        }
    }
}

impl Term {
    fn value(&self, item: &Item) -> Result<AttributeValue, AwsError> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::Path(path) => path
                .find(item)
                .cloned()
                .ok_or_else(|| validation("The provided expression refers to an attribute that does not exist in the item")),
            Self::IfNotExists(path, or_else) => path.find(item).map_or_else(|| or_else.value(item), |value| Ok(value.clone())),
            Self::ListAppend(one, other) => match (one.value(item)?, other.value(item)?) {
                (AttributeValue::List(mut items), AttributeValue::List(more)) => {
                    items.extend(more);
                    Ok(AttributeValue::List(items))
                }
                _ => Err(wrong_type()),
            },
        }
    }
}

/// The sum of numbers, or the union of sets.
fn added(there: Option<&AttributeValue>, value: &AttributeValue) -> Result<AttributeValue, AwsError> {
    use AttributeValue::{Binaries, Number, Numbers, Texts};
    match (there, value) {
        (None, value) => Ok(value.clone()),
        (Some(Number(one)), Number(other)) => one.plus(*other).map(Number),
        (Some(Texts(one)), Texts(other)) => Ok(Texts(one.union(other).cloned().collect())),
        (Some(Numbers(one)), Numbers(other)) => Ok(Numbers(one.union(other).copied().collect())),
        (Some(Binaries(one)), Binaries(other)) => Ok(Binaries(one.union(other).cloned().collect())),
        _ => Err(wrong_type()),
    }
}

/// What is left of a set; `None` if nothing is.
fn without(there: &AttributeValue, value: &AttributeValue) -> Result<Option<AttributeValue>, AwsError> {
    use AttributeValue::{Binaries, Numbers, Texts};
    Ok(match (there, value) {
        (Texts(one), Texts(other)) => Some(Texts(one - other)).filter(|set| *set != Texts([].into())),
        (Numbers(one), Numbers(other)) => Some(Numbers(one - other)).filter(|set| *set != Numbers([].into())),
        (Binaries(one), Binaries(other)) => Some(Binaries(one - other)).filter(|set| *set != Binaries([].into())),
        _ => return Err(wrong_type()),
    })
}

/// The value that holds what the path leads to, and the last step; `None` if the path is an attribute's name alone.
fn holder<'a, 'p>(item: &'a mut Item, path: &'p Path) -> Result<Option<(&'a mut AttributeValue, &'p Step)>, AwsError> {
    let Some((last, before)) = path.rest.split_last() else { return Ok(None) };
    let top = item.get_mut(&path.top).ok_or_else(wrong_path)?;
    let found = before.iter().try_fold(top, |value, step| match (value, step) {
        (AttributeValue::Map(members), Step::Name(name)) => members.get_mut(name),
        (AttributeValue::List(items), Step::Index(index)) => items.get_mut(*index),
        _ => None,
    });
    Ok(Some((found.ok_or_else(wrong_path)?, last)))
}

fn put(item: &mut Item, path: &Path, value: AttributeValue) -> Result<(), AwsError> {
    match holder(item, path)? {
        None => {
            item.insert(path.top.clone(), value);
        }
        Some((AttributeValue::Map(members), Step::Name(name))) => {
            members.insert(name.clone(), value);
        }
        Some((AttributeValue::List(items), Step::Index(index))) => match items.get_mut(*index) {
            Some(there) => *there = value,
            // Behind the end is at the end.
            None => items.push(value),
        },
        Some(_) => return Err(wrong_path()),
    }
    Ok(())
}

fn remove(item: &mut Item, path: &Path) -> Result<(), AwsError> {
    match holder(item, path)? {
        None => {
            item.remove(&path.top);
        }
        Some((AttributeValue::Map(members), Step::Name(name))) => {
            members.remove(name);
        }
        Some((AttributeValue::List(items), Step::Index(index))) => {
            if *index < items.len() {
                items.remove(*index);
            }
        }
        Some(_) => return Err(wrong_path()),
    }
    Ok(())
}

impl Parser<'_> {
    fn action(&mut self, section: &str) -> Result<Action, AwsError> {
        let path = self.path()?;
        match section {
            "SET" => {
                self.expect("=")?;
                Ok(Action::Set(path, self.sum()?))
            }
            "REMOVE" => Ok(Action::Remove(path)),
            _ => {
                let Some(value) = self.value()? else { return Err(self.unexpected()) };
                let is_set = matches!(value.kind(), "SS" | "NS" | "BS");
                if !is_set && (section == "DELETE" || value.kind() != "N") {
                    return Err(self.invalid(format!(
                        "Incorrect operand type for operator or function; operator: {section}, operand type: {}, typeset: ALLOWED_FOR_{section}_OPERAND",
                        value.long_kind()
                    )));
                }
                Ok(if section == "ADD" { Action::Add(path, value) } else { Action::Delete(path, value) })
            }
        }
    }

    fn sum(&mut self) -> Result<Sum, AwsError> {
        let first = self.term()?;
        let operator = match self.peek() {
            Token::Symbol(operator @ ("+" | "-")) => operator,
            _ => return Ok(Sum::Term(first)),
        };
        self.next();
        let second = self.term()?;
        for term in [&first, &second] {
            if let Term::Value(value) = term
                && value.kind() != "N"
            {
                return Err(self.invalid(format!(
                    "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {}",
                    value.kind()
                )));
            }
        }
        Ok(if operator == "+" { Sum::Plus(first, second) } else { Sum::Minus(first, second) })
    }

    fn term(&mut self) -> Result<Term, AwsError> {
        if let Some(value) = self.value()? {
            return Ok(Term::Value(value));
        }
        if self.takes("(") {
            let inner = self.term()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let (Token::Name(name), Token::Symbol("(")) = (self.peek(), self.peek_second()) else {
            return self.path().map(Term::Path);
        };
        if !["if_not_exists", "list_append"].contains(&name) {
            return Err(self.invalid(format!("Invalid function name; function: {name}")));
        }
        self.next();
        self.next();
        let first = self.term()?;
        let mut others = Vec::new();
        while self.takes(",") {
            others.push(self.term()?);
        }
        self.expect(")")?;
        let count = 1 + others.len();
        let (Some(second), 2) = (others.pop(), count) else {
            return Err(self.invalid(format!(
                "Incorrect number of operands for operator or function; operator or function: {name}, number of operands: {count}"
            )));
        };
        match (name, first) {
            ("list_append", first) => {
                for term in [&first, &second] {
                    if let Term::Value(value) = term
                        && value.kind() != "L"
                    {
                        return Err(self.invalid(format!(
                            "Incorrect operand type for operator or function; operator or function: list_append, operand type: {}",
                            value.kind()
                        )));
                    }
                }
                Ok(Term::ListAppend(Box::new(first), Box::new(second)))
            }
            (_, Term::Path(path)) => Ok(Term::IfNotExists(path, Box::new(second))),
            _ => Err(self.invalid(format!("Operator or function requires a document path; operator or function: {name}"))),
        }
    }
}
