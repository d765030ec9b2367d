//! The chain of a backup, and where a drill fails.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A hop of the chain. Its name is the same in reports, journals and incident files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hop {
    /// The template is deployed.
    Stack,
    /// The trigger invokes the function at its time.
    Rule,
    /// The orchestrator runs to its end.
    Function,
    /// A command is sent, and finds instances.
    Command,
    /// Each instance gets the command.
    Instance,
    /// The script ends with exit code 0.
    Script,
    /// One encrypted archive a night and instance is in the bucket.
    Object,
    /// The archive restores byte for byte.
    Restore,
}

impl Hop {
    /// All hops, in the order in which a night passes them.
    pub const ALL: [Self; 8] =
        [Self::Stack, Self::Rule, Self::Function, Self::Command, Self::Instance, Self::Script, Self::Object, Self::Restore];

    /// The hop's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stack => "stack",
            Self::Rule => "rule",
            Self::Function => "function",
            Self::Command => "command",
            Self::Instance => "instance",
            Self::Script => "script",
            Self::Object => "object",
            Self::Restore => "restore",
        }
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Where a drill failed: at a hop of the chain, or beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailurePoint {
    /// The data that the drill was given cannot be used.
    Input,
    /// An event that could not be delivered did not reach its dead-letter queue.
    DeadLetter,
    /// The chain held, and a strict drill has findings.
    Findings,
    /// The drill itself could not go on.
    Drill,
    /// The chain broke at this hop.
    #[serde(untagged)]
    Hop(Hop),
}

impl FailurePoint {
    /// The hop that broke, if one did.
    pub const fn hop(self) -> Option<Hop> {
        match self {
            Self::Hop(hop) => Some(hop),
            Self::Input | Self::DeadLetter | Self::Findings | Self::Drill => None,
        }
    }

    /// The point's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::DeadLetter => "dead-letter",
            Self::Findings => "findings",
            Self::Drill => "drill",
            Self::Hop(hop) => hop.as_str(),
        }
    }
}

impl From<Hop> for FailurePoint {
    fn from(hop: Hop) -> Self {
        Self::Hop(hop)
    }
}

impl fmt::Display for FailurePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_read_by_the_name_that_it_is_written_by() {
        let beside = [FailurePoint::Input, FailurePoint::DeadLetter, FailurePoint::Findings, FailurePoint::Drill];
        for point in Hop::ALL.map(FailurePoint::Hop).into_iter().chain(beside) {
            let text = serde_json::to_string(&point).unwrap();
            assert_eq!(text, format!("\"{point}\""));
            assert_eq!(serde_json::from_str::<FailurePoint>(&text).unwrap(), point);
        }
        assert!(serde_json::from_str::<FailurePoint>("\"archive\"").is_err());
    }
}
