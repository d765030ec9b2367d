//! Payload templates: documents in which a field whose name ends with `.$` has an expression for its value.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-inputpath-params.html>

use serde_json::{Map, Value};

use super::diagnostic::Diagnostics;
use super::failure::Failure;
use super::intrinsic::Expression;
use super::path::{PathError, Scope};

/// Notes the fields of a template whose expressions are none.
pub(crate) fn check(template: &Value, location: &str, found: &mut Diagnostics) {
    match template {
        Value::Object(members) => {
            for (name, value) in members {
                if !name.ends_with(".$") {
                    check(value, location, found);
                    continue;
                }
                match value.as_str().ok_or(PathError::Invalid).and_then(Expression::parse) {
                    Ok(_) => {}
                    Err(PathError::Lacking) => found.lacking(format!("the expression {value} at {location}")),
                    Err(PathError::Invalid) => found.schema(
                        format!("The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"),
                        location,
                    ),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| check(item, location, found)),
        _ => {}
    }
}

/// A template with the values of its expressions.
pub(crate) fn fill(template: &Value, scope: Scope<'_>) -> Result<Value, Failure> {
    Ok(match template {
        Value::Object(members) => {
            let mut filled = Map::new();
            for (name, value) in members {
                match (name.strip_suffix(".$"), value.as_str()) {
                    (Some(plain), Some(text)) => filled.insert(plain.to_owned(), expression(name, text, scope)?),
                    _ => filled.insert(name.clone(), fill(value, scope)?),
                };
            }
            filled.into()
        }
        Value::Array(items) => items.iter().map(|item| fill(item, scope)).collect::<Result<_, _>>()?,
        other => other.clone(),
    })
}

fn expression(field: &str, text: &str, scope: Scope<'_>) -> Result<Value, Failure> {
    let invalid = |_| Failure::runtime(format!("The value for the field '{field}' must be a valid JSONPath"));
    let missing = |path: &str| {
        let input = if path.starts_with("$$") { scope.context } else { scope.input };
        Failure::runtime(format!(
            "The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{input}'"
        ))
    };
    Expression::parse(text).map_err(invalid)?.value(scope, &missing)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_template_has_the_values_of_its_expressions_at_any_depth() {
        let (input, context) = (json!({"a": 1, "b": {"c": [2]}}), json!({"Execution": {"Name": "n"}}));
        let scope = Scope { input: &input, context: &context };
        let template =
            json!({"x.$": "$.a", "y": [{"z.$": "$.b.c"}, "$.a"], "n.$": "$$.Execution.Name", "s.$": "States.Format('{}!', $.a)"});
        assert_eq!(fill(&template, scope).unwrap(), json!({"x": 1, "y": [{"z": [2]}, "$.a"], "n": "n", "s": "1!"}));
        let failure = fill(&json!({"x.$": "$.z"}), scope).unwrap_err();
        assert_eq!(
            (failure.error.as_str(), failure.cause.as_str()),
            (
                "States.Runtime",
                r#"The JSONPath '$.z' specified for the field 'x.$' could not be found in the input '{"a":1,"b":{"c":[2]}}'"#
            )
        );
    }

    #[test]
    fn fields_that_name_an_expression_have_one() {
        let mut found = Diagnostics::default();
        check(&json!({"a": [{"x.$": "no path"}], "y.$": 1, "z.$": "$.z"}), "/States/A/Parameters", &mut found);
        let told = found.message();
        assert!(told.contains("SCHEMA_VALIDATION_FAILED: The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call at /States/A/Parameters"), "{told}");
        assert!(told.contains("'y.$'") && !told.contains("'z.$'"), "{told}");
    }
}
