//! Values of parameters as texts.

use serde_json::Value;

use crate::FileError;

/// A value as CloudFormation wants it: lists with commas.
pub(crate) fn text(name: &str, value: &Value) -> Result<String, FileError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Array(items) if items.iter().all(|item| !item.is_array()) => {
            let texts: Result<Vec<String>, FileError> = items.iter().map(|item| text(name, item)).collect();
            texts.map(|texts| texts.join(","))
        }
        _ => Err(FileError::Value(name.to_owned())),
    }
}
