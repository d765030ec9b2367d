//! `aws:branch`: which step is next.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-branch.html>

use serde_json::Value;

use crate::automation::scope::text_of;
use crate::automation::step_run::{ActionFailure, Done};

pub(super) fn choose(inputs: &Value) -> Result<Done, ActionFailure> {
    let choices = inputs.get("Choices").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for choice in choices {
        if holds(choice)? {
            let next =
                choice.get("NextStep").and_then(Value::as_str).ok_or_else(|| ActionFailure::new("A choice has no NextStep."))?;
            return Ok(Done { next: Some(next.to_owned()), ..Done::default() });
        }
    }
    match inputs.get("Default").and_then(Value::as_str) {
        Some(next) => Ok(Done { next: Some(next.to_owned()), ..Done::default() }),
        None => Err(ActionFailure::new("No choice holds, and there is no Default.")),
    }
}

/// Whether what a choice asks is so.
fn holds(choice: &Value) -> Result<bool, ActionFailure> {
    let list = |name: &str| choice.get(name).and_then(Value::as_array);
    if let Some(all) = list("And") {
        return all.iter().try_fold(true, |so_far, one| Ok(so_far && holds(one)?));
    }
    if let Some(any) = list("Or") {
        return any.iter().try_fold(false, |so_far, one| Ok(so_far || holds(one)?));
    }
    if let Some(other) = choice.get("Not") {
        return holds(other).map(|held| !held);
    }
    let variable = choice.get("Variable").map(text_of).ok_or_else(|| ActionFailure::new("A choice has no Variable."))?;
    let operation = choice.as_object().into_iter().flatten().find(|(name, _)| !matches!(name.as_str(), "Variable" | "NextStep"));
    let Some((operator, operand)) = operation else { return Err(ActionFailure::new("A choice has no operation.")) };
    let operand = text_of(operand);
    let number = |text: &str| text.trim().parse::<f64>().map_err(|_| ActionFailure::new(format!("{text} is no number.")));
    let numbers = || Ok::<_, ActionFailure>((number(&variable)?, number(&operand)?));
    Ok(match operator.as_str() {
        "StringEquals" => variable == operand,
        "EqualsIgnoreCase" => variable.eq_ignore_ascii_case(&operand),
        "StartsWith" => variable.starts_with(&operand),
        "EndsWith" => variable.ends_with(&operand),
        "Contains" => variable.contains(&operand),
        "BooleanEquals" => variable.eq_ignore_ascii_case(&operand),
        "NumericEquals" => numbers().map(|(left, right)| left.total_cmp(&right).is_eq())?,
        "NumericGreater" => numbers().map(|(left, right)| left > right)?,
        "NumericLesser" => numbers().map(|(left, right)| left < right)?,
        "NumericGreaterOrEquals" => numbers().map(|(left, right)| left >= right)?,
        "NumericLesserOrEquals" => numbers().map(|(left, right)| left <= right)?,
        other => return Err(ActionFailure::new(format!("{other} is no operation of a choice."))),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_choice_that_holds_says_where_to_go() {
        let next = |inputs: Value| choose(&inputs).map(|done| done.next.unwrap_or_default()).map_err(|failed| failed.reason);
        let choices = |choice: Value| json!({"Choices": [choice], "Default": "other"});
        for (choice, held) in [
            (json!({"NextStep": "a", "Variable": "linux", "StringEquals": "linux"}), true),
            (json!({"NextStep": "a", "Variable": "Linux", "StringEquals": "linux"}), false),
            (json!({"NextStep": "a", "Variable": 7, "NumericGreaterOrEquals": "7"}), true),
            (json!({"NextStep": "a", "Variable": "true", "BooleanEquals": true}), true),
            (json!({"NextStep": "a", "Not": {"Variable": "x", "Contains": "y"}}), true),
            (
                json!({"NextStep": "a", "And": [{"Variable": "xy", "StartsWith": "x"}, {"Variable": "xy", "EndsWith": "x"}]}),
                false,
            ),
            (json!({"NextStep": "a", "Or": [{"Variable": "xy", "StartsWith": "x"}, {"Variable": "xy", "EndsWith": "x"}]}), true),
        ] {
            assert_eq!(next(choices(choice.clone())).as_deref(), Ok(if held { "a" } else { "other" }), "{choice}");
        }
        assert!(next(json!({"Choices": []})).unwrap_err().contains("no Default"));
        assert!(
            next(choices(json!({"NextStep": "a", "Variable": "x", "NumericLesser": 1}))).unwrap_err().contains("x is no number")
        );
    }
}
