//! Which steps of a document run after one has ended.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html#runcommand-exit-codes>

use serde_json::Value;

use super::document::Step;
use super::reply::{Outcome, Status};

/// Exit code of a script that ends the document as succeeded.
const EXIT_WITH_SUCCESS: i32 = 168;
/// Exit code of a script that ends the document as failed.
const EXIT_WITH_FAILURE: i32 = 169;

/// What a step's outcome becomes, and whether the document ends with it.
pub(super) fn after(step: &Step, mut outcome: Outcome) -> (Outcome, bool) {
    let on_failure = modifier(step, "onFailure");
    match (outcome.status, outcome.code) {
        (Status::Failed, EXIT_WITH_SUCCESS) => {
            outcome.status = Status::Success;
            outcome.stderr.clear();
            outcome.keep_output();
            outcome.stdout.push_str(
                "\nStep exited with code 168. Therefore, marking step as succeeded. Further document steps will be skipped.",
            );
            (outcome, true)
        }
        (Status::Failed, EXIT_WITH_FAILURE) => {
            add(
                &mut outcome,
                "\nStep exited with code 169. Therefore, marking step as Failed. Further document steps will be skipped.",
            );
            (outcome, true)
        }
        (Status::Failed, _) if on_failure == "exit" || on_failure == "successAndExit" => {
            add(&mut outcome, "\nStep was found to have onFailure property. Further document steps will be skipped.");
            if on_failure == "successAndExit" {
                outcome.status = Status::Success;
                outcome.code = EXIT_WITH_SUCCESS;
            }
            (outcome, true)
        }
        (Status::Success, _) if modifier(step, "onSuccess") == "exit" => (outcome, true),
        _ => (outcome, false),
    }
}

/// Whether a step runs although the document has ended: the last one may.
pub(super) fn is_finally(step: &Step, last: bool) -> bool {
    last && modifier(step, "finallyStep") == "true"
}

fn add(outcome: &mut Outcome, text: &str) {
    outcome.keep_output();
    outcome.stdout.push_str(text);
    outcome.stderr.push_str(text);
}

fn modifier(step: &Step, name: &str) -> String {
    match step.inputs.first().and_then(|inputs| inputs.get(name)) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(flag)) => flag.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::Condition;
    use super::*;
    use serde_json::json;

    fn step(inputs: Value) -> Step {
        Step { id: "go".to_owned(), action: "aws:runShellScript".to_owned(), inputs: vec![inputs], condition: Condition::Met }
    }

    fn ended(code: i32) -> Outcome {
        let status = if code == 0 { Status::Success } else { Status::Failed };
        Outcome::printed(status, code, "out".to_owned(), String::new())
    }

    #[test]
    fn a_failed_step_does_not_end_the_document_by_itself() {
        assert!(!after(&step(json!({})), ended(1)).1);
    }

    #[test]
    fn exit_on_failure_ends_the_document_as_failed() {
        let (outcome, ends) = after(&step(json!({"onFailure": "exit"})), ended(1));
        assert_eq!((outcome.status, outcome.code, ends), (Status::Failed, 1, true));
        assert!(outcome.stdout.starts_with("out\nStep was found") && outcome.output.as_deref() == Some("out"));
    }

    #[test]
    fn success_and_exit_ends_it_as_succeeded() {
        let (outcome, ends) = after(&step(json!({"onFailure": "successAndExit"})), ended(1));
        assert_eq!((outcome.status, outcome.code, ends), (Status::Success, 168, true));
    }

    #[test]
    fn codes_168_and_169_end_the_document() {
        let (outcome, ends) = after(&step(json!({})), ended(168));
        assert_eq!((outcome.status, ends), (Status::Success, true));
        let (outcome, ends) = after(&step(json!({})), ended(169));
        assert_eq!((outcome.status, ends), (Status::Failed, true));
    }

    #[test]
    fn only_the_last_step_runs_finally() {
        let step = step(json!({"finallyStep": true}));
        assert!(is_finally(&step, true));
        assert!(!is_finally(&step, false));
    }
}
