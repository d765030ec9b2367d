//! Why an archive cannot be opened, in words for whoever has to restore it.

use std::io;

/// Longest text of a library's error that is passed on, in characters.
const LONGEST: usize = 160;

/// Why an archive cannot be opened. Reads as a predicate of the archive's name.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    /// Nothing is in it.
    #[error("is empty")]
    Empty,
    /// Its end is missing.
    #[error("cannot be unpacked: it is {form} and ends early, within {within}")]
    Truncated {
        /// What it is.
        form: String,
        /// Where it ends.
        within: String,
    },
    /// It begins as an archive does, and is not whole.
    #[error("cannot be unpacked: it is {form} and damaged: {why}")]
    Damaged {
        /// What it is.
        form: String,
        /// What is wrong with it.
        why: String,
    },
    /// It has far more in it than could be of use.
    #[error("cannot be unpacked: {0}")]
    TooLarge(String),
    /// A form that only its owner can open.
    #[error("cannot be opened here: it looks like {looks_like}; give a restore script (--restore-script FILE)")]
    Unknown {
        /// What its first bytes are those of.
        looks_like: String,
    },
    /// The disk of this machine, and not the archive.
    #[error("could not be read back on this machine: {0}")]
    Local(io::Error),
}

impl Unreadable {
    /// What an error means that was met while `form` was read, at `place`.
    pub(crate) fn from_read(error: &io::Error, form: &str, place: &str) -> Self {
        if error.kind() == io::ErrorKind::FileTooLarge {
            return Self::TooLarge(plain(error));
        }
        if ends_early(error) {
            return Self::Truncated { form: form.to_owned(), within: place.to_owned() };
        }
        Self::Damaged { form: form.to_owned(), why: plain(error) }
    }
}

/// Whether an error, or one that it wraps, is the end of the input where more was due.
fn ends_early(error: &io::Error) -> bool {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return true;
    }
    let mut inner = error.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static));
    while let Some(cause) = inner {
        if let Some(cause) = cause.downcast_ref::<io::Error>() {
            return ends_early(cause);
        }
        inner = cause.source();
    }
    false
}

/// An error's text without bytes of the archive that a terminal would act upon, and not too long.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    // A library that quotes what it read quotes bytes that are no text.
    let text = text.split(" when getting ").next().unwrap_or_default();
    text.chars().filter(|character| !character.is_control() && *character != char::REPLACEMENT_CHARACTER).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_an_archive_do_not_reach_a_terminal() {
        let error = io::Error::other("invalid \u{1b}[2J\u{fffd}\u{fffd} number\n when getting cksum for \u{1}");
        assert_eq!(plain(&error), "invalid [2J number");
    }

    #[test]
    fn an_end_that_comes_early_is_told_from_damage_however_deep_it_is_wrapped() {
        let end = || io::Error::from(io::ErrorKind::UnexpectedEof);
        for error in [end(), io::Error::other(end()), io::Error::other(io::Error::other(end()))] {
            assert!(matches!(Unreadable::from_read(&error, "tar", "a file"), Unreadable::Truncated { .. }));
        }
        let error = io::Error::other("checksum");
        assert!(matches!(Unreadable::from_read(&error, "tar", "a file"), Unreadable::Damaged { .. }));
    }
}
