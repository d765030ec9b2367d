//! Findings of a machine, which its guest tells the region's user: a line that says what kind it is, and then its text.

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A package that could not be installed.
    MissingPackage,
    /// Something that an instance was asked for, and that no machine does.
    NotActedUpon,
}

impl Kind {
    const ALL: [Self; 2] = [Self::MissingPackage, Self::NotActedUpon];

    fn word(self) -> &'static str {
        match self {
            Self::MissingPackage => "missing-package",
            Self::NotActedUpon => "not-acted-upon",
        }
    }
}

/// What is sent.
pub fn write(kind: Kind, text: &str) -> String {
    format!("{}\n{text}", kind.word())
}

/// The kind and the text of what was sent; `None` if it is none.
pub fn read(sent: &str) -> Option<(Kind, &str)> {
    let (word, text) = sent.split_once('\n')?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.word() == word)?;
    (!text.is_empty()).then_some((kind, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_read_back() {
        for kind in Kind::ALL {
            assert_eq!(read(&write(kind, "no jq\nhere")), Some((kind, "no jq\nhere")));
        }
        assert_eq!((read("something\nelse"), read("missing-package"), read("missing-package\n")), (None, None, None));
    }
}
