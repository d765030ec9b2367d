//! The buckets of the stack and what is in them.

use std::collections::BTreeSet;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::Resources;
use crate::chain::failure::{HopFailure, at};
use crate::{FailurePoint, Hop};

/// A bucket, and where its access is logged.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    /// Target bucket and prefix.
    pub(crate) log: Option<(String, String)>,
}

/// One version of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Object {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version: Option<String>,
    /// Tells apart what was overwritten in a bucket without versions.
    pub(crate) mark: String,
    pub(crate) bytes: u64,
    /// When it was put there: seconds since 1970 on the region's clock.
    pub(crate) at: i64,
}

/// What is in the buckets.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listing {
    /// All versions of all objects.
    pub(crate) versions: BTreeSet<Object>,
    /// Of them, what a reader gets who asks for no version.
    pub(crate) current: BTreeSet<Object>,
    /// What marks objects as deleted.
    pub(crate) deleted: Vec<Object>,
}

impl Listing {
    /// What a reader would still find: without what was deleted again, and so can be had by its version alone. With `current_only` without what was
    /// overwritten, too.
    pub(crate) fn present(mut self, current_only: bool) -> Self {
        if current_only {
            self.versions.clone_from(&self.current);
        } else {
            let there: BTreeSet<(&str, &str)> = self.current.iter().map(Object::place).collect();
            let gone: Vec<Object> = self.versions.iter().filter(|object| !there.contains(&object.place())).cloned().collect();
            for object in gone {
                self.versions.remove(&object);
            }
        }
        self
    }
}

/// The buckets that may get archives: the `wanted` one, or all of the stack but those that only get access logs.
pub(crate) async fn find(client: &DynamicClient, wanted: Option<&str>, resources: &Resources) -> Result<Vec<Bucket>, HopFailure> {
    let mut names: Vec<String> = match wanted {
        None => resources.ids("AWS::S3::Bucket"),
        Some(wanted) => {
            let own = resources.of_type("AWS::S3::Bucket").find(|bucket| bucket.logical == wanted || bucket.physical == wanted);
            vec![own.map_or_else(|| wanted.to_owned(), |bucket| bucket.physical.clone())]
        }
    };
    names.sort();
    let mut buckets = Vec::new();
    for name in names {
        let answer = client.ask("s3", "GetBucketLogging", &json!({ "Bucket": name })).await;
        let answer = answer.map_err(at(Hop::Object, "GetBucketLogging"))?;
        let member = |name: &str| answer.pointer(&format!("/LoggingEnabled/{name}")).and_then(Value::as_str).map(str::to_owned);
        let log = member("TargetBucket").map(|target| (target, member("TargetPrefix").unwrap_or_default()));
        buckets.push(Bucket { name, log });
    }
    let targets: BTreeSet<String> =
        buckets.iter().filter_map(|bucket| bucket.log.as_ref()).map(|(target, _)| target.clone()).collect();
    let loggers: BTreeSet<String> =
        buckets.iter().filter(|bucket| bucket.log.is_some()).map(|bucket| bucket.name.clone()).collect();
    // A bucket that logs into itself still gets archives.
    buckets.retain(|bucket| !targets.contains(&bucket.name) || loggers.contains(&bucket.name));
    if buckets.is_empty() {
        return Err(HopFailure::at(Hop::Object, "the stack has no bucket for archives; name one by --bucket"));
    }
    Ok(buckets)
}

/// All versions of all objects in `buckets`.
pub(crate) async fn objects(client: &DynamicClient, buckets: &[Bucket]) -> Result<Listing, HopFailure> {
    let mut found = Listing::default();
    for bucket in buckets {
        let mut after = None;
        loop {
            let page = versions(client, &bucket.name, after).await.map_err(at(Hop::Object, "ListObjectVersions"))?;
            after = page.next();
            for version in page.versions {
                let is_latest = version.is_latest;
                let object = version.into_object(&bucket.name);
                if is_latest {
                    found.current.insert(object.clone());
                }
                found.versions.insert(object);
            }
            found.deleted.extend(page.delete_markers.into_iter().map(|marker| marker.into_object(&bucket.name)));
            if after.is_none() {
                break;
            }
        }
    }
    Ok(found)
}

/// The listing with the object that has just started a backup, which is none of its archives.
pub(crate) async fn with_source(
    client: &DynamicClient,
    mut before: Listing,
    buckets: &[Bucket],
    source: Option<(&str, &str)>,
) -> Result<Listing, HopFailure> {
    let Some((name, key)) = source else { return Ok(before) };
    let its: Vec<Bucket> = buckets.iter().filter(|bucket| bucket.name == name).cloned().collect();
    let now = objects(client, &its).await?;
    let is_it = |object: &Object| object.key == key;
    before.versions.extend(now.versions.into_iter().filter(is_it));
    before.current.extend(now.current.into_iter().filter(is_it));
    Ok(before)
}

impl Object {
    /// Its bucket and key.
    pub(crate) fn place(&self) -> (&str, &str) {
        (&self.bucket, &self.key)
    }

    /// What names this version in a call.
    pub(crate) fn input(&self) -> Value {
        json!({ "Bucket": self.bucket, "Key": self.key, "VersionId": self.version })
    }

    /// The same, for some of its bytes.
    pub(crate) fn range(&self, range: &str) -> Value {
        json!({ "Bucket": self.bucket, "Key": self.key, "VersionId": self.version, "Range": range })
    }
}

/// A page of the versions of a bucket's objects.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Versions {
    #[serde(default)]
    pub(crate) versions: Vec<Version>,
    #[serde(default)]
    pub(crate) delete_markers: Vec<Version>,
    #[serde(default)]
    is_truncated: bool,
    next_key_marker: Option<String>,
    next_version_id_marker: Option<String>,
}

/// Where a page ends: key and version.
pub(crate) type Marker = (Option<String>, Option<String>);

impl Versions {
    /// Where the next page begins, if there is one.
    pub(crate) fn next(&self) -> Option<Marker> {
        self.is_truncated.then(|| (self.next_key_marker.clone(), self.next_version_id_marker.clone()))
    }
}

/// A version of an object, or what marks it as deleted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Version {
    pub(crate) key: String,
    version_id: Option<String>,
    #[serde(default)]
    is_latest: bool,
    /// RFC 3339.
    #[serde(default)]
    pub(crate) last_modified: String,
    #[serde(default)]
    e_tag: String,
    #[serde(default)]
    pub(crate) size: u64,
}

impl Version {
    /// Its id; none of what was stored without.
    pub(crate) fn id(&self) -> Option<&str> {
        self.version_id.as_deref().filter(|id| *id != "null")
    }

    fn into_object(self, bucket: &str) -> Object {
        Object {
            bucket: bucket.to_owned(),
            version: self.id().map(str::to_owned),
            mark: format!("{} {}", self.e_tag, self.last_modified),
            at: self.at(),
            key: self.key,
            bytes: self.size,
        }
    }

    /// When it was put there: seconds since 1970 on the region's clock.
    fn at(&self) -> i64 {
        DateTime::from_str(&self.last_modified, Format::DateTimeWithOffset).map(|at| at.secs()).unwrap_or_default()
    }
}

/// The versions of a bucket's objects that come `after` a page.
///
/// # Errors
/// S3's own.
pub(crate) async fn versions(client: &DynamicClient, bucket: &str, after: Option<Marker>) -> Result<Versions, AwsError> {
    let (key, version) = after.unwrap_or_default();
    let input = json!({ "Bucket": bucket, "KeyMarker": key, "VersionIdMarker": version });
    client.read("s3", "ListObjectVersions", &input).await
}

/// The names of all buckets of the account.
///
/// # Errors
/// S3's own.
pub(crate) async fn all(client: &DynamicClient) -> Result<Vec<String>, AwsError> {
    let answer = client.ask("s3", "ListBuckets", &json!({})).await?;
    let buckets = answer.get("Buckets").and_then(Value::as_array).into_iter().flatten();
    Ok(buckets.filter_map(|bucket| bucket.get("Name").and_then(Value::as_str)).map(str::to_owned).collect())
}

/// Whether there is such a bucket.
pub(crate) async fn exists(client: &DynamicClient, name: &str) -> Result<bool, HopFailure> {
    match client.ask("s3", "HeadBucket", &json!({ "Bucket": name })).await {
        Ok(_) => Ok(true),
        Err(error) if error.status == 404 => Ok(false),
        Err(error) => Err(at(FailurePoint::Drill, "HeadBucket")(error)),
    }
}

/// Removes all objects of a bucket of the drill's own, with versions, delete markers and unfinished uploads.
pub(crate) async fn empty(client: &DynamicClient, bucket: &str) -> Result<(), HopFailure> {
    loop {
        let page = versions(client, bucket, None).await.map_err(at(FailurePoint::Drill, "ListObjectVersions"))?;
        let found = page.versions.iter().chain(&page.delete_markers);
        let objects: Vec<Value> = found.map(|found| json!({ "Key": found.key, "VersionId": found.version_id })).collect();
        if objects.is_empty() {
            break;
        }
        let input = json!({ "Bucket": bucket, "Delete": { "Objects": objects, "Quiet": true } });
        let answer = client.ask("s3", "DeleteObjects", &input).await;
        let answer = answer.map_err(at(FailurePoint::Drill, "DeleteObjects"))?;
        if let Some(error) = answer.pointer("/Errors/0") {
            let member = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
            let reason = format!("DeleteObjects in {bucket}: {}: {}", member("Key"), member("Message"));
            return Err(HopFailure::at(FailurePoint::Drill, reason));
        }
    }
    let uploads = client.ask("s3", "ListMultipartUploads", &json!({ "Bucket": bucket })).await;
    let uploads = uploads.map_err(at(FailurePoint::Drill, "ListMultipartUploads"))?;
    for upload in uploads.get("Uploads").and_then(Value::as_array).into_iter().flatten() {
        let input = json!({ "Bucket": bucket, "Key": upload.get("Key"), "UploadId": upload.get("UploadId") });
        let aborted = client.ask("s3", "AbortMultipartUpload", &input).await;
        aborted.map_err(at(FailurePoint::Drill, "AbortMultipartUpload"))?;
    }
    Ok(())
}
