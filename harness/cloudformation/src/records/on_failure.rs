//! What happens when a resource cannot be made.

/// What happens when a resource cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OnFailure {
    #[default]
    Rollback,
    DoNothing,
    Delete,
}

impl OnFailure {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Rollback => "ROLLBACK",
            Self::DoNothing => "DO_NOTHING",
            Self::Delete => "DELETE",
        }
    }
}
