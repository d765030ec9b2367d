//! Projection expressions: which parts of items are answered.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html>

use std::collections::BTreeMap;

use nightproof_core::service::AwsError;

use super::parser::Parser;
use super::path::{Clash, Path, Step};
use super::placeholders::Placeholders;
use crate::attribute::{AttributeValue, Item};

/// The parts of an item that are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Projection(pub(crate) Vec<Path>);

impl Projection {
    /// Parses a projection expression.
    ///
    /// # Errors
    /// `ValidationException`, in AWS's words.
    pub(crate) fn parse(text: &str, placeholders: &Placeholders) -> Result<Self, AwsError> {
        let mut parser = Parser::new("ProjectionExpression", text, placeholders)?;
        let mut paths: Vec<Path> = Vec::new();
        loop {
            let path = parser.path()?;
            parser.check_apart(&paths, &path)?;
            paths.push(path);
            if !parser.takes(",") {
                break;
            }
        }
        parser.expect_end()?;
        Ok(Self(paths))
    }

    /// The parts of an item that are there.
    pub(crate) fn of(&self, item: &Item) -> Item {
        let mut tree = Selected::default();
        for path in &self.0 {
            tree.add(Step::Name(path.top.clone()), &path.rest);
        }
        tree.members(item)
    }
}

/// What is selected of a value: all of it, or parts.
#[derive(Debug, Default)]
struct Selected(BTreeMap<Step, Selected>);

impl Selected {
    fn add(&mut self, step: Step, rest: &[Step]) {
        let below = self.0.entry(step).or_default();
        if let [next, rest @ ..] = rest {
            below.add(next.clone(), rest);
        }
    }

    fn members(&self, members: &Item) -> Item {
        let part = |(step, below): (&Step, &Self)| {
            let Step::Name(name) = step else { return None };
            Some((name.clone(), below.part(members.get(name)?)?))
        };
        self.0.iter().filter_map(part).collect()
    }

    fn part(&self, value: &AttributeValue) -> Option<AttributeValue> {
        if self.0.is_empty() {
            return Some(value.clone());
        }
        match value {
            AttributeValue::Map(members) => Some(self.members(members)).filter(|part| !part.is_empty()).map(AttributeValue::Map),
            AttributeValue::List(items) => {
                let part = |(step, below): (&Step, &Self)| {
                    let Step::Index(index) = step else { return None };
                    below.part(items.get(*index)?)
                };
                let parts: Vec<AttributeValue> = self.0.iter().filter_map(part).collect();
                (!parts.is_empty()).then_some(AttributeValue::List(parts))
            }
            _ => None,
        }
    }
}

impl Parser<'_> {
    /// Refuses a path that gets into the way of one before it.
    pub(super) fn check_apart(&self, before: &[Path], path: &Path) -> Result<(), AwsError> {
        for one in before {
            let how = match one.clash(path) {
                None => continue,
                Some(Clash::Overlap) => "overlap",
                Some(Clash::Conflict) => "conflict",
            };
            return Err(self.invalid(format!(
                "Two document paths {how} with each other; must remove or rewrite one of these paths; path one: {one}, path two: {path}"
            )));
        }
        Ok(())
    }
}
