//! Names, paths and unique ids.

use nightproof_core::service::AwsError;

use crate::error::validation;

/// A path begins and ends with a slash. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
pub(crate) fn path(given: Option<&str>) -> Result<String, AwsError> {
    let path = given.unwrap_or("/");
    let graphic = path.bytes().all(|byte| byte.is_ascii_graphic());
    if graphic && path.len() <= 512 && path.starts_with('/') && path.ends_with('/') && !path.contains("//") {
        return Ok(path.to_owned());
    }
    Err(validation(
        "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.",
    ))
}

/// Names of roles, users, policies and profiles are letters, digits and `+=,.@_-`. Messages say `member` (`roleName`).
pub(crate) fn checked_name<'a>(name: &'a str, member: &str, longest: usize) -> Result<&'a str, AwsError> {
    if name.is_empty() || name.chars().count() > longest {
        return Err(validation(format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must have length less than or equal to {longest}"
        )));
    }
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte)) {
        return Ok(name);
    }
    Err(validation(format!(
        "The specified value for {member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
    )))
}

/// An id of IAM's form: `AROA` and 17 characters.
pub(crate) fn unique_id(prefix: &str) -> String {
    format!("{prefix}{}", nightproof_core::credentials::random_string(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17))
}
