//! Why a call of the agent's failed.

/// A call of the agent that did not work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The metadata service said no.
    #[error("instance metadata `{path}`: {source}")]
    Metadata { path: String, source: Box<ureq::Error> },
    /// The CA bundle could not be read.
    #[error("cannot read the CA bundle: {0}")]
    Trust(String),
    /// The request could not be signed.
    #[error("cannot sign {operation}: {reason}")]
    Sign { operation: String, reason: String },
    /// The connection failed.
    #[error("{operation}: {source}")]
    Send { operation: String, source: Box<ureq::Error> },
    /// The service answered an error.
    #[error("{operation}: {code}: {message}")]
    Refused { operation: String, code: String, message: String },
    /// The answer was not JSON.
    #[error("{operation}: the answer cannot be read: {source}")]
    Answer { operation: String, source: serde_json::Error },
}

impl ApiError {
    /// What the service says, without whom it says it to.
    pub(super) fn of_service(&self) -> Option<String> {
        match self {
            Self::Refused { code, message, .. } => Some(format!("{code}: {message}")),
            _ => None,
        }
    }
}
