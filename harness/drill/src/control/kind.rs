//! What can be wrong with an archive.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is wrong with the archive of the last night, on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArchiveControl {
    /// It is deleted after its upload.
    Missing,
    /// Its object is there, without a byte.
    Empty,
    /// Its second half is cut off.
    Truncated,
    /// One bit of a byte in its middle is flipped.
    ByteChanged,
    /// It lacks one file of the data.
    FileMissing,
    /// It holds one file as it was the day before.
    Yesterdays,
    /// It holds the data of another machine.
    OtherMachines,
    /// It is encrypted by S3's own key, where it was encrypted by one of KMS. S3 stores nothing without encryption.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html>
    Unencrypted,
    /// It is encrypted by another key of KMS: AWS's own for S3.
    WrongKey,
}

impl ArchiveControl {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Missing,
        Self::Empty,
        Self::Truncated,
        Self::ByteChanged,
        Self::FileMissing,
        Self::Yesterdays,
        Self::OtherMachines,
        Self::Unencrypted,
        Self::WrongKey,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "archive-missing",
            Self::Empty => "archive-empty",
            Self::Truncated => "archive-truncated",
            Self::ByteChanged => "byte-changed",
            Self::FileMissing => "file-missing",
            Self::Yesterdays => "yesterdays-archive",
            Self::OtherMachines => "other-machines-archive",
            Self::Unencrypted => "unencrypted",
            Self::WrongKey => "wrong-key",
        }
    }

    /// What is done, as a sentence without its full stop.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Missing => "the archive is deleted after its upload",
            Self::Empty => "the archive has no bytes",
            Self::Truncated => "the second half of the archive is cut off",
            Self::ByteChanged => "one bit in the middle of the archive is flipped",
            Self::FileMissing => "the archive lacks one file of the data",
            Self::Yesterdays => "the archive holds a file as it was the day before",
            Self::OtherMachines => "the archive is another machine's",
            Self::Unencrypted => "the archive is encrypted by S3's own key instead of KMS's",
            Self::WrongKey => "the archive is encrypted by another key",
        }
    }

    /// Whether the machine holds other data than the drill expects, rather than the object being changed after its upload.
    pub(crate) const fn is_of_data(self) -> bool {
        matches!(self, Self::FileMissing | Self::Yesterdays | Self::OtherMachines)
    }
}

impl fmt::Display for ArchiveControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
