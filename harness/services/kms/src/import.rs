//! What key material is imported by: a wrapping key, and a token that stands for it.

use jiff::Timestamp;

use crate::rsa_key::RsaKey;

/// A wrapping key that was handed out.
pub(crate) struct Import {
    pub(crate) key_arn: String,
    pub(crate) wrapping: RsaKey,
    /// `RSAES_OAEP_SHA_256`.
    pub(crate) algorithm: String,
    /// Not used any more from then on.
    pub(crate) valid_to: Timestamp,
    /// An expired token is known to be one for so long.
    pub(crate) forgotten: Timestamp,
}
