//! Why a step ends the drill.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
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

/// The error of a call, of whichever client.
pub(crate) trait Refusal {
    /// `code: message`, or why there was no answer.
    fn reason(&self) -> String;
    /// What the local region lacks, if it says so.
    fn not_supported(&self) -> Vec<String>;
}

impl<E> Refusal for SdkError<E, HttpResponse>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    /// The answer to a HEAD has no body that could say why: then, its status.
    fn reason(&self) -> String {
        match (self.code(), self.message(), self) {
            (Some(code), Some(message), _) => format!("{code}: {message}"),
            (Some(code), None, _) => code.to_owned(),
            (None, _, Self::ServiceError(answer)) => format!("HTTP status {}", answer.raw().status().as_u16()),
            (None, ..) => DisplayErrorContext(self).to_string(),
        }
    }

    fn not_supported(&self) -> Vec<String> {
        not_supported::in_answer(self.code().unwrap_or_default(), self.message().unwrap_or_default())
    }
}

impl Refusal for AwsError {
    fn reason(&self) -> String {
        match (self.code.as_str(), self.message.as_str()) {
            (NO_ANSWER, message) => message.to_owned(),
            (code, "") => code.to_owned(),
            (code, message) => format!("{code}: {message}"),
        }
    }

    fn not_supported(&self) -> Vec<String> {
        not_supported::in_answer(&self.code, &self.message)
    }
}

/// The error of a call, as `operation: code: message`.
pub(crate) fn refused(operation: &str, error: &impl Refusal) -> String {
    format!("{operation}: {}", error.reason())
}

/// For `map_err`: the call `operation` was refused, which fails the drill at `point`.
pub(crate) fn at<E: Refusal>(point: impl Into<FailurePoint>, operation: &'static str) -> impl Fn(E) -> HopFailure {
    let point = point.into();
    move |error| {
        let lacking = error.not_supported();
        if lacking.is_empty() {
            return HopFailure::at(point, refused(operation, &error));
        }
        HopFailure::at(point, Unsupported::message(&lacking)).for_lack_of(lacking)
    }
}
