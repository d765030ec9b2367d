//! Which stream a call is about: by its name, or by its ARN, which may be another account's.

use nightproof_core::service::{AwsError, Call, arn};

use crate::error::{invalid_argument, not_found};

/// A stream's name, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamName {
    pub(crate) account: String,
    pub(crate) name: String,
}

impl StreamName {
    /// `StreamName` and `StreamARN` of a request, of which it has one at least.
    ///
    /// # Errors
    /// `InvalidArgumentException` if neither is given or both differ; `ResourceNotFoundException` for a stream of another region.
    pub(crate) fn read(call: &Call, name: Option<&str>, arn: Option<&str>) -> Result<Self, AwsError> {
        match (name, arn) {
            (None, None) => Err(invalid_argument("Either StreamName or StreamARN must be specified.")),
            (Some(name), None) => Ok(Self { account: call.account().to_owned(), name: name.to_owned() }),
            (name, Some(arn)) => {
                let found = Self::from_arn(call, arn)?;
                match name {
                    Some(name) if name != found.name => {
                        Err(invalid_argument("StreamName and StreamARN do not identify the same stream."))
                    }
                    _ => Ok(found),
                }
            }
        }
    }

    /// The stream of an ARN, be it a consumer's.
    ///
    /// # Errors
    /// `ResourceNotFoundException` for a stream of another region.
    pub(crate) fn from_arn(call: &Call, arn: &str) -> Result<Self, AwsError> {
        let name = arn::resource_of(arn).trim_start_matches("stream/");
        let name = name.split('/').next().unwrap_or_default().to_owned();
        let found = Self { account: arn::account_of(arn).to_owned(), name };
        if arn::region_of(arn) == call.region.name() { Ok(found) } else { Err(found.missing()) }
    }

    /// `Stream backups under account 111122223333`, as messages begin with it.
    pub(crate) fn label(&self) -> String {
        format!("Stream {} under account {}", self.name, self.account)
    }

    /// `stream backups under account 111122223333`, as messages have it further on.
    pub(crate) fn place(&self) -> String {
        format!("stream {} under account {}", self.name, self.account)
    }

    /// There is no such stream.
    pub(crate) fn missing(&self) -> AwsError {
        not_found(format!("{} not found.", self.label()))
    }
}
