//! How requests name a function: by name, partial ARN or ARN, with or without a version or alias.
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html#lambda-GetFunction-request-FunctionName>

use nightproof_core::service::{Arn, AwsError, Call};

use crate::error::{invalid, not_found};

/// A function that a request names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FunctionName {
    /// The region that an ARN names, else the call's.
    region: String,
    /// The account that an ARN names, else the caller's.
    pub account: String,
    pub name: String,
    /// The version or alias.
    pub qualifier: Option<String>,
}

/// The parts of a reference; those that it does not have are `None`.
#[derive(Debug, PartialEq, Eq)]
struct Parts<'a> {
    region: Option<&'a str>,
    account: Option<&'a str>,
    name: &'a str,
    qualifier: Option<&'a str>,
}

fn parts(reference: &str) -> Parts<'_> {
    let rest =
        reference.split_once(":lambda:").filter(|(before, _)| before.starts_with("arn:")).map_or(reference, |(_, rest)| rest);
    let mut rest = rest.split(':').peekable();
    let mut parts = Parts { region: None, account: None, name: "", qualifier: None };
    // Each part but the name is one only if something follows.
    let mut token = rest.next().unwrap_or_default();
    for part in ["region", "account", "function"] {
        let is_part = match part {
            "region" => is_region(token),
            "account" => is_account(token),
            _ => token == "function",
        };
        if is_part && let Some(next) = rest.next() {
            match part {
                "region" => parts.region = Some(token),
                "account" => parts.account = Some(token),
                _ => {}
            }
            token = next;
        }
    }
    parts.name = token;
    parts.qualifier = rest.next();
    parts
}

/// `us-east-1`, `us-gov-west-1`
fn is_region(token: &str) -> bool {
    let mut labels = token.split('-');
    let first = labels.next().unwrap_or_default();
    let last = labels.next_back().unwrap_or_default();
    let middle: Vec<&str> = labels.collect();
    (first.len() == 2 || first == "eusc")
        && (1..=3).contains(&middle.len())
        && [first].iter().chain(&middle).all(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_lowercase()))
        && last.len() == 1
        && last.bytes().all(|byte| byte.is_ascii_digit())
}

pub(crate) fn is_account(token: &str) -> bool {
    token.len() == 12 && token.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a qualifier has the form of an alias's name: not a number, and no `$`.
pub(crate) fn is_alias(qualifier: &str) -> bool {
    !is_version(qualifier) && qualifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether a qualifier has the form of a version's number.
pub(crate) fn is_version(qualifier: &str) -> bool {
    !qualifier.is_empty() && qualifier.bytes().all(|byte| byte.is_ascii_digit())
}

impl FunctionName {
    /// Reads a reference, and the qualifier that a request has beside it.
    ///
    /// # Errors
    /// The function is in another region; reference and request name different versions.
    pub(crate) fn read(call: &Call, reference: &str, qualifier: Option<&str>) -> Result<Self, AwsError> {
        let named = Self::of_reference(call, reference, qualifier);
        let here = call.region.name();
        if named.region != here {
            return Err(not_found(format!("Functions from '{}' are not reachable in this region ('{here}')", named.region)));
        }
        match (parts(reference).qualifier, qualifier) {
            (Some(within), Some(beside)) if within != beside => {
                Err(invalid("The derived qualifier from the function name does not match the specified qualifier."))
            }
            _ => Ok(named),
        }
    }

    /// What a reference names, wherever it is; the qualifier beside it goes before the one within.
    pub(crate) fn of_reference(call: &Call, reference: &str, qualifier: Option<&str>) -> Self {
        let parts = parts(reference);
        Self {
            region: parts.region.unwrap_or_else(|| call.region.name()).to_owned(),
            account: parts.account.unwrap_or_else(|| call.account()).to_owned(),
            name: parts.name.to_owned(),
            qualifier: qualifier.or(parts.qualifier).map(str::to_owned),
        }
    }

    /// The function's ARN.
    pub(crate) fn arn(&self) -> String {
        Arn::new("lambda", &self.region, &self.account, format!("function:{}", self.name)).to_string()
    }

    /// The function's ARN with the version or alias; with neither if the request named none.
    pub(crate) fn qualified_arn(&self) -> String {
        self.qualifier.as_ref().map_or_else(|| self.arn(), |qualifier| format!("{}:{qualifier}", self.arn()))
    }

    /// The function's ARN with the version or alias, and `$LATEST` if the request named none.
    pub(crate) fn explicit_arn(&self) -> String {
        format!("{}:{}", self.arn(), self.explicit_qualifier())
    }

    pub(crate) fn qualifier(&self) -> Option<&str> {
        self.qualifier.as_deref()
    }

    /// The version or alias; `$LATEST` if the request named none.
    pub(crate) fn explicit_qualifier(&self) -> &str {
        self.qualifier().unwrap_or("$LATEST")
    }

    /// The error for a function that there is not.
    pub(crate) fn missing(&self) -> AwsError {
        not_found(format!("Function not found: {}", self.arn()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_found_by_name_partial_arn_and_arn() {
        let (region, account) = (Some("us-east-1"), Some("111122223333"));
        for (reference, expected) in [
            ("my-function", (None, None, "my-function", None)),
            ("my-function:v1", (None, None, "my-function", Some("v1"))),
            ("function:my-function", (None, None, "my-function", None)),
            ("111122223333:function:f", (None, account, "f", None)),
            ("111122223333:f:3", (None, account, "f", Some("3"))),
            ("111122223333", (None, None, "111122223333", None)),
            ("us-east-1:111122223333:function:f", (region, account, "f", None)),
            ("arn:aws:lambda:us-east-1:111122223333:function:f", (region, account, "f", None)),
            ("arn:aws:lambda:us-east-1:111122223333:function:f:$LATEST", (region, account, "f", Some("$LATEST"))),
            ("arn:aws:lambda:us-east-1:111122223333:function", (region, account, "function", None)),
        ] {
            let (region, account, name, qualifier) = expected;
            assert_eq!(parts(reference), Parts { region, account, name, qualifier }, "{reference}");
        }
    }

    #[test]
    fn qualifiers_are_versions_aliases_or_neither() {
        assert!(is_version("12") && !is_version("v1") && !is_version(""));
        assert!(is_alias("2024-01-02") && is_alias("live") && !is_alias("2024") && !is_alias("$LATEST"));
    }
}
