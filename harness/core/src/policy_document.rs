//! A policy as a service stores it.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use nightproof_iam_policy::{Policy, PolicyError, PolicyKind};

/// The text of a policy, and what it says, which is read once: services read it when they store it, to refuse what is malformed, and each
/// call that it decides on finds it read.
#[derive(Clone)]
pub struct PolicyDocument(Arc<Stored>);

struct Stored {
    text: Box<str>,
    kind: PolicyKind,
    read: OnceLock<Result<Policy, PolicyError>>,
}

impl PolicyDocument {
    /// A document that stands for `kind`; whether it is one is told by [`policy`](Self::policy).
    pub fn new(text: impl Into<Box<str>>, kind: PolicyKind) -> Self {
        Self(Arc::new(Stored { text: text.into(), kind, read: OnceLock::new() }))
    }

    /// A document of a resource.
    pub fn of_resource(text: impl Into<Box<str>>) -> Self {
        Self::new(text, PolicyKind::Resource)
    }

    /// A document of a principal.
    pub fn of_identity(text: impl Into<Box<str>>) -> Self {
        Self::new(text, PolicyKind::Identity)
    }

    /// What it says.
    ///
    /// # Errors
    /// It is malformed. Services refuse such documents; one that is there all the same grants nothing.
    pub fn policy(&self) -> Result<&Policy, &PolicyError> {
        self.0.read.get_or_init(|| Policy::parse(&self.0.text, self.0.kind)).as_ref()
    }
}

/// The JSON text as it was given.
impl Deref for PolicyDocument {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0.text
    }
}

impl PartialEq for PolicyDocument {
    fn eq(&self, other: &Self) -> bool {
        self.0.kind == other.0.kind && self.0.text == other.0.text
    }
}

impl Eq for PolicyDocument {}

impl fmt::Debug for PolicyDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PolicyDocument").field(&self.0.kind).field(&self.0.text).finish()
    }
}
