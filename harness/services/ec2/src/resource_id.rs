//! Ids of resources.

use nightproof_core::credentials::random_string;

/// A new id: a prefix and 17 hexadecimal digits.
pub(crate) fn resource_id(prefix: &str) -> String {
    format!("{prefix}-0{}", random_string(b"0123456789abcdef", 16))
}
