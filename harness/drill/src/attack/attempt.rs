//! A call to try, with what it would mean and how it is undone.

use serde_json::Value;

use crate::attack::result::AttackEffect;

/// A request of an attempt.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    /// An operation with its input.
    Call { service: &'static str, operation: &'static str, input: Value },
    /// Another content in the place of the target, as S3 encrypts by default or as the target is encrypted.
    Overwrite { encrypted_alike: bool },
}

impl Request {
    pub(crate) fn call(service: &'static str, operation: &'static str, input: Value) -> Self {
        Self::Call { service, operation, input }
    }
}

/// Something that an intruder would try.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    /// The action as policies name it.
    pub(crate) action: &'static str,
    pub(crate) on: String,
    /// Requests that come to the same; the first one that is let through counts.
    pub(crate) requests: Vec<Request>,
    /// What is tried once the first request was let through: a deletion, after a policy against it was removed.
    pub(crate) then: Option<Request>,
    /// What it means if the archive cannot be read afterwards, though it can where its bytes are gone or replaced.
    pub(crate) unreadable: (AttackEffect, &'static str),
    /// What it means if the archive is as before.
    pub(crate) otherwise: (AttackEffect, String),
    /// Who undoes it with which requests.
    pub(crate) undone_by: Undo,
}

/// How an attempt is undone, beside the archive itself.
#[derive(Debug, Clone)]
pub(crate) enum Undo {
    /// By requests of the operator.
    Operator(Vec<Request>),
    /// By requests of the operator, as long as the target is still there.
    IfThere(Vec<Request>),
    /// By requests of the attacker, who alone still may.
    Attacker(Vec<Request>),
    /// Not at all: it is tried when all others have been.
    Never,
}
