//! What a state keeps of its input, and where its result goes in it.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html>

use serde_json::Value;

use super::failure::Failure;
use super::path::{Path, Scope, Step, put};

/// A part of the input that is kept.
#[derive(Debug, Clone)]
pub(crate) enum Filter {
    Whole,
    /// An empty object instead.
    Nothing,
    Path(Path),
}

impl Filter {
    pub(crate) fn apply(&self, scope: Scope<'_>) -> Result<Value, Failure> {
        match self {
            Self::Whole => Ok(scope.input.clone()),
            Self::Nothing => Ok(Value::Object(serde_json::Map::new())),
            Self::Path(path) => path.require(scope),
        }
    }
}

/// Where a result goes in the input.
#[derive(Debug, Clone)]
pub(crate) enum ResultPath {
    /// It goes nowhere.
    Discard,
    Steps(Vec<Step>),
}

impl ResultPath {
    pub(crate) fn apply(&self, input: &Value, result: Value) -> Result<Value, Failure> {
        match self {
            Self::Discard => Ok(input.clone()),
            Self::Steps(steps) => put(input.clone(), steps, result),
        }
    }
}
