//! What many drills came to: a page with a row each, and JUnit with a case each.

use std::time::Duration;

use maud::{Markup, html};
use nightproof_drill::Outcome;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde::{Deserialize, Serialize};

use crate::document::document;

/// What a drill of a suite came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuiteDrill {
    /// Its drill file.
    pub name: String,
    /// The exit code of its command.
    pub code: i32,
    /// `passed`, `failed`, `not supported`, `not run`.
    pub result: String,
    /// Wall time.
    pub seconds: f64,
    /// Where it failed: a hop of the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Why it did not pass; empty if it did.
    #[serde(default)]
    pub reason: String,
    /// Ids of its findings.
    #[serde(default)]
    pub findings: Vec<String>,
    /// How long a restore took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rto: Option<String>,
    /// Its own page, beside the suite's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

impl SuiteDrill {
    /// A drill whose command ended with `code`. Without an outcome it did not begin, and `error` is why.
    pub fn new(name: String, code: i32, seconds: f64, outcome: Option<&Outcome>, page: Option<String>, error: &str) -> Self {
        let failure = outcome.and_then(|outcome| outcome.failure.as_ref());
        let lacking = outcome.map(|outcome| outcome.not_supported.join("; ")).filter(|lacking| !lacking.is_empty());
        let result = match (code, outcome) {
            (0, _) => "passed",
            (5, _) => "not supported",
            (_, None) => "not run",
            (_, Some(_)) => "failed",
        };
        let reason = match failure {
            Some(failure) => failure.reason.clone(),
            None if code == 0 => String::new(),
            None => error.to_owned(),
        };
        Self {
            name,
            code,
            result: result.to_owned(),
            seconds,
            at: failure.map(|failure| failure.point.to_string()),
            reason: lacking.unwrap_or(reason),
            findings: outcome.iter().flat_map(|outcome| &outcome.findings).map(|finding| finding.id.clone()).collect(),
            rto: outcome.and_then(|outcome| outcome.numbers.rto.as_ref()).map(ToString::to_string),
            page,
        }
    }

    /// A drill that was not begun.
    pub fn not_run(name: String, why: &str) -> Self {
        Self::new(name, 1, 0.0, None, None, why)
    }

    /// `stacks/a/nightproof.yaml: at script: exit code 1`
    pub fn line(&self) -> String {
        let at = self.at.as_ref().map(|at| format!(" broke at {at}")).unwrap_or_default();
        let reason = if self.reason.is_empty() { String::new() } else { format!(": {}", self.reason) };
        format!("{}{at}{reason}", self.name)
    }
}

/// One page that needs nothing else but the drills' own pages, which it links.
pub fn suite_page(drills: &[SuiteDrill]) -> String {
    let passed = drills.iter().filter(|drill| drill.code == 0).count();
    let title = format!("{passed} of {} drills passed", drills.len());
    let body = html! {
        header { h1 class=(if passed == drills.len() { "good" } else { "bad" }) { (title) } }
        main { div.scroll role="group" aria-label="Drills" { table {
            thead { tr { th { "Drill" } th { "Result" } th { "Broke at" } th { "Restore" } th { "Seconds" } th { "Findings" } th { "Why" } } }
            tbody { @for drill in drills { (row(drill)) } }
        } } }
    };
    document(&html! { (title) }, &body)
}

fn row(drill: &SuiteDrill) -> Markup {
    let class = match drill.code {
        0 => "good",
        5 => "soft",
        _ => "bad",
    };
    html! { tr {
        td.name { @if let Some(page) = &drill.page { a href=(page) { (drill.name) } } @else { (drill.name) } }
        td class=(class) { (drill.result) }
        td { (drill.at.as_deref().unwrap_or_default()) }
        td { (drill.rto.as_deref().unwrap_or_default()) }
        td { (format!("{:.1}", drill.seconds)) }
        td { (drill.findings.join(", ")) }
        td { (drill.reason) }
    } }
}

/// JUnit XML. What the local region lacks is skipped, as it says nothing of the backup.
pub fn suite_junit(drills: &[SuiteDrill]) -> String {
    let mut suite = TestSuite::new("nightproof");
    for drill in drills {
        let mut status = match drill.code {
            0 => TestCaseStatus::success(),
            5 => TestCaseStatus::skipped(),
            _ if drill.result == "not run" => TestCaseStatus::non_success(NonSuccessKind::Error),
            _ => TestCaseStatus::non_success(NonSuccessKind::Failure),
        };
        if drill.code != 0 {
            status.set_message(&drill.reason);
        }
        if let Some(at) = drill.at.as_ref().filter(|_| drill.code != 0 && drill.code != 5) {
            status.set_type(at);
        }
        let mut case = TestCase::new(&drill.name, status);
        case.set_classname("nightproof").set_time(Duration::try_from_secs_f64(drill.seconds).unwrap_or_default());
        if !drill.findings.is_empty() {
            case.set_system_out(format!("findings: {}", drill.findings.join(", ")));
        }
        suite.add_test_case(case);
    }
    let mut report = Report::new("nightproof");
    report.add_test_suite(suite);
    report.to_string().unwrap_or_default()
}
