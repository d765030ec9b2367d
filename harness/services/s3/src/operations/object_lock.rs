//! Object Lock of buckets and versions.

use jiff::Timestamp;
use nightproof_core::operation;
use nightproof_core::service::Call;
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::document::payload;
use crate::error::{delete_marker, malformed_xml, no_such_key, no_such_version};
use crate::input::{DocumentDigest, OnBucket, Text};
use crate::object_lock::{Mode, Retention, check_future, missing_configuration};
use crate::records::{Bucket, S3, Version, Versioning};

inputs! {
    /// `PutObjectLockConfiguration`.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html>
    PutObjectLockConfiguration {
        on: OnBucket | DocumentDigest;
        object_lock_configuration: Option<Value>,
    }
    /// `PutObjectRetention`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectRetention.html>
    PutObjectRetention {
        on: OnBucket | DocumentDigest;
        key: String,
        version_id: Text,
        retention: Option<AskedRetention>,
        bypass_governance_retention: bool,
    }
    /// `GetObjectRetention`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectRetention.html>
    GetObjectRetention {
        on: OnBucket;
        key: String,
        version_id: Text,
    }
    /// `PutObjectLegalHold`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLegalHold.html>
    PutObjectLegalHold {
        on: OnBucket | DocumentDigest;
        key: String,
        version_id: Text,
        legal_hold: Option<AskedHold>,
    }
    /// `GetObjectLegalHold`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLegalHold.html>
    GetObjectLegalHold {
        on: OnBucket;
        key: String,
        version_id: Text,
    }
}

/// How new versions of a bucket are locked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Configuration {
    object_lock_enabled: Option<String>,
    rule: Option<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    default_retention: Option<DefaultRetention>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DefaultRetention {
    mode: Option<String>,
    days: Option<i64>,
    years: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AskedRetention {
    mode: Option<String>,
    retain_until_date: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AskedHold {
    status: Option<String>,
}

/// The version that an operation names.
fn locked<'a>(bucket: &'a mut Bucket, key: &str, version: &Text, method: &str) -> Result<&'a mut Version, AwsError> {
    let id = version.get();
    if !bucket.has_object_lock() {
        return Err(missing_configuration());
    }
    let version = bucket.version_mut(key, id).ok_or_else(|| match id {
        Some(id) => no_such_version(key, id),
        None => no_such_key(key),
    })?;
    if version.object().is_none() { Err(delete_marker(method)) } else { Ok(version) }
}

fn never_locked() -> AwsError {
    AwsError::new("NoSuchObjectLockConfiguration", 404, "The specified object does not have a ObjectLock configuration")
}

impl S3 {
    pub(crate) fn put_object_lock_configuration(&self, input: &PutObjectLockConfiguration) -> Result<Value, AwsError> {
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        let document = payload(&input.object_lock_configuration)?;
        let wanted: Configuration = operation::read("s3", "PutObjectLockConfiguration", document.clone())?;
        if wanted.object_lock_enabled.as_deref() != Some("Enabled") {
            return Err(malformed_xml());
        }
        if let Some(rule) = &wanted.rule {
            let default = rule.default_retention.as_ref().ok_or_else(malformed_xml)?;
            let whole = default.mode.as_deref().and_then(Mode::parse).is_some();
            let long = |time: Option<i64>| time.is_some_and(|time| time > 0);
            if !whole || long(default.days) == long(default.years) || default.days.is_some() == default.years.is_some() {
                return Err(malformed_xml());
            }
        }
        if bucket.versioning() != Versioning::Enabled {
            let message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration";
            return Err(AwsError::new("InvalidBucketState", 409, message));
        }
        bucket.config.insert("ObjectLockConfiguration", document.clone());
        Ok(json!({}))
    }

    pub(crate) fn put_object_retention(&self, call: &Call, input: &PutObjectRetention) -> Result<Value, AwsError> {
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        let version = locked(bucket, &input.key, &input.version_id, "PUT")?;
        let asked = input.retention.as_ref().ok_or_else(malformed_xml)?;
        let wanted = match (asked.mode.as_deref(), asked.retain_until_date) {
            (None, None) => None,
            (Some(mode), Some(until)) => {
                let mode = Mode::parse(mode).ok_or_else(malformed_xml)?;
                check_future(until, call.now, "RetainUntilDate")?;
                Some(Retention { mode, until })
            }
            _ => return Err(malformed_xml()),
        };
        let bypass = input.bypass_governance_retention;
        version.attributes.lock.check_change(wanted, call.now, bypass)?;
        version.attributes.lock.retention = wanted;
        Ok(json!({}))
    }

    pub(crate) fn get_object_retention(&self, input: &GetObjectRetention) -> Result<Value, AwsError> {
        let mut state = self.state();
        let retention = locked(state.bucket(&input.on)?, &input.key, &input.version_id, "GET")?
            .attributes
            .lock
            .retention
            .ok_or_else(never_locked)?;
        Ok(json!({"Retention": {"Mode": retention.mode.name(), "RetainUntilDate": retention.until}}))
    }

    pub(crate) fn put_object_legal_hold(&self, input: &PutObjectLegalHold) -> Result<Value, AwsError> {
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        let asked = input.legal_hold.as_ref().ok_or_else(malformed_xml)?;
        let version = locked(bucket, &input.key, &input.version_id, "PUT")?;
        version.attributes.lock.hold = match asked.status.as_deref() {
            Some("ON") => Some(true),
            Some("OFF") => Some(false),
            _ => return Err(malformed_xml()),
        };
        Ok(json!({}))
    }

    pub(crate) fn get_object_legal_hold(&self, input: &GetObjectLegalHold) -> Result<Value, AwsError> {
        let mut state = self.state();
        let hold = locked(state.bucket(&input.on)?, &input.key, &input.version_id, "GET")?
            .attributes
            .lock
            .hold
            .ok_or_else(never_locked)?;
        Ok(json!({"LegalHold": {"Status": if hold { "ON" } else { "OFF" }}}))
    }
}
