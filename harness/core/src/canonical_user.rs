//! Canonical user ids.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/finding-canonical-user-id.html>

use sha2::Digest as _;

/// The canonical user id of an account: 64 hexadecimal digits.
pub fn canonical_id(account: &str) -> String {
    hex::encode(sha2::Sha256::digest(format!("canonical user of {account}").as_bytes()))
}
