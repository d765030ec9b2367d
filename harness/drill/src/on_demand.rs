//! A restore on demand: the newest archive of a real account, on a local machine. Of the account only reads are asked for.

mod newest;
mod restoring;

use serde::Serialize;

use crate::Finding;
use crate::archive::bucket::Object;
use crate::numbers::RestorePart;
use crate::steps::verify::Stored;

pub use newest::{age, newest};
pub use restoring::restore;

/// Where archives are.
#[derive(Debug, Clone)]
pub enum Archives {
    /// In a bucket.
    Bucket(String),
    /// In the buckets of a stack.
    Stack(String),
}

/// What to restore.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where.
    pub archives: Archives,
    /// What keys begin with; all if empty.
    pub prefix: String,
    /// Not what came after this time, in seconds since 1970.
    pub at: Option<i64>,
    /// Whether all objects are files as they are, as `aws s3 sync` leaves them.
    pub plain: bool,
}

/// The newest backup of an account.
#[derive(Debug)]
pub struct Newest {
    /// The newest first.
    stored: Vec<Stored>,
    companions: Vec<Object>,
    /// What it is in, the newest first.
    pub archives: Vec<FoundArchive>,
    /// When its last object came, in seconds since 1970.
    pub at: i64,
}

/// An archive of the newest backup.
#[derive(Debug, Clone, Serialize)]
pub struct FoundArchive {
    /// `s3://bucket/key`; of plain files, what their keys begin with.
    pub archive: String,
    /// Its version, where it is one object of a bucket that has versions.
    pub object_version: Option<String>,
    /// All of its bytes.
    pub bytes: u64,
    /// In as many objects it is.
    pub objects: u64,
}

impl Newest {
    /// All of its bytes.
    pub fn bytes(&self) -> u64 {
        self.archives.iter().map(|archive| archive.bytes).sum()
    }

    /// Its archives, for a person.
    pub fn names(&self) -> String {
        let name = |found: &FoundArchive| match found.objects {
            0 | 1 => found.archive.clone(),
            count => format!("{} ({count} objects)", found.archive),
        };
        self.archives.iter().map(name).collect::<Vec<_>>().join(", ")
    }
}

/// What a restore on demand came to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OnDemand {
    /// What each archive is, in their order: `tar in gzip`; `by the restore script` where only that can open it; why it is not restored.
    pub forms: Vec<String>,
    /// As many files, folders and links are at the data path of the machine; nothing if they are not looked at.
    pub entries: Option<u64>,
    /// SHA-256 of what the machine said by the fingerprint's command, and its beginning.
    pub fingerprint: Option<(String, String)>,
    /// How long each part took, on this machine.
    pub parts: Vec<RestorePart>,
    /// What is not as it should be, though all that was restored is.
    pub findings: Vec<Finding>,
}
