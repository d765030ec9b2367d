//! The operations, by what they are about.

pub(crate) mod assume_role;
pub(crate) mod get_session_token;
pub(crate) mod identity;
