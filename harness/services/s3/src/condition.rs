//! Conditional requests.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>

use jiff::Timestamp;
use nightproof_wire::AwsError;
use serde::Deserialize;

use crate::error::{no_such_key, precondition_failed};
use crate::input::Text;
use crate::records::{Bucket, Upload};

/// The conditions of a read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReadConditions {
    #[serde(default)]
    if_match: Text,
    #[serde(default)]
    if_none_match: Text,
    if_modified_since: Option<Timestamp>,
    if_unmodified_since: Option<Timestamp>,
}

/// The conditions of a copy's source.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SourceConditions {
    #[serde(default)]
    copy_source_if_match: Text,
    #[serde(default)]
    copy_source_if_none_match: Text,
    copy_source_if_modified_since: Option<Timestamp>,
    copy_source_if_unmodified_since: Option<Timestamp>,
}

/// The conditions of a write.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WriteConditions {
    #[serde(default)]
    if_match: Text,
    #[serde(default)]
    if_none_match: Text,
}

impl SourceConditions {
    /// Checks the source of a copy, as [`ReadConditions::check`] does.
    pub(super) fn check(&self, etag: &str, modified: Timestamp, now: Timestamp) -> Result<(), AwsError> {
        let conditions = ReadConditions {
            if_match: self.copy_source_if_match.clone(),
            if_none_match: self.copy_source_if_none_match.clone(),
            if_modified_since: self.copy_source_if_modified_since,
            if_unmodified_since: self.copy_source_if_unmodified_since,
        };
        check_read(&conditions, "x-amz-copy-source-", etag, modified, now)
    }
}

impl ReadConditions {
    /// Checks a read of an object with this ETag and date. `Err` is 412, or 304 for a read that may be answered from a cache.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax>
    pub(super) fn check(&self, etag: &str, modified: Timestamp, now: Timestamp) -> Result<(), AwsError> {
        check_read(self, "", etag, modified, now)
    }
}

fn matches(condition: &str, etag: &str) -> bool {
    condition.split(',').map(str::trim).any(|one| one == "*" || one.trim_matches('"') == etag.trim_matches('"'))
}

/// `prefix` is what a refusal puts before the name of a condition.
fn check_read(
    conditions: &ReadConditions,
    prefix: &str,
    etag: &str,
    modified: Timestamp,
    now: Timestamp,
) -> Result<(), AwsError> {
    let copying = !prefix.is_empty();
    let failed = |condition: &str| precondition_failed(&format!("{prefix}{condition}"));
    let unchanged = |condition: &str| {
        if copying { failed(condition) } else { AwsError::new("NotModified", 304, "Not Modified").with_header("etag", etag) }
    };
    if let Some(condition) = conditions.if_match.get() {
        if !matches(condition, etag) {
            return Err(failed("If-Match"));
        }
    } else if conditions.if_unmodified_since.is_some_and(|since| modified > since) {
        return Err(failed("If-Unmodified-Since"));
    }
    if let Some(condition) = conditions.if_none_match.get() {
        if matches(condition, etag) {
            return Err(unchanged("If-None-Match"));
        }
    } else if conditions.if_modified_since.is_some_and(|since| modified <= since && since <= now) {
        // A date that is still to come is no condition.
        return Err(unchanged("If-Modified-Since"));
    }
    Ok(())
}

/// Checks a write of `key`.
pub(super) fn check_write(conditions: &WriteConditions, bucket: &Bucket, key: &str) -> Result<(), AwsError> {
    let current = bucket.latest(key).and_then(|version| version.object());
    let (if_match, if_none_match) = (conditions.if_match.get(), conditions.if_none_match.get());
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
pub(super) fn check_completion(conditions: &WriteConditions, upload: &Upload) -> Result<(), AwsError> {
    let given = [(&conditions.if_none_match, "If-None-Match"), (&conditions.if_match, "If-Match")];
    match given.into_iter().find(|(condition, _)| condition.get().is_some()) {
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
    use serde_json::{Value, json};

    #[test]
    fn entity_tags_win_over_dates() {
        let modified: Timestamp = "2026-01-02T00:00:00Z".parse().expect("date");
        let now: Timestamp = "2026-01-04T00:00:00Z".parse().expect("date");
        let check = |input: Value| ReadConditions::deserialize(&input).expect("conditions").check("\"e\"", modified, now);
        assert!(check(json!({"IfMatch": "\"e\"", "IfUnmodifiedSince": "2026-01-01T00:00:00Z"})).is_ok());
        assert_eq!(check(json!({"IfMatch": "\"x\""})).expect_err("failed").status, 412);
        assert_eq!(check(json!({"IfNoneMatch": "e"})).expect_err("cached").status, 304);
        assert_eq!(check(json!({"IfModifiedSince": "2026-01-02T00:00:00Z"})).expect_err("cached").status, 304);
        assert!(check(json!({"IfModifiedSince": "2026-01-04T00:00:01Z"})).is_ok(), "a date to come is no condition");
        assert!(check(json!({"IfNoneMatch": "\"x\"", "IfModifiedSince": "2026-01-03T00:00:00Z"})).is_ok());
    }
}
