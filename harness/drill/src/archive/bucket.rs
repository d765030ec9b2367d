//! The buckets of the stack and what is in them.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use crate::account::clients::Clients;
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
}

/// What is in the buckets.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listing {
    /// All versions of all objects.
    pub(crate) versions: BTreeSet<Object>,
    /// Of them, what a reader gets who asks for no version.
    pub(crate) current: BTreeSet<Object>,
}

/// The buckets that may get archives: the `wanted` one, or all of the stack but those that only get access logs.
pub(crate) async fn find(clients: &Clients, wanted: Option<&str>, resources: &Resources) -> Result<Vec<Bucket>, HopFailure> {
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
        let answer = clients.s3.get_bucket_logging().bucket(&name).send().await.map_err(at(Hop::Object, "GetBucketLogging"))?;
        let log = answer.logging_enabled().map(|log| (log.target_bucket().to_owned(), log.target_prefix().to_owned()));
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
pub(crate) async fn objects(clients: &Clients, buckets: &[Bucket]) -> Result<Listing, HopFailure> {
    let mut found = Listing::default();
    for bucket in buckets {
        let (mut key, mut version) = (None, None);
        loop {
            let answer = clients
                .s3
                .list_object_versions()
                .bucket(&bucket.name)
                .set_key_marker(key)
                .set_version_id_marker(version)
                .send()
                .await
                .map_err(at(Hop::Object, "ListObjectVersions"))?;
            for object in answer.versions() {
                let is_latest = object.is_latest() == Some(true);
                let object = Object {
                    bucket: bucket.name.clone(),
                    key: object.key().unwrap_or_default().to_owned(),
                    version: object.version_id().filter(|id| *id != "null").map(str::to_owned),
                    mark: format!(
                        "{} {}",
                        object.e_tag().unwrap_or_default(),
                        object.last_modified().map(ToString::to_string).unwrap_or_default()
                    ),
                    bytes: object.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
                };
                if is_latest {
                    found.current.insert(object.clone());
                }
                found.versions.insert(object);
            }
            if answer.is_truncated() != Some(true) {
                break;
            }
            (key, version) = (answer.next_key_marker.clone(), answer.next_version_id_marker.clone());
        }
    }
    Ok(found)
}

/// Whether there is such a bucket.
pub(crate) async fn exists(clients: &Clients, name: &str) -> Result<bool, HopFailure> {
    match clients.s3.head_bucket().bucket(name).send().await {
        Ok(_) => Ok(true),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found()) => Ok(false),
        Err(error) => Err(at(FailurePoint::Drill, "HeadBucket")(error)),
    }
}

/// Removes all objects of a bucket of the drill's own, with versions, delete markers and unfinished uploads.
pub(crate) async fn empty(clients: &Clients, bucket: &str) -> Result<(), HopFailure> {
    loop {
        let answer = clients
            .s3
            .list_object_versions()
            .bucket(bucket)
            .send()
            .await
            .map_err(at(FailurePoint::Drill, "ListObjectVersions"))?;
        let versions = answer.versions().iter().map(|found| (found.key(), found.version_id()));
        let markers = answer.delete_markers().iter().map(|found| (found.key(), found.version_id()));
        let identifiers: Vec<ObjectIdentifier> = versions
            .chain(markers)
            .filter_map(|(key, version)| {
                ObjectIdentifier::builder().key(key?).set_version_id(version.map(str::to_owned)).build().ok()
            })
            .collect();
        if identifiers.is_empty() {
            break;
        }
        let delete = Delete::builder()
            .set_objects(Some(identifiers))
            .quiet(true)
            .build()
            .map_err(|error| HopFailure::at(FailurePoint::Drill, error.to_string()))?;
        let answer = clients
            .s3
            .delete_objects()
            .bucket(bucket)
            .delete(delete)
            .send()
            .await
            .map_err(at(FailurePoint::Drill, "DeleteObjects"))?;
        if let Some(error) = answer.errors().first() {
            let reason = format!("{}: {}", error.key().unwrap_or_default(), error.message().unwrap_or_default());
            return Err(HopFailure::at(FailurePoint::Drill, format!("DeleteObjects in {bucket}: {reason}")));
        }
    }
    let uploads = clients
        .s3
        .list_multipart_uploads()
        .bucket(bucket)
        .send()
        .await
        .map_err(at(FailurePoint::Drill, "ListMultipartUploads"))?;
    for upload in uploads.uploads() {
        clients
            .s3
            .abort_multipart_upload()
            .bucket(bucket)
            .key(upload.key().unwrap_or_default())
            .upload_id(upload.upload_id().unwrap_or_default())
            .send()
            .await
            .map_err(at(FailurePoint::Drill, "AbortMultipartUpload"))?;
    }
    Ok(())
}
