//! What an attack came to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of the attacker who deploys the stack.
pub(crate) const OPERATOR: &str = "operator";

/// The calls that were tried against the archives of the last night, each with what became of the archives.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attack {
    /// In the order in which they were tried.
    pub attempts: Vec<Attempt>,
}

/// A call that somebody tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Who: a role by its id in the template, or else its name, with what uses it; `operator`.
    pub by: String,
    /// The action as policies name it: `s3:DeleteObjectVersion`.
    pub call: String,
    /// On what: `s3://bucket/key`, an ARN, a name.
    pub on: String,
    /// What became of the archives and of what protects them.
    pub effect: AttackEffect,
    /// The effect in a sentence. Empty if the call was refused.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The statements that allowed it, each with its line in the template.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_by: Vec<String>,
}

/// What an attempt did, from harmless to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttackEffect {
    /// A policy refuses the call.
    Refused,
    /// Policies allow the call, and the archive was still protected: by Object Lock, or by the service's own rules.
    Withstood,
    /// The local region could not do it: nothing is known.
    Untried,
    /// The archive is as it was; something that protects the archives, makes them or reports on them is gone.
    Weakened,
    /// Who reads the archive does not get it any more; it can be recovered.
    Hidden,
    /// The archive is lost in its bucket, and a copy stays in another one, which the same attacker cannot destroy.
    Copied,
    /// The archive is lost, now or after the time that the detail names.
    Destroyed,
}

impl AttackEffect {
    /// All of them, in order.
    pub const ALL: [Self; 7] =
        [Self::Refused, Self::Withstood, Self::Untried, Self::Weakened, Self::Hidden, Self::Copied, Self::Destroyed];

    /// The effect as a verb of the past.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Withstood => "withstood",
            Self::Weakened => "weakened",
            Self::Hidden => "hidden",
            Self::Copied => "copied",
            Self::Destroyed => "destroyed",
            Self::Untried => "untried",
        }
    }
}

impl fmt::Display for AttackEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Attack {
    /// The effects with how often each was seen, and by how many.
    pub(crate) fn summary(&self) -> String {
        let mut attackers: Vec<&str> = self.attempts.iter().map(|attempt| attempt.by.as_str()).collect();
        attackers.sort_unstable();
        attackers.dedup();
        let count = |effect: &AttackEffect| self.attempts.iter().filter(|attempt| attempt.effect == *effect).count();
        let counts = AttackEffect::ALL.iter().map(|effect| (effect, count(effect))).filter(|(_, count)| *count > 0);
        let counts: Vec<String> = counts.map(|(effect, count)| format!("{count} {effect}")).collect();
        format!("{} calls by {}: {}", self.attempts.len(), attackers.join(", "), counts.join(", "))
    }
}
