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
use crate::input;
use crate::lifecycle::PutBucketLifecycleConfiguration;
use crate::location::GLOBAL_REGION;
use crate::operations::acl::{GetBucketAcl, GetObjectAcl, PutBucketAcl, PutObjectAcl};
use crate::operations::bucket::{CreateBucket, DeleteBucket, GetBucketLocation, HeadBucket, ListBuckets};
use crate::operations::config::{
    BucketAlone as GetBucketEncryption, BucketAlone as DeleteBucketEncryption, BucketAlone as GetBucketVersioning,
    BucketAlone as GetBucketPolicy, BucketAlone as DeleteBucketPolicy, BucketAlone as GetBucketPolicyStatus,
    BucketAlone as GetPublicAccessBlock, BucketAlone as DeletePublicAccessBlock, BucketAlone as GetBucketLogging,
    BucketAlone as GetBucketTagging, BucketAlone as DeleteBucketTagging, BucketAlone as GetBucketOwnershipControls,
    BucketAlone as DeleteBucketOwnershipControls, BucketAlone as GetBucketLifecycleConfiguration,
    BucketAlone as DeleteBucketLifecycle, BucketAlone as GetBucketNotificationConfiguration, BucketAlone as GetBucketCors,
    BucketAlone as DeleteBucketCors, BucketAlone as GetBucketWebsite, BucketAlone as GetBucketReplication,
    BucketAlone as GetObjectLockConfiguration, BucketAlone as DeleteBucketWebsite, BucketAlone as DeleteBucketReplication,
    BucketAlone as GetBucketRequestPayment, BucketAlone as GetBucketAccelerateConfiguration, PutBucketAccelerateConfiguration,
    PutBucketCors, PutBucketEncryption, PutBucketLogging, PutBucketOwnershipControls, PutBucketPolicy, PutBucketRequestPayment,
    PutBucketTagging, PutBucketVersioning, PutPublicAccessBlock,
};
use crate::operations::copy::CopyObject;
use crate::operations::delete::{DeleteObject, DeleteObjects};
use crate::operations::get::{GetObjectAttributes, ReadObject as GetObject, ReadObject as HeadObject};
use crate::operations::list::{ListObjectVersions, ListObjects, ListObjectsV2};
use crate::operations::multipart::{
    AbortMultipartUpload, CompleteMultipartUpload, CreateMultipartUpload, ListMultipartUploads, ListParts, UploadPart,
    UploadPartCopy,
};
use crate::operations::notification::PutBucketNotificationConfiguration;
use crate::operations::object_lock::{
    GetObjectLegalHold, GetObjectRetention, PutObjectLegalHold, PutObjectLockConfiguration, PutObjectRetention,
};
use crate::operations::put::PutObject;
use crate::operations::replication::PutBucketReplication;
use crate::operations::tagging::{self, DeleteObjectTagging, GetObjectTagging, PutObjectTagging};
use crate::records::{Bucket, S3};
use crate::{access_log, authorization, cors, document, lifecycle, location};

/// As [`nightproof_core::operations`], for inputs that are made of parts, and bodies that are streamed. What stands before the colon names
/// the arguments of the methods; `GetObject`, whose answer is streamed, is a method of its own.
macro_rules! operations {
    (
        $call:ident, $operation_name:ident, $input:ident, $body:ident: [$($get:literal),+];
        $($operation:ident => $method:ident ($($argument:expr),*) $(.$await:tt)?: [$($permission:literal),+ $(,)?]),+ $(,)?
    ) => {
        impl S3 {
            /// The operations that are written.
            pub(crate) const INPUTS: &'static [nightproof_core::operation::Input] = &[
                ("GetObject", input::unread::<GetObject>),
                $((stringify!($operation), input::unread::<$operation>)),+
            ];

            /// The permissions that each operation requires, a line for each.
            pub(crate) const PERMISSIONS: &'static str = concat!(
                $("GetObject ", $get, "\n",)+
                $($(stringify!($operation), " ", $permission, "\n"),+),+
            );

            /// Calls the method of the operation of this name.
            async fn run(
                &self,
                $call: &Call,
                $operation_name: &str,
                document: &Value,
                $body: Body,
            ) -> Result<Reply, AwsError> {
                let output = match $operation_name {
                    "GetObject" => {
                        let input: GetObject = input::read($operation_name, document)?;
                        return self.get_object($call, &input).await;
                    }
                    $(stringify!($operation) => {
                        let $input: $operation = input::read($operation_name, document)?;
                        self.$method($($argument),*)$(.$await)?
                    })+
                    other => Err(AwsError::not_implemented("s3", other)),
                }?;
                Ok(Reply::from(without_nulls(output)))
            }
        }
    };
}

// Bucket ARNs have neither region nor account. `DeleteObjects`: each key is allowed or refused by itself, in the answer.
operations!(call, operation, input, body: ["s3:GetObject {Bucket}/{Key} !VersionId", "s3:GetObjectVersion {Bucket}/{Key} ?VersionId s3:versionid=VersionId"];
    CreateBucket => create_bucket(call, &input): ["= {Bucket} s3:locationconstraint=CreateBucketConfiguration.LocationConstraint s3:x-amz-acl=ACL s3:x-amz-object-ownership=ObjectOwnership", "s3:PutBucketAcl {Bucket} ?ACL s3:x-amz-acl=ACL", "s3:PutBucketOwnershipControls {Bucket} ?ObjectOwnership"],
    DeleteBucket => delete_bucket(&input): ["= {Bucket}"],
    HeadBucket => head_bucket(&input): ["s3:ListBucket {Bucket}"],
    ListBuckets => list_buckets(call, &input): ["s3:ListAllMyBuckets *"],
    GetBucketLocation => get_bucket_location(&input): ["= {Bucket}"],

    GetBucketEncryption => config(call, operation, &input): ["s3:GetEncryptionConfiguration {Bucket}"],
    DeleteBucketEncryption => config(call, operation, &input): ["s3:PutEncryptionConfiguration {Bucket}"],
    GetBucketVersioning => config(call, operation, &input): ["= {Bucket}"],
    GetBucketPolicy => config(call, operation, &input): ["= {Bucket}"],
    DeleteBucketPolicy => config(call, operation, &input): ["= {Bucket}"],
    GetBucketPolicyStatus => config(call, operation, &input): ["= {Bucket}"],
    GetPublicAccessBlock => config(call, operation, &input): ["s3:GetBucketPublicAccessBlock {Bucket}"],
    DeletePublicAccessBlock => config(call, operation, &input): ["s3:PutBucketPublicAccessBlock {Bucket}"],
    GetBucketLogging => config(call, operation, &input): ["= {Bucket}"],
    GetBucketTagging => config(call, operation, &input): ["= {Bucket}"],
    DeleteBucketTagging => config(call, operation, &input): ["s3:PutBucketTagging {Bucket}"],
    GetBucketOwnershipControls => config(call, operation, &input): ["= {Bucket}"],
    DeleteBucketOwnershipControls => config(call, operation, &input): ["s3:PutBucketOwnershipControls {Bucket}"],
    GetBucketLifecycleConfiguration => config(call, operation, &input): ["s3:GetLifecycleConfiguration {Bucket}"],
    DeleteBucketLifecycle => config(call, operation, &input): ["s3:PutLifecycleConfiguration {Bucket}"],
    GetBucketNotificationConfiguration => config(call, operation, &input): ["s3:GetBucketNotification {Bucket}"],
    GetBucketCors => config(call, operation, &input): ["s3:GetBucketCORS {Bucket}"],
    DeleteBucketCors => config(call, operation, &input): ["s3:PutBucketCORS {Bucket}"],
    GetBucketWebsite => config(call, operation, &input): ["= {Bucket}"],
    GetBucketReplication => config(call, operation, &input): ["s3:GetReplicationConfiguration {Bucket}"],
    GetObjectLockConfiguration => config(call, operation, &input): ["s3:GetBucketObjectLockConfiguration {Bucket}"],
    DeleteBucketWebsite => config(call, operation, &input): ["= {Bucket}"],
    PutBucketReplication => put_bucket_replication(call, &input): ["s3:PutReplicationConfiguration {Bucket}", "iam:PassRole {ReplicationConfiguration.Role} iam:PassedToService='s3.amazonaws.com'"],
    DeleteBucketReplication => config(call, operation, &input): ["s3:PutReplicationConfiguration {Bucket}"],
    GetBucketRequestPayment => config(call, operation, &input): ["= {Bucket}"],
    GetBucketAccelerateConfiguration => config(call, operation, &input): ["s3:GetAccelerateConfiguration {Bucket}"],
    PutBucketEncryption => put_encryption(&input): ["s3:PutEncryptionConfiguration {Bucket}"],
    PutBucketVersioning => put_versioning(&input): ["= {Bucket}"],
    PutBucketPolicy => put_policy(call, &input): ["= {Bucket}"],
    PutPublicAccessBlock => put_public_access_block(&input): ["s3:PutBucketPublicAccessBlock {Bucket}"],
    PutBucketLogging => put_logging(&input): ["= {Bucket}"],
    PutBucketTagging => put_tagging(call, &input): ["= {Bucket}"],
    PutBucketOwnershipControls => put_ownership(&input): ["= {Bucket}"],
    PutBucketCors => put_cors(&input): ["s3:PutBucketCORS {Bucket}"],
    PutBucketRequestPayment => put_request_payment(&input): ["= {Bucket}"],
    PutBucketAccelerateConfiguration => put_acceleration(&input): ["s3:PutAccelerateConfiguration {Bucket}"],
    PutBucketLifecycleConfiguration => put_lifecycle(&input): ["s3:PutLifecycleConfiguration {Bucket}"],
    PutBucketNotificationConfiguration => put_bucket_notification_configuration(call, input).await: ["s3:PutBucketNotification {Bucket}"],
    PutObjectLockConfiguration => put_object_lock_configuration(&input): ["s3:PutBucketObjectLockConfiguration {Bucket}"],
    GetBucketAcl => get_bucket_acl(&input): ["= {Bucket}"],
    PutBucketAcl => put_bucket_acl(&input): ["= {Bucket} s3:x-amz-acl=ACL"],

    PutObject => put_object(call, &input, body).await: ["s3:PutObject {Bucket}/{Key} s3:x-amz-server-side-encryption=ServerSideEncryption s3:x-amz-server-side-encryption-aws-kms-key-id=SSEKMSKeyId s3:x-amz-server-side-encryption-customer-algorithm=SSECustomerAlgorithm s3:x-amz-storage-class=StorageClass s3:x-amz-acl=ACL s3:if-none-match=IfNoneMatch s3:if-match=IfMatch", "s3:PutObjectTagging {Bucket}/{Key} ?Tagging", "s3:PutObjectAcl {Bucket}/{Key} ?ACL s3:x-amz-acl=ACL", "s3:PutObjectRetention {Bucket}/{Key} ?ObjectLockMode", "s3:PutObjectLegalHold {Bucket}/{Key} ?ObjectLockLegalHoldStatus"],
    HeadObject => head_object(call, &input): ["s3:GetObject {Bucket}/{Key} !VersionId", "s3:GetObjectVersion {Bucket}/{Key} ?VersionId s3:versionid=VersionId"],
    GetObjectAttributes => get_object_attributes(call, &input): ["s3:GetObject {Bucket}/{Key} !VersionId", "s3:GetObjectAttributes {Bucket}/{Key} !VersionId", "s3:GetObjectVersion {Bucket}/{Key} ?VersionId s3:versionid=VersionId", "s3:GetObjectVersionAttributes {Bucket}/{Key} ?VersionId s3:versionid=VersionId"],
    CopyObject => copy_object(call, &input).await: ["s3:PutObjectRetention {Bucket}/{Key} ?ObjectLockMode", "s3:PutObjectLegalHold {Bucket}/{Key} ?ObjectLockLegalHoldStatus", "s3:PutObject {Bucket}/{Key} s3:x-amz-copy-source=CopySource s3:x-amz-metadata-directive=MetadataDirective s3:x-amz-server-side-encryption=ServerSideEncryption s3:x-amz-server-side-encryption-aws-kms-key-id=SSEKMSKeyId s3:x-amz-storage-class=StorageClass s3:x-amz-acl=ACL", "s3:PutObjectTagging {Bucket}/{Key} ?Tagging", "s3:PutObjectAcl {Bucket}/{Key} ?ACL s3:x-amz-acl=ACL", "s3:GetObject @copy-source", "s3:GetObjectVersion @copy-source-version"],
    DeleteObject => delete_object(call, &input).await: ["s3:DeleteObject {Bucket}/{Key} !VersionId", "s3:DeleteObjectVersion {Bucket}/{Key} ?VersionId s3:versionid=VersionId", "s3:BypassGovernanceRetention {Bucket}/{Key} ?BypassGovernanceRetention"],
    DeleteObjects => delete_objects(call, &input).await: ["- *"],
    ListObjects => list_objects(&input): ["s3:ListBucket {Bucket} s3:prefix=Prefix s3:delimiter=Delimiter s3:max-keys=MaxKeys"],
    ListObjectsV2 => list_objects_v2(&input): ["s3:ListBucket {Bucket} s3:prefix=Prefix s3:delimiter=Delimiter s3:max-keys=MaxKeys"],
    ListObjectVersions => list_object_versions(&input): ["s3:ListBucketVersions {Bucket} s3:prefix=Prefix s3:delimiter=Delimiter s3:max-keys=MaxKeys"],
    GetObjectAcl => get_object_acl(call, &input): ["= {Bucket}/{Key} !VersionId", "s3:GetObjectVersionAcl {Bucket}/{Key} ?VersionId"],
    PutObjectAcl => put_object_acl(call, &input).await: ["= {Bucket}/{Key} !VersionId s3:x-amz-acl=ACL", "s3:PutObjectVersionAcl {Bucket}/{Key} ?VersionId s3:x-amz-acl=ACL"],
    GetObjectTagging => get_object_tagging(call, &input).await: ["= {Bucket}/{Key} !VersionId", "s3:GetObjectVersionTagging {Bucket}/{Key} ?VersionId"],
    PutObjectTagging => put_object_tagging(call, &input).await: ["= {Bucket}/{Key} !VersionId", "s3:PutObjectVersionTagging {Bucket}/{Key} ?VersionId"],
    DeleteObjectTagging => delete_object_tagging(call, &input).await: ["= {Bucket}/{Key} !VersionId", "s3:DeleteObjectVersionTagging {Bucket}/{Key} ?VersionId"],
    PutObjectRetention => put_object_retention(call, &input): ["s3:BypassGovernanceRetention {Bucket}/{Key} ?BypassGovernanceRetention", "= {Bucket}/{Key}"],
    GetObjectRetention => get_object_retention(&input): ["= {Bucket}/{Key}"],
    PutObjectLegalHold => put_object_legal_hold(&input): ["= {Bucket}/{Key}"],
    GetObjectLegalHold => get_object_legal_hold(&input): ["= {Bucket}/{Key}"],

    CreateMultipartUpload => create_multipart_upload(call, &input).await: ["s3:PutObject {Bucket}/{Key} s3:x-amz-server-side-encryption=ServerSideEncryption s3:x-amz-server-side-encryption-aws-kms-key-id=SSEKMSKeyId s3:x-amz-server-side-encryption-customer-algorithm=SSECustomerAlgorithm s3:x-amz-storage-class=StorageClass s3:x-amz-acl=ACL s3:if-none-match=IfNoneMatch s3:if-match=IfMatch", "s3:PutObjectTagging {Bucket}/{Key} ?Tagging", "s3:PutObjectAcl {Bucket}/{Key} ?ACL s3:x-amz-acl=ACL", "s3:PutObjectRetention {Bucket}/{Key} ?ObjectLockMode", "s3:PutObjectLegalHold {Bucket}/{Key} ?ObjectLockLegalHoldStatus"],
    UploadPart => upload_part(call, &input, body).await: ["s3:PutObject {Bucket}/{Key}"],
    UploadPartCopy => upload_part_copy(call, &input).await: ["s3:PutObject {Bucket}/{Key} s3:x-amz-copy-source=CopySource", "s3:GetObject @copy-source", "s3:GetObjectVersion @copy-source-version"],
    CompleteMultipartUpload => complete_multipart_upload(call, &input).await: ["s3:PutObject {Bucket}/{Key}"],
    AbortMultipartUpload => abort_multipart_upload(&input): ["= {Bucket}/{Key}"],
    ListParts => list_parts(&input): ["s3:ListMultipartUploadParts {Bucket}/{Key}"],
    ListMultipartUploads => list_multipart_uploads(&input): ["s3:ListBucketMultipartUploads {Bucket}"],
);

impl S3 {
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

    /// Refuses a request that came to another region's endpoint than its bucket's.
    fn check_region(&self, call: &Call, operation: Option<&str>, input: &Value) -> Result<(), AwsError> {
        // The endpoint of us-east-1 tells where any bucket is.
        let open =
            operation == Some("CreateBucket") || operation == Some("GetBucketLocation") && call.region.name() == GLOBAL_REGION;
        if call.region.is_alone() || open {
            return Ok(());
        }
        let state = self.state();
        let bucket = document::text(input, "Bucket").and_then(|name| state.buckets.get(name));
        bucket.map_or(Ok(()), |bucket| location::check(call, &bucket.name, &bucket.region))
    }

    fn log_entry(&self, call: &Call, operation: &str, input: &Value) -> Option<Entry> {
        let state = self.state();
        let bucket = state.buckets.get(document::text(input, "Bucket")?)?;
        let owner = (bucket.account.as_str(), bucket.region.as_str());
        self.log.entry(call, operation, input, owner, bucket.config.get("LoggingEnabled")?)
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
        Self::PERMISSIONS
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, body: Body) -> Result<Reply, AwsError> {
        let entry = self.log_entry(call, operation, &input);
        let checked = self.check_region(call, Some(operation), &input).and_then(|()| self.check_payer(call, &input));
        let result = match checked {
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
        if missing {
            return no_such_bucket(name);
        }
        // Whether a policy denies a request, only the bucket's own region knows.
        self.check_region(call, None, input).err().unwrap_or(denial)
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
        region.tasks().spawn(Arc::clone(&self).expire_in_background(region.clone()));
        region.tasks().spawn(self.replicate_in_background(region.clone()));
    }

    async fn resources(&self, _call: &Call, kind: &str, input: &Value) -> Vec<String> {
        authorization::copy_sources(kind, input)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        let state = self.state();
        let is_own = |bucket: &&Bucket| {
            bucket.account == call.account() && location::home(&call.region, &bucket.region).name() == call.region.name()
        };
        let own = state.buckets.values().filter(is_own);
        let tags = |bucket: &Bucket| tagging::pairs(bucket.config.get("TagSet"));
        own.map(|bucket| Tagged { arn: arn(&bucket.name), tags: tags(bucket) }).collect()
    }

    fn resource_policy(&self, _account: &str, arn: &str) -> Option<ResourcePolicyText> {
        self.bucket_policy(arn)
    }
}
