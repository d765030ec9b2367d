//! The fields of one object of a definition: each is taken once, what is left over is none that the object can have.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::definition::Number;
use super::diagnostic::Diagnostics;
use super::filter::{Filter, ResultPath};
use super::intrinsic::Expression;
use super::path::{Path, PathError};

/// What has not been taken yet, and where it stands.
pub(crate) struct Fields {
    rest: Map<String, Value>,
    pub(crate) location: String,
}

impl Fields {
    /// The members of an object; notes that a value is none.
    pub(crate) fn new(value: &Value, location: &str, found: &mut Diagnostics) -> Option<Self> {
        match value {
            Value::Object(members) => Some(Self { rest: members.clone(), location: location.to_owned() }),
            _ => {
                found.schema("Expected an object", location);
                None
            }
        }
    }

    /// Where a field stands.
    pub(crate) fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.location)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.rest.contains_key(name)
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.rest.shift_remove(name)
    }

    /// A field of the type `T`.
    pub(crate) fn read<T: DeserializeOwned>(&mut self, name: &str, found: &mut Diagnostics) -> Option<T> {
        let value = self.take(name)?;
        match serde_json::from_value(value) {
            Ok(read) => Some(read),
            Err(error) => {
                found.schema(format!("The value for the field '{name}' is invalid: {error}"), self.at(name));
                None
            }
        }
    }

    /// The same, which has to be there.
    pub(crate) fn require<T: DeserializeOwned>(&mut self, name: &str, found: &mut Diagnostics) -> Option<T> {
        if !self.has(name) {
            found.schema(format!("The field '{name}' is required but was missing"), self.location.clone());
        }
        self.read(name, found)
    }

    pub(crate) fn path(&mut self, name: &str, found: &mut Diagnostics) -> Option<Path> {
        let text: String = self.read(name, found)?;
        self.parsed(name, Path::parse(&text), &text, found)
    }

    /// What was made of the text of a field.
    pub(crate) fn parsed<T>(&self, name: &str, parsed: Result<T, PathError>, text: &str, found: &mut Diagnostics) -> Option<T> {
        match parsed {
            Ok(parsed) => Some(parsed),
            Err(PathError::Lacking) => {
                found.lacking(format!("the path {text} at {}", self.at(name)));
                None
            }
            Err(PathError::Invalid) => {
                found.schema(format!("The value for the field '{name}' must be a valid JSONPath"), self.at(name));
                None
            }
        }
    }

    /// `InputPath` or `OutputPath`.
    pub(crate) fn filter(&mut self, name: &str, found: &mut Diagnostics) -> Filter {
        match self.rest.get(name) {
            None => Filter::Whole,
            Some(Value::Null) => {
                self.take(name);
                Filter::Nothing
            }
            Some(_) => self.path(name, found).map_or(Filter::Whole, Filter::Path),
        }
    }

    pub(crate) fn result_path(&mut self, found: &mut Diagnostics) -> ResultPath {
        match self.rest.get("ResultPath") {
            None => ResultPath::Steps(Vec::new()),
            Some(Value::Null) => {
                self.take("ResultPath");
                ResultPath::Discard
            }
            Some(_) => {
                let at = self.at("ResultPath");
                let path = self.path("ResultPath", found);
                match path.as_ref().map(Path::reference) {
                    Some(None) => {
                        found.schema("The value for the field 'ResultPath' must be a valid Reference Path", at);
                        ResultPath::Discard
                    }
                    steps => ResultPath::Steps(steps.flatten().map(<[_]>::to_vec).unwrap_or_default()),
                }
            }
        }
    }

    /// A whole number under `name`, or where it is under `namePath`.
    pub(crate) fn number(&mut self, name: &str, least: i64, found: &mut Diagnostics) -> Number {
        let by_path = format!("{name}Path");
        if self.has(name) && self.has(&by_path) {
            found.schema(format!("Only one of the fields '{name}' and '{by_path}' is allowed"), self.location.clone());
        }
        if let Some(path) = self.path(&by_path, found) {
            return Number::At(path);
        }
        let at = self.at(name);
        match self.read::<i64>(name, found) {
            Some(number) if number >= least => Number::Fixed(number),
            Some(number) => {
                found.schema(format!("The value for the field '{name}' is {number}, and must be at least {least}"), at);
                Number::None
            }
            None => Number::None,
        }
    }

    pub(crate) fn expression(&mut self, name: &str, found: &mut Diagnostics) -> Option<Expression> {
        let text: String = self.read(name, found)?;
        self.parsed(name, Expression::parse(&text), &text, found)
    }

    /// A payload template.
    pub(crate) fn template(&mut self, name: &str, found: &mut Diagnostics) -> Option<Value> {
        let value = self.take(name)?;
        super::payload::check(&value, &self.at(name), found);
        Some(value)
    }

    /// Fields that AWS has and the region does not act upon.
    pub(crate) fn lacking(&mut self, names: &[&str], found: &mut Diagnostics) {
        for name in names {
            if self.take(name).is_some() {
                found.lacking(format!("the field {} of a state machine", self.at(name)));
            }
        }
    }

    /// Notes what is left over.
    pub(crate) fn end(self, found: &mut Diagnostics) {
        for name in self.rest.keys() {
            found.schema(format!("The field '{name}' is not supported by Step Functions"), self.at(name));
        }
    }
}
