//! The steps of a drill.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A step of a drill. The journal has it by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Packs the data that instances are to hold.
    Pack,
    /// Deploys what exists already when somebody deploys the template.
    Existing,
    /// Uploads what the template names by paths.
    Package,
    /// Deploys the template.
    Deploy,
    /// Compares what another CloudFormation made of the template.
    Audit,
    /// Waits until the SSM agent of each instance is online.
    Boot,
    /// Puts the data on each instance.
    Seed,
    /// Asks each instance for its fingerprint.
    Fingerprint,
    /// Has the rule's time come.
    Fire,
    /// Follows the night from the rule to the script.
    Observe,
    /// Checks the archives in the bucket.
    Verify,
    /// Restores the archives and compares them with the data.
    Restore,
    /// Looks for the uploads in the bucket's access log.
    AccessLog,
    /// Reads the function's metrics.
    Metrics,
    /// Tries to destroy the archives of the last night, as each role of the stack.
    Attack,
    /// Waits for an undelivered event in its dead-letter queue.
    DeadLetter,
    /// Collects the notifications of the night.
    Notice,
    /// Removes what the drill made.
    Destroy,
}

impl Step {
    /// The step's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pack => "pack",
            Self::Existing => "existing",
            Self::Package => "package",
            Self::Deploy => "deploy",
            Self::Audit => "audit",
            Self::Boot => "boot",
            Self::Seed => "seed",
            Self::Fingerprint => "fingerprint",
            Self::Fire => "fire",
            Self::Observe => "observe",
            Self::Verify => "verify",
            Self::Restore => "restore",
            Self::AccessLog => "access-log",
            Self::Metrics => "metrics",
            Self::Attack => "attack",
            Self::DeadLetter => "dead-letter",
            Self::Notice => "notice",
            Self::Destroy => "destroy",
        }
    }
}

impl PartialEq<Step> for String {
    fn eq(&self, step: &Step) -> bool {
        self == step.as_str()
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_has_one_name_in_text_and_in_json() {
        for step in [Step::Pack, Step::AccessLog, Step::DeadLetter, Step::Destroy] {
            assert_eq!(serde_json::to_string(&step).unwrap(), format!("\"{step}\""));
        }
    }
}
