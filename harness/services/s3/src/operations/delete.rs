//! Removing objects and versions.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html>

use jiff::Timestamp;
use nightproof_core::authorization::Need;
use nightproof_core::service::Call;
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::arn::arn;
use crate::document::{set, whole_seconds};
use crate::error::{invalid_argument, malformed_xml, no_such_version, precondition_failed};
use crate::event::Event;
use crate::input::{DocumentDigest, NoMfa, OnBucket, Text};
use crate::records::{Attributes, Bucket, Content, NULL, S3, Versioning, is_version_id};

/// The result of a deletion.
#[derive(Default)]
pub(crate) struct Deleted {
    /// The version that is gone, or the delete marker that was made.
    pub(crate) version: Option<String>,
    pub(crate) marker: bool,
    /// Whether it is worth telling: all is, but that a version which is named is still not there.
    told: bool,
}

impl Deleted {
    /// What those are told who want to know; `named` is whether a version was named.
    fn event(&self, key: &str, named: bool) -> Option<Event> {
        let version = self.version.as_deref().unwrap_or(NULL);
        self.told.then(|| Event::removed(key, version, self.marker && !named))
    }
}

/// Whether a request may pass governance by: it asks for that, and the caller may.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html#object-lock-retention-modes>
fn bypasses(asked: Option<bool>, bucket: &Bucket) -> Result<bool, AwsError> {
    if asked.is_some() && !bucket.has_object_lock() {
        let message = "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.";
        return Err(AwsError::new("InvalidArgument", 400, message).with("ArgumentName", "x-amz-bypass-governance-retention"));
    }
    Ok(asked == Some(true))
}

/// Refuses to delete a version that is locked.
fn check_lock(bucket: &Bucket, key: &str, version: Option<&str>, now: Timestamp, bypass: bool) -> Result<(), AwsError> {
    let locked = version.and_then(|id| bucket.version(key, id));
    locked.map_or(Ok(()), |version| version.attributes.lock.check_delete(now, bypass))
}

/// Deletes as a client would: a named version for good, else the current one, by a marker where versions are kept.
pub(crate) fn delete(bucket: &mut Bucket, key: &str, version: Option<&str>, now: Timestamp) -> Deleted {
    if let Some(id) = version {
        let removed = bucket.remove(key, id);
        let told = removed.is_some();
        let marker = removed.is_some_and(|version| version.object().is_none());
        return Deleted { version: Some(id.to_owned()), marker, told };
    }
    if bucket.versioning() == Versioning::Never {
        bucket.remove(key, NULL);
        return Deleted { told: true, ..Deleted::default() };
    }
    let id = bucket.add(key, Content::DeleteMarker, Attributes::default(), whole_seconds(now));
    Deleted { version: Some(id), marker: true, told: true }
}

fn check_condition(bucket: &Bucket, key: &str, etag: Option<&str>) -> Result<(), AwsError> {
    let Some(etag) = etag else { return Ok(()) };
    match bucket.latest(key).and_then(|version| version.object()) {
        Some(object) if etag == "*" || etag.trim_matches('"') == object.etag.trim_matches('"') => Ok(()),
        Some(_) => Err(precondition_failed("If-Match")),
        None => Err(crate::error::no_such_key(key)),
    }
}

/// Whether the caller may delete one key of a `DeleteObjects` request, each of which is decided on by itself.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
pub(crate) fn may_delete(call: &Call, bucket: &str, one: &ObjectIdentifier, bypass: Option<bool>) -> Result<(), AwsError> {
    let Some(authorizer) = call.region.authorizer() else { return Ok(()) };
    let (key, version) = (one.key.as_str(), one.version_id.get());
    let need = Need {
        action: if version.is_some() { "s3:DeleteObjectVersion" } else { "s3:DeleteObject" }.to_owned(),
        resource: arn(format!("{bucket}/{key}")),
        keys: version.map(|version| ("s3:versionid", vec![version.to_owned()])).into_iter().collect(),
    };
    authorizer.check(call, "s3", need)?;
    if bypass != Some(true) {
        return Ok(());
    }
    let resource = arn(format!("{bucket}/{key}"));
    authorizer.check(call, "s3", Need { action: "s3:BypassGovernanceRetention".to_owned(), resource, keys: Vec::new() })
}

/// A key of a `DeleteObjects` request that was not deleted.
pub(crate) fn refused_one(one: &ObjectIdentifier, error: &AwsError) -> Value {
    json!({"Key": one.key, "VersionId": one.version_id.get(), "Code": error.code, "Message": error.message})
}

/// Whether what a deletion names is a version of this key that is there or was there; another is refused.
fn may_have_been(bucket: &Bucket, key: &str, version: Option<&str>) -> bool {
    version.is_none_or(|id| {
        bucket.version(key, id).is_some() || id == NULL || (bucket.versioning() != Versioning::Never && is_version_id(id))
    })
}

inputs! {
    /// `DeleteObject`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html>
    DeleteObject {
        on: OnBucket, directory: DirectoryConditions | NoMfa;
        key: String,
        version_id: Text,
        bypass_governance_retention: Option<bool>,
        if_match: Text,
    }
    /// `DeleteObjects`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
    DeleteObjects {
        on: OnBucket | NoMfa, DocumentDigest;
        delete: Option<Delete>,
        bypass_governance_retention: Option<bool>,
    }
}

/// What is to be deleted.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Delete {
    #[serde(default)]
    objects: Vec<ObjectIdentifier>,
    #[serde(default)]
    quiet: bool,
}

/// A key or a version that is to be deleted.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ObjectIdentifier {
    #[serde(default)]
    key: String,
    #[serde(default)]
    version_id: Text,
    #[serde(rename = "ETag", default)]
    etag: Text,
    last_modified_time: Option<Timestamp>,
    size: Option<i64>,
}

/// Conditions that only directory buckets know.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DirectoryConditions {
    if_match_last_modified_time: Option<Timestamp>,
    if_match_size: Option<i64>,
}

impl S3 {
    pub(crate) async fn delete_object(&self, call: &Call, input: &DeleteObject) -> Result<Value, AwsError> {
        let key = crate::operations::put::checked_key(&input.key)?;
        let deleted = self.delete_one(call, input, key)?;
        let event = deleted.event(key, input.version_id.get().is_some());
        self.notify(call, &input.on.bucket, event.into_iter().collect()).await;
        let mut output = json!({"VersionId": deleted.version});
        if deleted.marker {
            set(&mut output, "DeleteMarker", json!(true));
        }
        Ok(output)
    }

    fn delete_one(&self, call: &Call, input: &DeleteObject, key: &str) -> Result<Deleted, AwsError> {
        refuse_directory_conditions([
            (input.directory.if_match_last_modified_time.is_some(), "x-amz-if-match-last-modified-time"),
            (input.directory.if_match_size.is_some(), "x-amz-if-match-size"),
        ])?;
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        let bypass = bypasses(input.bypass_governance_retention, bucket)?;
        check_condition(bucket, key, input.if_match.get())?;
        let version = input.version_id.get();
        if !may_have_been(bucket, key, version) {
            return Err(invalid_argument("Invalid version id specified", "versionId", version.unwrap_or_default()));
        }
        check_lock(bucket, key, version, call.now, bypass)?;
        Ok(delete(bucket, key, version, call.now))
    }

    pub(crate) async fn delete_objects(&self, call: &Call, input: &DeleteObjects) -> Result<Value, AwsError> {
        let (output, events) = self.delete_all(call, input)?;
        self.notify(call, &input.on.bucket, events).await;
        Ok(output)
    }

    fn delete_all(&self, call: &Call, input: &DeleteObjects) -> Result<(Value, Vec<Event>), AwsError> {
        let request = input.delete.as_ref().ok_or_else(malformed_xml)?;
        let wanted = &request.objects;
        if wanted.is_empty() || wanted.len() > 1000 {
            return Err(malformed_xml());
        }
        let quiet = request.quiet;
        let (mut deleted, mut errors, mut events) = (Vec::new(), Vec::new(), Vec::new());
        let bypass = input.bypass_governance_retention;
        let mut denials: Vec<Option<AwsError>> =
            wanted.iter().map(|one| may_delete(call, &input.on.bucket, one, bypass).err()).collect();
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        let bypass = bypasses(input.bypass_governance_retention, bucket)?;
        for (one, denied) in wanted.iter().zip(&mut denials) {
            let (key, version) = (one.key.as_str(), one.version_id.get());
            let allowed = denied.take().map_or(Ok(()), Err);
            let refused = allowed
                .and_then(|()| {
                    refuse_directory_conditions([
                        (one.last_modified_time.is_some(), "LastModifiedTime"),
                        (one.size.is_some(), "Size"),
                    ])
                })
                .and_then(|()| check_condition(bucket, key, one.etag.get()))
                .and_then(|()| {
                    if may_have_been(bucket, key, version) {
                        Ok(())
                    } else {
                        Err(no_such_version(key, version.unwrap_or_default()))
                    }
                })
                .and_then(|()| check_lock(bucket, key, version, call.now, bypass));
            if let Err(error) = refused {
                errors.push(refused_one(one, &error));
                continue;
            }
            let result = delete(bucket, key, version, call.now);
            events.extend(result.event(key, version.is_some()));
            if quiet {
                continue;
            }
            let mut answer = json!({"Key": key, "VersionId": version});
            if result.marker {
                set(&mut answer, "DeleteMarker", json!(true));
                set(&mut answer, "DeleteMarkerVersionId", json!(result.version));
            }
            deleted.push(answer);
        }
        Ok((json!({"Deleted": deleted, "Errors": errors}), events))
    }
}

/// Refuses conditions that only directory buckets know, in S3's words.
fn refuse_directory_conditions(conditions: [(bool, &str); 2]) -> Result<(), AwsError> {
    match conditions.into_iter().find(|(given, _)| *given) {
        None => Ok(()),
        Some((_, header)) => {
            Err(AwsError::new("NotImplemented", 501, "A header you provided implies functionality that is not implemented")
                .with("Header", header))
        }
    }
}
