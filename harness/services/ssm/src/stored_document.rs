//! The record of a document.

use jiff::Timestamp;
use nightproof_core::service::AwsError;

use crate::document::Document;

/// A document with its versions, of which the first has number 1.
#[derive(Debug, Clone)]
pub(crate) struct StoredDocument {
    pub(crate) versions: Vec<Version>,
    pub(crate) default: usize,
    pub(crate) created: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) text: String,
    pub(crate) format: String,
    pub(crate) document: Document,
    pub(crate) created: Timestamp,
}

impl StoredDocument {
    pub(crate) fn latest(&self) -> usize {
        self.versions.len()
    }

    /// `Command`, `Automation` or `Session`, which all versions are.
    pub(crate) fn kind(&self) -> &'static str {
        self.versions.first().map_or("Command", |version| version.document.kind())
    }

    pub(crate) fn version(&self, wanted: Option<&str>) -> Result<(usize, &Version), AwsError> {
        let number = match wanted {
            None | Some("" | "$DEFAULT") => self.default,
            Some("$LATEST") => self.latest(),
            Some(number) => number.parse().map_err(|_| no_version(number))?,
        };
        let found = number.checked_sub(1).and_then(|index| self.versions.get(index));
        found.map(|found| (number, found)).ok_or_else(|| no_version(wanted.unwrap_or_default()))
    }
}

pub(crate) fn no_version(version: &str) -> AwsError {
    AwsError::new("InvalidDocumentVersion", 400, format!("The document version {version} is not valid or does not exist."))
}
