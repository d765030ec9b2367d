//! What has to hold in a drill beyond that the archive is there and restores, and how it is looked at.

use std::time::Duration;

/// What a drill is asked for beside the usual.
#[derive(Debug, Clone, Default)]
pub struct Demands {
    /// Scripts that run on each instance as root when the data is there, before the first night, in their order.
    pub seeds: Vec<String>,
    /// What a machine says of itself.
    pub fingerprint: Option<Fingerprint>,
    /// What the comparison leaves out.
    pub ignored: Vec<Ignored>,
    /// How many machines have to leave an archive each night, at least.
    pub due: Option<u32>,
    /// What a restore may take, lose and change at most.
    pub budgets: Budgets,
    /// How old the newest archive of the real account is, where that was asked for.
    pub age: Option<crate::Age>,
}

/// What an instance says before the night, and a restored machine has to say afterwards.
#[derive(Debug, Clone)]
pub struct Fingerprint {
    /// For bash. What it writes to standard output is compared, all of it.
    pub command: String,
    /// Whether the tree at the data path is compared, too.
    pub tree: bool,
}

/// Something that the comparison leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// A path below the data path, with all that is below it; `*` stands for any text, `?` for one character.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// What a restore may take, lose and change at most; beyond it is a finding.
#[derive(Debug, Clone, Default)]
pub struct Budgets {
    /// How long a restore takes.
    pub rto: Option<Duration>,
    /// The longest time without a restorable archive.
    pub rpo: Option<Duration>,
    /// By how many percent a night's archives are larger or smaller than those of the night before.
    pub size_change: Option<f64>,
    /// What the first night is compared with.
    pub before: Before,
}

/// What is known of the archives of an earlier drill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Before {
    /// Nobody keeps a history.
    #[default]
    Unknown,
    /// This drill is the first of its history.
    First,
    /// As many bytes they had.
    Bytes(u64),
}
