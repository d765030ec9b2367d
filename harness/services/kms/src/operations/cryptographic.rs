//! What operations by a key have in common: grant tokens, and dry runs.

use super::cryptography::{Decrypt, Encrypt, GenerateDataKey, ReEncrypt};
use super::data_key_pairs::GenerateDataKeyPair;
use super::signatures::{DeriveSharedSecret, GenerateMac, Sign, Verify, VerifyMac};

/// What calls for cryptography have in common.
pub(crate) trait Cryptographic {
    /// Whether it is only asked whether it would succeed.
    fn is_dry_run(&self) -> bool;
    /// Grants that may not be known everywhere yet.
    fn grant_tokens(&self) -> &[String];
}

macro_rules! cryptographic {
    ($($operation:ty),+) => {
        $(impl Cryptographic for $operation {
            fn is_dry_run(&self) -> bool {
                self.dry_run
            }

            fn grant_tokens(&self) -> &[String] {
                &self.grant_tokens
            }
        })+
    };
}

cryptographic!(
    GenerateDataKey,
    GenerateDataKeyPair,
    Encrypt,
    Decrypt,
    ReEncrypt,
    Sign,
    Verify,
    GenerateMac,
    VerifyMac,
    DeriveSharedSecret
);
