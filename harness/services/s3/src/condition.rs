//! Conditional requests.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>

use jiff::Timestamp;
use nightproof_wire::AwsError;
use serde_json::Value;

use crate::document::{text, time};
use crate::error::{no_such_key, precondition_failed};
use crate::records::{Bucket, Upload};

/// The members that carry conditions: a read's own, or those of a copy's source.
#[derive(Clone, Copy)]
pub(super) struct Names {
    if_match: &'static str,
    if_none_match: &'static str,
    if_modified_since: &'static str,
    if_unmodified_since: &'static str,
    /// What a refusal puts before the name of a condition.
    prefix: &'static str,
}

pub(super) const READ: Names = Names {
    if_match: "IfMatch",
    if_none_match: "IfNoneMatch",
    if_modified_since: "IfModifiedSince",
    if_unmodified_since: "IfUnmodifiedSince",
    prefix: "",
};
pub(super) const COPY_SOURCE: Names = Names {
    if_match: "CopySourceIfMatch",
    if_none_match: "CopySourceIfNoneMatch",
    if_modified_since: "CopySourceIfModifiedSince",
    if_unmodified_since: "CopySourceIfUnmodifiedSince",
    prefix: "x-amz-copy-source-",
};

fn matches(condition: &str, etag: &str) -> bool {
    condition.split(',').map(str::trim).any(|one| one == "*" || one.trim_matches('"') == etag.trim_matches('"'))
}

/// Checks a read of an object with this ETag and date. `Err` is 412, or 304 for a read that may be answered from a cache.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax>
pub(super) fn check_read(input: &Value, names: Names, etag: &str, modified: Timestamp, now: Timestamp) -> Result<(), AwsError> {
    let copying = !names.prefix.is_empty();
    let failed = |condition: &str| precondition_failed(&format!("{}{condition}", names.prefix));
    let unchanged = |condition: &str| {
        if copying { failed(condition) } else { AwsError::new("NotModified", 304, "Not Modified").with_header("etag", etag) }
    };
    if let Some(condition) = text(input, names.if_match) {
        if !matches(condition, etag) {
            return Err(failed("If-Match"));
        }
    } else if time(input, names.if_unmodified_since).is_some_and(|since| modified > since) {
        return Err(failed("If-Unmodified-Since"));
    }
    if let Some(condition) = text(input, names.if_none_match) {
        if matches(condition, etag) {
            return Err(unchanged("If-None-Match"));
        }
    } else if time(input, names.if_modified_since).is_some_and(|since| modified <= since && since <= now) {
        // A date that is still to come is no condition.
        return Err(unchanged("If-Modified-Since"));
    }
    Ok(())
}

/// Checks a write of `key`.
pub(super) fn check_write(input: &Value, bucket: &Bucket, key: &str) -> Result<(), AwsError> {
    let current = bucket.latest(key).and_then(|version| version.object());
    let (if_match, if_none_match) = (text(input, "IfMatch"), text(input, "IfNoneMatch"));
    if if_match.is_some() && if_none_match.is_some() {
        return Err(refused_value("If-Match,If-None-Match", "Multiple conditional request headers present in the request"));
    }
    if let Some(condition) = if_none_match {
        if condition != "*" {
            return Err(refused_value(
                "If-None-Match",
                "We don't accept the provided value of If-None-Match header for this API",
            ));
        }
        if current.is_some() {
            return Err(precondition_failed("If-None-Match"));
        }
    }
    if let Some(condition) = if_match {
        if condition == "*" {
            return Err(refused_value("If-Match", "We don't accept the provided value of If-Match header for this API"));
        }
        match current {
            None => return Err(no_such_key(key)),
            Some(object) if !matches(condition, &object.etag) => return Err(precondition_failed("If-Match")),
            Some(_) => {}
        }
    }
    Ok(())
}

/// Checks the completion of an upload, after [`check_write`]: another write of the key since the upload began wins.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
pub(super) fn check_completion(input: &Value, upload: &Upload) -> Result<(), AwsError> {
    let condition = [("IfNoneMatch", "If-None-Match"), ("IfMatch", "If-Match")];
    match condition.into_iter().find(|(member, _)| text(input, member).is_some()) {
        Some((_, header)) if upload.overtaken => Err(AwsError::new(
            "ConditionalRequestConflict",
            409,
            "The conditional request cannot succeed due to a conflicting operation against this resource.",
        )
        .with("Condition", header)
        .with("Key", upload.key.as_str())),
        _ => Ok(()),
    }
}

/// S3's own words for a condition that it has no use for.
fn refused_value(header: &str, why: &str) -> AwsError {
    AwsError::new("NotImplemented", 501, "A header you provided implies functionality that is not implemented")
        .with("Header", header)
        .with("additionalMessage", why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn entity_tags_win_over_dates() {
        let modified: Timestamp = "2026-01-02T00:00:00Z".parse().expect("date");
        let now: Timestamp = "2026-01-04T00:00:00Z".parse().expect("date");
        let check = |input| check_read(&input, READ, "\"e\"", modified, now);
        assert!(check(json!({"IfMatch": "\"e\"", "IfUnmodifiedSince": "2026-01-01T00:00:00Z"})).is_ok());
        assert_eq!(check(json!({"IfMatch": "\"x\""})).expect_err("failed").status, 412);
        assert_eq!(check(json!({"IfNoneMatch": "e"})).expect_err("cached").status, 304);
        assert_eq!(check(json!({"IfModifiedSince": "2026-01-02T00:00:00Z"})).expect_err("cached").status, 304);
        assert!(check(json!({"IfModifiedSince": "2026-01-04T00:00:01Z"})).is_ok(), "a date to come is no condition");
        assert!(check(json!({"IfNoneMatch": "\"x\"", "IfModifiedSince": "2026-01-03T00:00:00Z"})).is_ok());
    }
}
