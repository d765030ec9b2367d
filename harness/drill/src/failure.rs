//! Why a step ends the drill.

use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

use crate::Failure;

/// Longest item of evidence, in characters.
const LONGEST: usize = 4000;

/// The chain broke at a hop.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{hop}: {reason}")]
pub(crate) struct Broken {
    pub(crate) hop: &'static str,
    pub(crate) reason: String,
    pub(crate) evidence: Vec<String>,
}

impl Broken {
    pub(crate) fn at(hop: &'static str, reason: impl Into<String>) -> Self {
        Self { hop, reason: reason.into(), evidence: Vec::new() }
    }

    /// With one more item of evidence; an empty text adds none.
    #[must_use]
    pub(crate) fn with(mut self, title: &str, text: &str) -> Self {
        let text = text.trim_end();
        if !text.is_empty() {
            self.evidence.push(format!("{title}:\n{}", tail(text)));
        }
        self
    }
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        Self { hop: broken.hop.to_owned(), reason: broken.reason, evidence: broken.evidence }
    }
}

/// The end of a long text: that is where errors are.
fn tail(text: &str) -> String {
    let skip = text.chars().count().saturating_sub(LONGEST);
    if skip == 0 { text.to_owned() } else { format!("…{}", text.chars().skip(skip).collect::<String>()) }
}

/// What a call answered, as `operation: code: message`. The answer to a HEAD has no body that could say why: then, its status.
pub(crate) fn refused<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match (error.code(), error.message(), error) {
        (Some(code), Some(message), _) => format!("{operation}: {code}: {message}"),
        (Some(code), None, _) => format!("{operation}: {code}"),
        (None, _, SdkError::ServiceError(answer)) => format!("{operation}: HTTP status {}", answer.raw().status().as_u16()),
        (None, ..) => format!("{operation}: {}", DisplayErrorContext(error)),
    }
}

/// For `map_err`: the call `operation` was refused, which breaks the chain at `hop`.
pub(crate) fn at<E>(hop: &'static str, operation: &'static str) -> impl Fn(SdkError<E, HttpResponse>) -> Broken
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    move |error| Broken::at(hop, refused(operation, &error))
}
