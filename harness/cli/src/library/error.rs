//! Why a drill or a region could not begin.

use std::fmt;

use nightproof_region::embedded::FireError;

use crate::{Exit, error, printer};

/// Something that a test cannot go on without. That a backup does not restore is none: it is a [`Verdict`](super::Verdict).
///
/// Both of its forms as text are for a person, as a test that ends by it prints the one for programmers.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    text: String,
    hint: Option<String>,
    exit: Exit,
}

impl Error {
    /// The exit code of a command that ends by it.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// What can be done about it.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, " (help: {hint})"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

impl From<error::Error> for Error {
    fn from(error: error::Error) -> Self {
        Self { text: printer::chain(&error), hint: error.hint().map(str::to_owned), exit: error.exit() }
    }
}

impl From<FireError> for Error {
    fn from(error: FireError) -> Self {
        Self { text: error.to_string(), hint: None, exit: Exit::Input }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_its_causes_and_its_remedy_in_both_forms() {
        let error = Error::from(error::Error::DataFolder("nowhere".into()));
        assert_eq!(
            format!("{error}"),
            "`nowhere` is not a folder (help: --data names a folder whose content the web server gets)"
        );
        assert_eq!(format!("{error:?}"), error.to_string());
        assert_eq!(error.exit(), Exit::Input);
    }
}
