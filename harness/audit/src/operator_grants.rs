//! The grants of an operator's policy, each with the policy that lacks it.

use nightproof_drill::NightVariant;
use serde_json::Value;

use crate::Change;
use crate::mutants::Mutant;

/// One policy for each statement that allows something. What is no policy has none: the drill was refused with it.
pub(crate) fn mutants(policy: &str) -> Vec<Mutant> {
    let whole: Value = serde_json::from_str(policy).unwrap_or_default();
    let statements = whole.get("Statement").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let allows = |(_, statement): &(usize, &Value)| statement.get("Effect").and_then(Value::as_str) == Some("Allow");
    let mutant = |(index, statement): (usize, &Value)| {
        let mut without = whole.clone();
        if let Some(Value::Array(statements)) = without.get_mut("Statement") {
            statements.remove(index);
        }
        let name = statement.get("Sid").and_then(Value::as_str);
        Mutant {
            grant: format!("{} of the operator's policy", name.map_or_else(|| format!("statement {}", index + 1), str::to_owned)),
            without: Change::OperatorPolicy(without.to_string()),
            nights: vec![NightVariant::Backup],
            exercised: true,
        }
    };
    statements.iter().enumerate().filter(allows).map(mutant).collect()
}
