//! Lifecycle rules: checked when put, and acted on at each midnight of region time, as S3 rounds to the next one.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::document::payload;
use crate::document::{flag, list, number, text, time};
use crate::error::{invalid_argument, invalid_request, malformed_xml};
use crate::input::{DocumentDigest, OnBucket, Text};
use crate::operations::delete::delete;
use crate::records::{Bucket, Content, Object, S3, State, Version, Versioning};

/// Midnight (UTC) at or after `days` days from `from`.
fn midnight_after(from: Timestamp, days: i64) -> Timestamp {
    let due = from.as_second() + days * 86_400;
    Timestamp::from_second(due + (86_400 - due.rem_euclid(86_400)) % 86_400).unwrap_or(Timestamp::MAX)
}

/// The first midnight (UTC) after `now`.
pub(super) fn next_midnight(now: Timestamp) -> Timestamp {
    midnight_after(now + SignedDuration::from_secs(1), 0)
}

inputs! {
    /// `PutBucketLifecycleConfiguration`.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html>
    PutBucketLifecycleConfiguration {
        on: OnBucket | DocumentDigest;
        lifecycle_configuration: Option<Value>,
        transition_default_minimum_object_size: Text,
    }
}

/// Checks and keeps a bucket's rules.
pub(super) fn put(state: &mut State, input: &PutBucketLifecycleConfiguration) -> Result<Value, AwsError> {
    let config = payload(&input.lifecycle_configuration)?;
    let bucket = state.bucket(&input.on)?;
    let rules = list(config, "Rules");
    if rules.is_empty() || rules.len() > 1000 {
        return Err(malformed_xml());
    }
    let mut kept: Vec<Value> = Vec::new();
    for rule in rules {
        let mut rule = rule.clone();
        check(&rule)?;
        if text(&rule, "ID").is_none() {
            crate::document::set(&mut rule, "ID", json!(uuid::Uuid::new_v4().to_string()));
        }
        let id = text(&rule, "ID").unwrap_or_default();
        if id.len() > 255 {
            return Err(invalid_argument("ID length should not exceed allowed limit of 255", "ID", id));
        }
        if kept.iter().any(|other| text(other, "ID") == Some(id)) {
            return Err(invalid_argument("Rule ID must be unique. Found same ID for more than one rule", "ID", id));
        }
        kept.push(rule);
    }
    let least = input.transition_default_minimum_object_size.get().unwrap_or("all_storage_classes_128K");
    if !["all_storage_classes_128K", "varies_by_storage_class"].contains(&least) {
        return Err(invalid_request(format!("Invalid TransitionDefaultMinimumObjectSize found: {least}")));
    }
    bucket.config.insert("LifecycleConfiguration", json!({"Rules": kept, "TransitionDefaultMinimumObjectSize": least}));
    Ok(json!({"TransitionDefaultMinimumObjectSize": least}))
}

fn positive(value: &Value, member: &str, action: &str) -> Result<bool, AwsError> {
    match number(value, member) {
        None => Ok(false),
        Some(days) if days > 0 => Ok(true),
        Some(days) => Err(invalid_argument(format!("'{member}' for {action} action must be a positive integer"), member, days)),
    }
}

fn check(rule: &Value) -> Result<(), AwsError> {
    if !matches!(text(rule, "Status"), Some("Enabled" | "Disabled")) {
        return Err(malformed_xml());
    }
    // A rule says what it applies to in one way.
    if rule.get("Filter").is_some() == rule.get("Prefix").is_some() {
        return Err(malformed_xml());
    }
    if let Some(filter) = rule.get("Filter").and_then(Value::as_object)
        && filter.len() > 1
    {
        return Err(malformed_xml());
    }
    let filter = Filter::of(rule);
    for (at, tag) in filter.tags.iter().enumerate() {
        if filter.tags.iter().skip(at + 1).any(|other| text(other, "Key") == text(tag, "Key")) {
            return Err(invalid_request("Duplicate Tag Keys are not allowed."));
        }
    }
    let mut actions = 0;
    if let Some(expiration) = rule.get("Expiration") {
        actions += 1;
        let days = positive(expiration, "Days", "Expiration")?;
        let date = midnight_date(expiration)?;
        let marker = flag(expiration, "ExpiredObjectDeleteMarker").is_some();
        if [days, date, marker].into_iter().filter(|given| *given).count() != 1 {
            return Err(malformed_xml());
        }
    }
    if let Some(noncurrent) = rule.get("NoncurrentVersionExpiration") {
        actions += 1;
        if !positive(noncurrent, "NoncurrentDays", "NoncurrentVersionExpiration")? {
            return Err(malformed_xml());
        }
        positive(noncurrent, "NewerNoncurrentVersions", "NoncurrentVersionExpiration")?;
    }
    if let Some(abort) = rule.get("AbortIncompleteMultipartUpload") {
        actions += 1;
        if !positive(abort, "DaysAfterInitiation", "AbortIncompleteMultipartUpload")? {
            return Err(malformed_xml());
        }
        if !Filter::of(rule).by_prefix_alone() {
            return Err(invalid_request("AbortIncompleteMultipartUpload cannot be specified with Tags or ObjectSize."));
        }
    }
    for (member, days) in [("Transitions", "Days"), ("NoncurrentVersionTransitions", "NoncurrentDays")] {
        for transition in list(rule, member) {
            actions += 1;
            let after = number(transition, days);
            if after.is_some_and(|days| days < 0) || (after.is_none() && !midnight_date(transition)?) {
                return Err(malformed_xml());
            }
            let class = text(transition, "StorageClass").unwrap_or_default();
            match class {
                "STANDARD_IA" | "ONEZONE_IA" if after.is_some_and(|days| days < 30) => {
                    return Err(invalid_argument(
                        format!(
                            "'{days}' in {} action must be greater than or equal to 30 for storageClass '{class}'",
                            member.trim_end_matches('s')
                        ),
                        days,
                        after.unwrap_or_default(),
                    ));
                }
                "STANDARD_IA" | "ONEZONE_IA" | "INTELLIGENT_TIERING" | "GLACIER" | "DEEP_ARCHIVE" | "GLACIER_IR" => {}
                _ => return Err(malformed_xml()),
            }
        }
    }
    if actions == 0 {
        return Err(invalid_request("At least one action needs to be specified in a rule"));
    }
    Ok(())
}

fn midnight_date(action: &Value) -> Result<bool, AwsError> {
    match time(action, "Date") {
        None => Ok(false),
        Some(date) if date.as_second().rem_euclid(86_400) == 0 => Ok(true),
        Some(_) => {
            Err(invalid_argument("'Date' must be at midnight GMT", "Date", action.get("Date").cloned().unwrap_or_default()))
        }
    }
}

/// What a rule applies to.
struct Filter<'a> {
    prefix: &'a str,
    tags: Vec<&'a Value>,
    above: Option<u64>,
    below: Option<u64>,
}

impl<'a> Filter<'a> {
    fn of(rule: &'a Value) -> Self {
        let filter = rule.get("Filter").unwrap_or(rule);
        let inner = filter.get("And").unwrap_or(filter);
        let size = |member| number(inner, member).and_then(|size| u64::try_from(size).ok());
        Self {
            prefix: text(inner, "Prefix").unwrap_or_default(),
            tags: list(inner, "Tags").iter().chain(inner.get("Tag")).collect(),
            above: size("ObjectSizeGreaterThan"),
            below: size("ObjectSizeLessThan"),
        }
    }

    fn by_prefix_alone(&self) -> bool {
        self.tags.is_empty() && self.above.is_none() && self.below.is_none()
    }

    fn takes(&self, key: &str, version: &Version) -> bool {
        let size = version.object().map_or(0, |object| object.size);
        key.starts_with(self.prefix)
            && self.tags.iter().all(|tag| version.attributes.tags.contains(tag))
            && self.above.is_none_or(|above| size > above)
            && self.below.is_none_or(|below| size < below)
    }
}

fn rules(bucket: &Bucket) -> Vec<Value> {
    let config = bucket.config.get("LifecycleConfiguration");
    let all = config.map(|config| list(config, "Rules")).unwrap_or_default();
    all.iter().filter(|rule| text(rule, "Status") == Some("Enabled")).cloned().collect()
}

/// When a current object expires by `rule`.
fn expiry(rule: &Value, version: &Version) -> Option<Timestamp> {
    let expiration = rule.get("Expiration")?;
    match number(expiration, "Days") {
        Some(days) => Some(midnight_after(version.modified, days)),
        None => time(expiration, "Date"),
    }
}

impl S3 {
    /// The `x-amz-expiration` of the current version of a key.
    pub(super) fn expiration(&self, on: &OnBucket, key: &str) -> Option<String> {
        let mut state = self.state();
        let bucket = state.bucket(on).ok()?;
        bucket.config.get("LifecycleConfiguration")?;
        let version = bucket.latest(key).filter(|version| version.object().is_some())?;
        let due = rules(bucket)
            .into_iter()
            .filter(|rule| Filter::of(rule).takes(key, version))
            .filter_map(|rule| Some((expiry(&rule, version)?, text(&rule, "ID").unwrap_or_default().to_owned())))
            // Of rules that expire it at the same time, the first in the configuration.
            .min_by_key(|(due, _)| *due)?;
        let date = due.0.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        Some(format!("expiry-date=\"{date}\", rule-id=\"{}\"", due.1))
    }

    /// Does what the rules of all buckets ask for at `now`.
    pub fn expire(&self, now: Timestamp) {
        for bucket in self.state().buckets.values_mut() {
            for rule in rules(bucket) {
                apply(bucket, &rule, now);
            }
        }
    }
}

fn apply(bucket: &mut Bucket, rule: &Value, now: Timestamp) {
    let filter = Filter::of(rule);
    let keys: Vec<String> = bucket.keys.keys().filter(|key| key.starts_with(filter.prefix)).cloned().collect();
    for key in keys {
        expire_current(bucket, rule, &filter, &key, now);
        expire_noncurrent(bucket, rule, &filter, &key, now);
        expire_marker(bucket, rule, &key);
        transition(bucket, rule, &filter, &key, now);
    }
    if let Some(days) = rule.get("AbortIncompleteMultipartUpload").and_then(|abort| number(abort, "DaysAfterInitiation")) {
        bucket.uploads.retain(|_, upload| !upload.key.starts_with(filter.prefix) || midnight_after(upload.initiated, days) > now);
    }
}

fn expire_current(bucket: &mut Bucket, rule: &Value, filter: &Filter<'_>, key: &str, now: Timestamp) {
    let due = bucket
        .latest(key)
        .filter(|version| version.object().is_some() && filter.takes(key, version))
        .and_then(|version| expiry(rule, version))
        .is_some_and(|due| due <= now);
    if due {
        delete(bucket, key, None, now);
    }
}

fn expire_noncurrent(bucket: &mut Bucket, rule: &Value, filter: &Filter<'_>, key: &str, now: Timestamp) {
    let Some(noncurrent) = rule.get("NoncurrentVersionExpiration") else { return };
    let Some(days) = number(noncurrent, "NoncurrentDays") else { return };
    let spared = number(noncurrent, "NewerNoncurrentVersions").and_then(|kept| usize::try_from(kept).ok()).unwrap_or(0);
    let versions = bucket.keys.get(key).map(Vec::as_slice).unwrap_or_default();
    // A version is noncurrent since its successor was made.
    let gone: Vec<String> = versions
        .iter()
        .zip(versions.iter().skip(1))
        .rev()
        .skip(spared)
        .filter(|(version, successor)| filter.takes(key, version) && midnight_after(successor.modified, days) <= now)
        .filter(|(version, _)| version.attributes.lock.check_delete(now, false).is_ok())
        .map(|(version, _)| version.id.clone())
        .collect();
    for id in gone {
        bucket.remove(key, &id);
    }
}

/// A delete marker that hides nothing goes, by its own setting and by `Days`.
fn expire_marker(bucket: &mut Bucket, rule: &Value, key: &str) {
    let Some(expiration) = rule.get("Expiration") else { return };
    let asked = flag(expiration, "ExpiredObjectDeleteMarker") == Some(true) || number(expiration, "Days").is_some();
    let versions = bucket.keys.get(key).map(Vec::as_slice).unwrap_or_default();
    let alone = match versions {
        [only] if only.object().is_none() => Some(only.id.clone()),
        _ => None,
    };
    if let Some(id) = alone.filter(|_| asked && bucket.versioning() != Versioning::Never) {
        bucket.remove(key, &id);
    }
}

fn transition(bucket: &mut Bucket, rule: &Value, filter: &Filter<'_>, key: &str, now: Timestamp) {
    let Some(versions) = bucket.keys.get_mut(key) else { return };
    let successors: Vec<Option<Timestamp>> =
        versions.iter().skip(1).map(|version| Some(version.modified)).chain(std::iter::once(None)).collect();
    for (version, superseded) in versions.iter_mut().zip(successors) {
        let (member, days, since) = match superseded {
            None => ("Transitions", "Days", version.modified),
            Some(at) => ("NoncurrentVersionTransitions", "NoncurrentDays", at),
        };
        let due = |transition: &&Value| match number(transition, days) {
            Some(days) => midnight_after(since, days) <= now,
            None => time(transition, "Date").is_some_and(|date| date <= now),
        };
        let class = list(rule, member)
            .iter()
            .filter(due)
            .max_by_key(|transition| number(transition, days))
            .and_then(|transition| text(transition, "StorageClass"));
        let (Some(class), true, Some(object)) = (class, filter.takes(key, version), version.object()) else { continue };
        // Small objects stay where they are unless a rule filters by size.
        if object.storage_class != class && (object.size >= 128 * 1024 || filter.above.is_some() || filter.below.is_some()) {
            let moved = Object { storage_class: class.to_owned(), ..Object::clone(object) };
            version.content = Content::Object(Arc::new(moved));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_is_rounded_to_the_next_midnight() {
        let at = |text: &str| -> Timestamp { text.parse().expect("time") };
        assert_eq!(midnight_after(at("2026-01-15T10:30:00Z"), 3), at("2026-01-19T00:00:00Z"));
        assert_eq!(midnight_after(at("2026-01-15T00:00:00Z"), 1), at("2026-01-16T00:00:00Z"));
        assert_eq!(next_midnight(at("2026-01-15T00:00:00Z")), at("2026-01-16T00:00:00Z"));
    }

    #[test]
    fn rules_without_action_filter_or_sense_are_refused() {
        for bad in [
            json!({"Status": "Enabled", "Filter": {}}),
            json!({"Status": "Enabled", "Expiration": {"Days": 1}}),
            json!({"Status": "On", "Filter": {}, "Expiration": {"Days": 1}}),
            json!({"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 0}}),
            json!({"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1, "Date": "2026-01-01T00:00:00Z"}}),
            json!({"Status": "Enabled", "Filter": {}, "Expiration": {"Date": "2026-01-01T01:00:00Z"}}),
            json!({"Status": "Enabled", "Filter": {}, "Transitions": [{"Days": 1, "StorageClass": "STANDARD_IA"}]}),
        ] {
            assert!(check(&bad).is_err(), "{bad}");
        }
        assert!(check(&json!({"Status": "Enabled", "Filter": {"Prefix": "a"}, "Expiration": {"Days": 1}})).is_ok());
    }
}
