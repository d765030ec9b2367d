//! S3: buckets, their configuration, objects of any size as encrypted files, versions, multipart uploads, server access logs
//! and lifecycle rules.

mod access_log;
mod authorization;
mod blob;
mod bucket;
mod checksum;
mod condition;
mod config;
mod copy;
mod delete;
mod document;
mod encryption;
mod error;
mod get;
mod lifecycle;
mod list;
mod multipart;
pub(crate) mod policy;
mod put;
mod remote;
mod resources;
mod state;
mod tagging;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use nightproof_core::Region;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::service::{Body, Call, Reply, Service, Tagged};
use nightproof_wire::AwsError;
use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;

use access_log::{AccessLog, Entry};

pub use access_log::LOGGING;
pub use remote::RemoteS3;
pub use resources::resource_types;

/// From the first access log line of a batch to its delivery.
const LOG_DELAY: Duration = Duration::from_millis(100);

/// The service `s3`.
pub struct S3 {
    folder: PathBuf,
    state: Mutex<state::State>,
    next: AtomicU64,
    log: AccessLog,
}

impl S3 {
    /// Objects live under `folder`, a folder by account and bucket.
    pub fn new(folder: impl Into<PathBuf>) -> Arc<Self> {
        Self::with_log_delay(folder, LOG_DELAY)
    }

    /// As [`S3::new`], with another time from the first access log line of a batch to its delivery.
    pub fn with_log_delay(folder: impl Into<PathBuf>, log_delay: Duration) -> Arc<Self> {
        Arc::new(Self { folder: folder.into(), state: Mutex::default(), next: AtomicU64::new(1), log: AccessLog::new(log_delay) })
    }

    fn state(&self) -> MutexGuard<'_, state::State> {
        self.state.lock()
    }

    fn next_id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    async fn run(&self, call: &Call, operation: &str, input: &Value, body: Body) -> Result<Reply, AwsError> {
        let output = match operation {
            "CreateBucket" => self.create_bucket(call, input)?,
            "DeleteBucket" => self.delete_bucket(input)?,
            "HeadBucket" => self.head_bucket(call, input)?,
            "ListBuckets" => self.list_buckets(call, input)?,
            "GetBucketLocation" => self.get_bucket_location(call, input)?,
            "PutObject" => self.put_object(call, input, body).await?,
            "GetObject" => return self.get_object(call, input).await,
            "HeadObject" => self.head_object(call, input)?,
            "GetObjectAttributes" => self.get_object_attributes(input)?,
            "GetObjectAcl" => self.get_object_acl(input)?,
            "PutObjectAcl" => self.put_object_acl(input)?,
            "DeleteObject" => self.delete_object(call, input)?,
            "DeleteObjects" => self.delete_objects(call, input)?,
            "CopyObject" => self.copy_object(call, input).await?,
            "GetObjectTagging" | "PutObjectTagging" | "DeleteObjectTagging" => self.object_tagging(operation, input)?,
            "ListObjects" => self.list_objects(input)?,
            "ListObjectsV2" => self.list_objects_v2(input)?,
            "ListObjectVersions" => self.list_object_versions(input)?,
            "CreateMultipartUpload" => self.create_multipart_upload(call, input).await?,
            "UploadPart" => self.upload_part(call, input, body).await?,
            "UploadPartCopy" => self.upload_part_copy(call, input).await?,
            "CompleteMultipartUpload" => self.complete_multipart_upload(call, input).await?,
            "AbortMultipartUpload" => self.abort_multipart_upload(input)?,
            "ListParts" => self.list_parts(input)?,
            "ListMultipartUploads" => self.list_multipart_uploads(input)?,
            _ => match self.config(call, operation, input) {
                Some(result) => result?,
                None => return Err(AwsError::not_implemented("s3", operation)),
            },
        };
        Ok(Reply::from(without_nulls(output)))
    }

    /// Delivers the access log lines that wait.
    pub async fn deliver_logs(&self, region: &Region) {
        self.log.deliver(region).await;
    }

    fn log_entry(&self, call: &Call, operation: &str, input: &Value) -> Option<Entry> {
        let state = self.state();
        let bucket = state.buckets.get(document::text(input, "Bucket")?)?;
        self.log.entry(call, operation, input, &bucket.account, bucket.config.get("LoggingEnabled")?)
    }

    fn size_of(&self, object: &access_log::Object<'_>) -> Option<u64> {
        let state = self.state();
        let bucket = state.buckets.get(object.bucket)?;
        let found = match object.version {
            Some(id) => bucket.version(object.key, id),
            None => bucket.latest(object.key),
        };
        found.and_then(|version| version.object()).map(|object| object.size)
    }

    async fn expire_in_background(self: Arc<Self>, region: Region) {
        loop {
            let midnight = lifecycle::next_midnight(region.clock().now());
            tokio::select! {
                () = region.clock().sleep_until(midnight) => self.expire(region.clock().now()),
                () = region.stopping().cancelled() => return,
            }
        }
    }
}

#[async_trait]
impl Service for S3 {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, body: Body) -> Result<Reply, AwsError> {
        let entry = self.log_entry(call, operation, &input);
        let result = self.run(call, operation, &input, body).await;
        let result = result.map_err(|error| authorization::concealed(call, &input, error));
        match entry {
            Some(entry) => self.log.answer(entry, result, |object, _| self.size_of(object)),
            None => result,
        }
    }

    fn refused(&self, call: &Call, operation: &str, input: &Value, error: &AwsError) {
        if let Some(entry) = self.log_entry(call, operation, input) {
            self.log.answer(entry, Err(error.clone()), |_, _| None).err();
        }
    }

    fn start(self: Arc<Self>, region: &Region) {
        region.tasks().spawn({
            let (s3, region) = (Arc::clone(&self), region.clone());
            async move { s3.log.deliver_in_background(&region).await }
        });
        region.tasks().spawn(self.expire_in_background(region.clone()));
    }

    async fn resources(&self, _call: &Call, kind: &str, input: &Value) -> Vec<String> {
        authorization::copy_sources(kind, input)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        let state = self.state();
        let own = state.buckets.values().filter(|bucket| bucket.account == call.account());
        let tags = |bucket: &state::Bucket| tagging::pairs(bucket.config.get("TagSet"));
        own.map(|bucket| Tagged { arn: format!("arn:aws:s3:::{}", bucket.name), tags: tags(bucket) }).collect()
    }

    fn resource_policy(&self, _account: &str, arn: &str) -> Option<ResourcePolicyText> {
        self.bucket_policy(arn)
    }
}

/// Sets a member of a document.
fn set(document: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = document {
        members.insert(name.to_owned(), value);
    }
}

/// Absent members are absent: `null` stands for nothing in a document.
fn without_nulls(mut document: Value) -> Value {
    match &mut document {
        Value::Object(members) => {
            members.retain(|_, value| !value.is_null());
            for value in members.values_mut() {
                *value = without_nulls(std::mem::take(value));
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without_nulls(std::mem::take(item));
            }
        }
        _ => {}
    }
    document
}
