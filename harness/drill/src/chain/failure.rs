//! Why a step ends the drill.

use nightproof_wire::AwsError;

use nightproof_template::Unsupported;

use crate::account::http::NO_ANSWER;
use crate::evidence::not_supported;
use crate::{Failure, FailurePoint};

/// Longest item of evidence, in characters.
const LONGEST: usize = 4000;

/// Where a drill failed, and why.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{point}: {reason}")]
pub(crate) struct HopFailure {
    pub(crate) point: FailurePoint,
    pub(crate) reason: String,
    pub(crate) evidence: Vec<String>,
    /// Features that the local region lacks. If there are any, they are the cause, and the chain did not break.
    pub(crate) not_supported: Vec<String>,
}

impl HopFailure {
    pub(crate) fn at(point: impl Into<FailurePoint>, reason: impl Into<String>) -> Self {
        Self { point: point.into(), reason: reason.into(), evidence: Vec::new(), not_supported: Vec::new() }
    }

    /// Marks the failure as caused by `items`, which the local region lacks.
    #[must_use]
    pub(crate) fn for_lack_of(mut self, items: Vec<String>) -> Self {
        self.not_supported = items;
        self
    }

    /// The text for the step that failed.
    pub(crate) fn detail(&self) -> String {
        if self.not_supported.is_empty() { self.to_string() } else { Unsupported::message(&self.not_supported) }
    }

    /// Adds an item of evidence; an empty text adds none.
    #[must_use]
    pub(crate) fn with(mut self, title: &str, text: &str) -> Self {
        let text = text.trim_end();
        if !text.is_empty() {
            self.evidence.push(format!("{title}:\n{}", tail(text)));
        }
        self
    }
}

impl From<HopFailure> for Failure {
    fn from(broken: HopFailure) -> Self {
        Self { point: broken.point, reason: broken.reason, evidence: broken.evidence }
    }
}

/// The end of a long text: that is where errors are.
fn tail(text: &str) -> String {
    let skip = text.chars().count().saturating_sub(LONGEST);
    if skip == 0 { text.to_owned() } else { format!("…{}", text.chars().skip(skip).collect::<String>()) }
}

/// `code: message` of a refused call, or why there was no answer.
pub(crate) fn reason(error: &AwsError) -> String {
    match (error.code.as_str(), error.message.as_str()) {
        (NO_ANSWER, message) => message.to_owned(),
        (code, "") => code.to_owned(),
        (code, message) => format!("{code}: {message}"),
    }
}

/// The error of a call, as `operation: code: message`.
pub(crate) fn refused(operation: &str, error: &AwsError) -> String {
    format!("{operation}: {}", reason(error))
}

/// For `map_err`: the call `operation` was refused, which fails the drill at `point`.
pub(crate) fn at(point: impl Into<FailurePoint>, operation: &'static str) -> impl Fn(AwsError) -> HopFailure {
    let point = point.into();
    move |error| {
        let lacking = not_supported::in_answer(&error.code, &error.message);
        if lacking.is_empty() {
            return HopFailure::at(point, refused(operation, &error));
        }
        HopFailure::at(point, Unsupported::message(&lacking)).for_lack_of(lacking)
    }
}
