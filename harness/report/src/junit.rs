//! JUnit XML, as CI systems read it: a suite is a drill, a case a step.

use std::time::Duration;

use nightproof_drill::DrillResult;
use nightproof_journal::StepOutcome;
use nightproof_template::Unsupported;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::drill_record::DrillRecord;

pub(crate) fn xml(drill: &DrillRecord<'_>) -> String {
    let mut suite = TestSuite::new(format!("nightproof {} on {}", drill.stack, drill.cloud));
    for step in &drill.steps {
        let failed = step.outcome == StepOutcome::Failed;
        let mut status = match step.outcome {
            StepOutcome::Passed => TestCaseStatus::success(),
            StepOutcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
            StepOutcome::Skipped => skipped(step.detail),
        };
        if failed {
            status.set_message(step.detail);
            if let Some(failure) = drill.outcome.as_ref().and_then(|outcome| outcome.failure.as_ref()) {
                status.set_type(failure.point.as_str()).set_description(failure.evidence.join("\n"));
            }
        }
        let mut case = TestCase::new(format!("{} (night {})", step.name, step.night), status);
        case.set_classname(&drill.stack).set_time(seconds(step.milliseconds));
        if let Some(local) = drill.local.iter().find(|local| local.step == step.name && local.night == step.night) {
            case.add_property(("local-seconds", format!("{:.3}", local.milliseconds / 1000.0).as_str()));
        }
        if !failed {
            case.set_system_out(step.detail);
        }
        suite.add_test_case(case);
    }
    verdict(drill, &mut suite);
    let mut report = Report::new("nightproof");
    report.set_time(Duration::from_micros(drill.end));
    report.add_test_suite(suite);
    report.to_string().unwrap_or_default()
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}

/// What fails no step: findings of a strict drill, leftovers, a drill that was cut off.
fn verdict(drill: &DrillRecord<'_>, suite: &mut TestSuite) {
    let findings: Vec<String> = drill.findings.iter().map(|(id, detail)| format!("{id}: {detail}")).collect();
    let recorded = drill.outcome.iter().flat_map(|outcome| &outcome.recorded).map(|item| format!("recorded only: {item}"));
    let told: Vec<String> = findings.into_iter().chain(recorded).collect();
    let why = match &drill.outcome {
        None => Some("the journal ends before the drill did".to_owned()),
        Some(outcome) if !outcome.leftovers.is_empty() => Some(format!("left: {}", outcome.leftovers.join("; "))),
        Some(outcome) if outcome.result == DrillResult::NotSupported => None,
        Some(outcome) => {
            let told_by_a_step = drill.steps.iter().any(|step| step.outcome == StepOutcome::Failed);
            let reason = outcome.failure.as_ref().map(|failure| failure.reason.clone());
            let passed = outcome.result == DrillResult::Passed;
            (!passed && !told_by_a_step).then(|| reason.unwrap_or_else(|| "interrupted".to_owned()))
        }
    };
    let lacking = drill.outcome.as_ref().map(|outcome| outcome.not_supported.as_slice()).unwrap_or_default();
    let status = match why {
        None if !lacking.is_empty() => skipped(&Unsupported::message(lacking)),
        None => TestCaseStatus::success(),
        Some(why) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(why);
            if let Some(failure) = drill.outcome.as_ref().and_then(|outcome| outcome.failure.as_ref()) {
                status.set_description(failure.evidence.join("\n"));
            }
            status
        }
    };
    let mut case = TestCase::new("verdict", status);
    case.set_classname(&drill.stack);
    if !told.is_empty() {
        case.set_system_out(told.join("\n"));
    }
    suite.add_test_case(case);
}

fn seconds(milliseconds: f64) -> Duration {
    Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default()
}
