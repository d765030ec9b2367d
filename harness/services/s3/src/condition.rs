//! Conditional requests.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>

use jiff::Timestamp;
use nightproof_wire::AwsError;
use serde_json::Value;

use crate::document::{text, time};
use crate::error::{no_such_key, precondition_failed};
use crate::records::Bucket;

/// The members that carry conditions: a read's own, or those of a copy's source.
#[derive(Clone, Copy)]
pub(super) struct Names {
    if_match: &'static str,
    if_none_match: &'static str,
    if_modified_since: &'static str,
    if_unmodified_since: &'static str,
}

pub(super) const READ: Names = Names {
    if_match: "IfMatch",
    if_none_match: "IfNoneMatch",
    if_modified_since: "IfModifiedSince",
    if_unmodified_since: "IfUnmodifiedSince",
};
pub(super) const COPY_SOURCE: Names = Names {
    if_match: "CopySourceIfMatch",
    if_none_match: "CopySourceIfNoneMatch",
    if_modified_since: "CopySourceIfModifiedSince",
    if_unmodified_since: "CopySourceIfUnmodifiedSince",
};

fn matches(condition: &str, etag: &str) -> bool {
    condition.split(',').map(str::trim).any(|one| one == "*" || one.trim_matches('"') == etag.trim_matches('"'))
}

/// Checks a read of an object with this ETag and date. `Err` is 412, or 304 for a read that may be answered from a cache.
pub(super) fn check_read(input: &Value, names: Names, etag: &str, modified: Timestamp) -> Result<(), AwsError> {
    let copying = names.if_match == COPY_SOURCE.if_match;
    let unchanged = |condition: &str| {
        if copying { precondition_failed(condition) } else { AwsError::new("NotModified", 304, "Not Modified") }
    };
    if let Some(condition) = text(input, names.if_match) {
        if !matches(condition, etag) {
            return Err(precondition_failed("If-Match"));
        }
    } else if time(input, names.if_unmodified_since).is_some_and(|since| modified > since) {
        return Err(precondition_failed("If-Unmodified-Since"));
    }
    if let Some(condition) = text(input, names.if_none_match) {
        if matches(condition, etag) {
            return Err(unchanged("If-None-Match"));
        }
    } else if time(input, names.if_modified_since).is_some_and(|since| modified <= since) {
        return Err(unchanged("If-Modified-Since"));
    }
    Ok(())
}

/// Checks a write of `key`.
pub(super) fn check_write(input: &Value, bucket: &Bucket, key: &str) -> Result<(), AwsError> {
    let current = bucket.latest(key).and_then(|version| version.object());
    if let Some(condition) = text(input, "IfNoneMatch") {
        if condition != "*" {
            return Err(super::error::not_implemented("If-None-Match with a value other than * on a write"));
        }
        if current.is_some() {
            return Err(precondition_failed("If-None-Match"));
        }
    }
    if let Some(condition) = text(input, "IfMatch") {
        match current {
            None => return Err(no_such_key(key)),
            Some(object) if !matches(condition, &object.etag) => return Err(precondition_failed("If-Match")),
            Some(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn entity_tags_win_over_dates() {
        let modified: Timestamp = "2026-01-02T00:00:00Z".parse().expect("date");
        let check = |input| check_read(&input, READ, "\"e\"", modified);
        assert!(check(json!({"IfMatch": "\"e\"", "IfUnmodifiedSince": "2026-01-01T00:00:00Z"})).is_ok());
        assert_eq!(check(json!({"IfMatch": "\"x\""})).expect_err("failed").status, 412);
        assert_eq!(check(json!({"IfNoneMatch": "e"})).expect_err("cached").status, 304);
        assert_eq!(check(json!({"IfModifiedSince": "2026-01-02T00:00:00Z"})).expect_err("cached").status, 304);
        assert!(check(json!({"IfNoneMatch": "\"x\"", "IfModifiedSince": "2026-01-03T00:00:00Z"})).is_ok());
    }
}
