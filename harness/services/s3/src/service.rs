//! The service's operations by name, its background tasks, and what other services ask of its records.

use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::service::{Body, Call, CrossOrigin, Reply, Service, Tagged};
use nightproof_core::{Principal, Region};
use nightproof_wire::AwsError;
use serde_json::Value;

use crate::access_log::Entry;
use crate::arn::arn;
use crate::document::without_nulls;
use crate::error::{access_denied, no_such_bucket};
use crate::operations::tagging;
use crate::records::{Bucket, S3};
use crate::{access_log, authorization, cors, document, lifecycle};

/// Members that no operation acts upon.
const UNREAD: [&str; 7] = [
    "AnnotationDirective",
    "BucketNamespace",
    "IfMatchInitiatedTime",
    "ObjectLockEventHold",
    "ObjectLockEventHoldDurationDays",
    "ObjectLockEventHoldDurationYears",
    "Token",
];

impl S3 {
    async fn run(&self, call: &Call, operation: &str, input: &Value, body: Body) -> Result<Reply, AwsError> {
        if let Some(member) = UNREAD.iter().find(|member| input.get(**member).is_some()) {
            return Err(AwsError::not_implemented("s3", &format!("{operation} with {member}")));
        }
        let output = match operation {
            "CreateBucket" => self.create_bucket(call, input)?,
            "DeleteBucket" => self.delete_bucket(input)?,
            "HeadBucket" => self.head_bucket(call, input)?,
            "ListBuckets" => self.list_buckets(call, input)?,
            "GetBucketLocation" => self.get_bucket_location(call, input)?,
            "PutObject" => self.put_object(call, input, body).await?,
            "GetObject" => return self.get_object(call, input).await,
            "HeadObject" => self.head_object(call, input)?,
            "GetObjectAttributes" => self.get_object_attributes(call, input)?,
            "GetBucketAcl" => self.get_bucket_acl(input)?,
            "PutBucketAcl" => self.put_bucket_acl(input)?,
            "GetObjectAcl" => self.get_object_acl(call, input)?,
            "PutObjectAcl" => self.put_object_acl(call, input).await?,
            "DeleteObject" => self.delete_object(call, input).await?,
            "DeleteObjects" => self.delete_objects(call, input).await?,
            "CopyObject" => self.copy_object(call, input).await?,
            "GetObjectTagging" | "PutObjectTagging" | "DeleteObjectTagging" => {
                self.object_tagging(call, operation, input).await?
            }
            "PutBucketNotificationConfiguration" => self.put_bucket_notification_configuration(call, input).await?,
            "PutObjectLockConfiguration" => self.put_object_lock_configuration(input)?,
            "PutObjectRetention" => self.put_object_retention(call, input)?,
            "GetObjectRetention" => self.get_object_retention(input)?,
            "PutObjectLegalHold" => self.put_object_legal_hold(input)?,
            "GetObjectLegalHold" => self.get_object_legal_hold(input)?,
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

    /// Refuses who does not want to pay for what the owner does not pay for.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html>
    fn check_payer(&self, call: &Call, input: &Value) -> Result<(), AwsError> {
        let state = self.state();
        let bucket = document::text(input, "Bucket").and_then(|name| state.buckets.get(name));
        let paid = document::text(input, "RequestPayer") == Some("requester") && call.caller.principal != Principal::Anonymous;
        match bucket {
            Some(bucket) if bucket.requester_pays() && bucket.account != call.account() && !paid => {
                Err(access_denied("Access Denied"))
            }
            _ => Ok(()),
        }
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
        let result = match self.check_payer(call, &input) {
            Ok(()) => self.run(call, operation, &input, body).await,
            Err(error) => Err(error),
        };
        let result = result.map_err(|error| authorization::concealed(call, &input, error));
        match entry {
            Some(entry) => self.log.answer(entry, result, |object, _| self.size_of(object)),
            None => result,
        }
    }

    fn cross_origin(&self, bucket: &str, asked: &CrossOrigin<'_>) -> Result<Option<Vec<(&'static str, String)>>, AwsError> {
        let state = self.state();
        let found = state.buckets.get(bucket);
        let allowed = found.and_then(|bucket| bucket.cors.as_ref()).and_then(|cors| cors.headers(asked));
        if allowed.is_some() || !asked.preflight {
            return Ok(allowed);
        }
        Err(match found {
            None => cors::forbidden("Bucket not found", asked.method, "BUCKET"),
            Some(bucket) if bucket.cors.is_none() => {
                cors::forbidden("CORS is not enabled for this bucket.", asked.method, "BUCKET")
            }
            Some(_) => cors::forbidden(
                "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
                asked.method,
                if asked.key.is_some() { "OBJECT" } else { "BUCKET" },
            ),
        })
    }

    /// A stranger is told that there is no bucket, before being told that it is not public.
    fn denied(&self, call: &Call, input: &Value, denial: AwsError) -> AwsError {
        let name = document::text(input, "Bucket").unwrap_or_default();
        let missing =
            call.caller.principal == Principal::Anonymous && !name.is_empty() && !self.state().buckets.contains_key(name);
        if missing { no_such_bucket(name) } else { denial }
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
        let tags = |bucket: &Bucket| tagging::pairs(bucket.config.get("TagSet"));
        own.map(|bucket| Tagged { arn: arn(&bucket.name), tags: tags(bucket) }).collect()
    }

    fn resource_policy(&self, _account: &str, arn: &str) -> Option<ResourcePolicyText> {
        self.bucket_policy(arn)
    }
}
