//! Macros of an account.

use std::collections::BTreeMap;

/// The account's macros: the name or ARN of each one's function, by the macro's name.
pub(crate) type Macros = BTreeMap<String, String>;
