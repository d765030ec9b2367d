//! Removing objects and versions.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html>

use jiff::Timestamp;
use nightproof_core::authorization::Need;
use nightproof_core::service::Call;
use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::arn::arn;
use crate::document::{flag, list, owned, set, text, whole_seconds};
use crate::error::{malformed_xml, precondition_failed};
use crate::records::{Bucket, Content, NULL, S3, Versioning};

/// The result of a deletion.
#[derive(Default)]
pub(crate) struct Deleted {
    /// The version that is gone, or the delete marker that was made.
    pub(crate) version: Option<String>,
    pub(crate) marker: bool,
}

/// Deletes as a client would: a named version for good, else the current one, by a marker where versions are kept.
pub(crate) fn delete(bucket: &mut Bucket, key: &str, version: Option<&str>, now: Timestamp) -> Deleted {
    if let Some(id) = version {
        let removed = bucket.remove(key, id);
        let marker = removed.is_some_and(|version| version.object().is_none());
        return Deleted { version: Some(id.to_owned()), marker };
    }
    if bucket.versioning() == Versioning::Never {
        bucket.remove(key, NULL);
        return Deleted::default();
    }
    let id = bucket.add(key, Content::DeleteMarker, Vec::new(), whole_seconds(now));
    Deleted { version: Some(id), marker: true }
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
pub(crate) fn may_delete(call: &Call, input: &Value, one: &Value) -> Result<(), AwsError> {
    let Some(authorizer) = call.region.authorizer() else { return Ok(()) };
    let (bucket, key) = (text(input, "Bucket").unwrap_or_default(), text(one, "Key").unwrap_or_default());
    let version = text(one, "VersionId");
    let need = Need {
        action: if version.is_some() { "s3:DeleteObjectVersion" } else { "s3:DeleteObject" }.to_owned(),
        resource: arn(format!("{bucket}/{key}")),
        keys: version.map(|version| ("s3:versionid", vec![version.to_owned()])).into_iter().collect(),
    };
    authorizer.check(call, "s3", need)
}

/// A key of a `DeleteObjects` request that was not deleted.
pub(crate) fn refused_one(one: &Value, error: &AwsError) -> Value {
    json!({"Key": owned(one, "Key"), "VersionId": owned(one, "VersionId"), "Code": error.code, "Message": error.message})
}

impl S3 {
    pub(crate) fn delete_object(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let key = crate::operations::put::checked_key(input)?;
        refuse_directory_conditions(input)?;
        let mut state = self.state();
        let bucket = state.bucket(input)?;
        check_condition(bucket, key, text(input, "IfMatch"))?;
        let deleted = delete(bucket, key, text(input, "VersionId"), call.now);
        let mut output = json!({"VersionId": deleted.version});
        if deleted.marker {
            set(&mut output, "DeleteMarker", json!(true));
        }
        Ok(output)
    }

    pub(crate) fn delete_objects(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let request = Self::payload(input, "Delete")?;
        let wanted = list(request, "Objects");
        if wanted.is_empty() || wanted.len() > 1000 {
            return Err(malformed_xml());
        }
        let quiet = flag(request, "Quiet").unwrap_or(false);
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        let mut denials: Vec<Option<AwsError>> = wanted.iter().map(|one| may_delete(call, input, one).err()).collect();
        let mut state = self.state();
        let bucket = state.bucket(input)?;
        for (one, denied) in wanted.iter().zip(&mut denials) {
            let key = text(one, "Key").unwrap_or_default();
            let version = text(one, "VersionId");
            let allowed = denied.take().map_or(Ok(()), Err);
            let refused = allowed
                .and_then(|()| refuse_directory_conditions(one))
                .and_then(|()| check_condition(bucket, key, text(one, "ETag")));
            if let Err(error) = refused {
                errors.push(refused_one(one, &error));
                continue;
            }
            let result = delete(bucket, key, version, call.now);
            if quiet {
                continue;
            }
            let mut answer = json!({"Key": key, "VersionId": owned(one, "VersionId")});
            if result.marker {
                set(&mut answer, "DeleteMarker", json!(true));
                set(&mut answer, "DeleteMarkerVersionId", json!(result.version));
            }
            deleted.push(answer);
        }
        Ok(json!({"Deleted": deleted, "Errors": errors}))
    }
}

fn refuse_directory_conditions(input: &Value) -> Result<(), AwsError> {
    for member in ["IfMatchLastModifiedTime", "IfMatchSize", "LastModifiedTime", "Size"] {
        if input.get(member).is_some_and(|value| !value.is_null()) {
            return Err(crate::error::not_implemented(member));
        }
    }
    Ok(())
}
