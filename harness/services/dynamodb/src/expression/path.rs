//! Document paths: from an item to a value at any depth.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.Attributes.html>

use std::fmt;

use crate::attribute::{AttributeValue, Item};

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Name(String),
    Index(usize),
}

/// A path, which begins with an attribute's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path {
    /// The attribute.
    pub(crate) top: String,
    /// Inside of it.
    pub(crate) rest: Vec<Step>,
}

/// How two paths of one expression get into each other's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clash {
    /// One leads to the other, or to a part of it.
    Overlap,
    /// One takes for a map what the other takes for a list.
    Conflict,
}

impl Path {
    /// The value that the path leads to.
    pub(crate) fn find<'a>(&self, item: &'a Item) -> Option<&'a AttributeValue> {
        self.rest.iter().try_fold(item.get(&self.top)?, |value, step| match (value, step) {
            (AttributeValue::Map(members), Step::Name(name)) => members.get(name),
            (AttributeValue::List(items), Step::Index(index)) => items.get(*index),
            _ => None,
        })
    }

    pub(super) fn clash(&self, other: &Self) -> Option<Clash> {
        if self.top != other.top {
            return None;
        }
        for (one, other) in self.rest.iter().zip(&other.rest) {
            match (one, other) {
                _ if one == other => {}
                (Step::Name(_), Step::Index(_)) | (Step::Index(_), Step::Name(_)) => return Some(Clash::Conflict),
                _ => return None,
            }
        }
        Some(Clash::Overlap)
    }
}

/// As messages have it: `[a, b, [1]]`.
impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[{}", self.top)?;
        for step in &self.rest {
            match step {
                Step::Name(name) => write!(formatter, ", {name}")?,
                Step::Index(index) => write!(formatter, ", [{index}]")?,
            }
        }
        write!(formatter, "]")
    }
}
