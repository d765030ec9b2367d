//! S3 whose buckets and objects are in a store elsewhere. Authorization by bucket policies stays here, and so do KMS's data keys and
//! access logs. `docs/stores.md` says where it differs from the embedded one.

mod copy;
mod data_key;
mod facts;
mod lookup;
mod times;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use facts::Facts;
use http_body::Body as _;
use nightproof_core::Region;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::service::{AwsError, Body, Call, Prepared, Reply, Service, Tagged, empty_body};
use nightproof_store::{Known, Question, Store};
use parking_lot::Mutex;
use serde_json::{Value, json};
use times::Times;

use crate::access_log::{AccessLog, LOG_DELAY};
use crate::arn::arn;
use crate::document::{flag, list, number, set, text};
use crate::encryption::{Encryption, Wanted};
use crate::error::{invalid_request, malformed_xml, no_lists, not_implemented};
use crate::input::part;
use crate::operations::copy::Source;
use crate::operations::{delete, tagging};
use crate::records::S3;
use crate::{authorization, policy};

/// The service `s3` on a store elsewhere.
pub struct RemoteS3 {
    store: Store,
    buckets: Known<Facts>,
    /// Who made which bucket; the store does not say.
    owners: Mutex<HashMap<String, String>>,
    /// The keys of uploads that have not ended, by their ids: the store answers nothing about them.
    uploads: Mutex<HashMap<String, Encryption>>,
    times: Times,
    log: AccessLog,
}

impl RemoteS3 {
    /// On `store`.
    pub fn new(store: Store) -> Arc<Self> {
        Arc::new(Self {
            store,
            buckets: Known::default(),
            owners: Mutex::default(),
            uploads: Mutex::default(),
            times: Times::default(),
            log: AccessLog::new(LOG_DELAY),
        })
    }

    /// Asks the store as the caller's account, with an input that may be another than the caller's.
    async fn ask(&self, call: &Call, operation: &str, input: &Value, body: Body) -> Result<Reply, AwsError> {
        let trailer = call.http.as_ref().and_then(|parts| parts.headers.get("x-amz-trailer")?.to_str().ok());
        let trailer = trailer.map(|trailer| trailer.trim().to_ascii_lowercase());
        let question = Question { account: call.account(), service: "s3", operation, input, trailer: trailer.as_deref() };
        self.store.ask(question, body).await
    }

    async fn run(&self, call: &Call, operation: &str, mut input: Value, body: Body) -> Result<Reply, AwsError> {
        nightproof_core::operation::check("s3", S3::INPUTS, operation, &input)?;
        // A document is written anew on its way: digests of the one that came are not those of the one that goes.
        if let (true, Value::Object(members)) = (sends_document(operation), &mut input) {
            members.retain(|name, _| name != "ContentMD5" && !name.starts_with("Checksum"));
        }
        match operation {
            "PutObject" => self.put_object(call, input, body).await,
            "CreateMultipartUpload" => self.create_multipart_upload(call, input).await,
            "UploadPart" | "UploadPartCopy" | "CompleteMultipartUpload" => self.upload(call, operation, input, body).await,
            "CopyObject" => self.copy_object(call, input).await,
            "GetObject" | "HeadObject" => self.read(call, operation, &input).await,
            "CreateBucket" => {
                let reply = self.ask(call, operation, &input, body).await?;
                let bucket = text(&input, "Bucket").unwrap_or_default().to_owned();
                self.owners.lock().entry(bucket).or_insert_with(|| call.account().to_owned());
                Ok(reply)
            }
            "PutBucketReplication" => Err(super::error::not_implemented("PutBucketReplication in a store elsewhere")),
            "PutBucketPolicy" => {
                if let (Some(document), Some(facts)) = (text(&input, "Policy"), self.facts(call, &input).await?) {
                    let bucket = text(&input, "Bucket").unwrap_or_default();
                    policy::admit(document, bucket, facts.blocks_public_policy, &call.caller)?;
                }
                self.ask(call, operation, &input, body).await
            }
            "GetBucketTagging" => {
                let mut reply = self.ask(call, operation, &input, body).await?;
                facts::reveal_system_tags(&mut reply.output);
                Ok(reply)
            }
            "PutBucketAcl" | "PutObjectAcl" if self.facts(call, &input).await?.is_some_and(|facts| facts.owner_enforced) => {
                Err(no_lists())
            }
            "DeleteObjects" => self.delete_objects(call, input).await,
            "PutBucketTagging" | "DeleteBucketTagging" => self.tag_bucket(call, operation, input).await,
            _ => self.ask(call, operation, &input, body).await,
        }
    }

    async fn put_object(&self, call: &Call, mut input: Value, body: Body) -> Result<Reply, AwsError> {
        let encryption = self.encrypt(call, &mut input).await?;
        let mut reply = self.ask(call, "PutObject", &input, body).await?;
        encryption.describe_write(&mut reply.output);
        Ok(reply)
    }

    async fn create_multipart_upload(&self, call: &Call, mut input: Value) -> Result<Reply, AwsError> {
        let encryption = self.encrypt(call, &mut input).await?;
        let mut reply = self.ask(call, "CreateMultipartUpload", &input, empty_body()).await?;
        encryption.describe_write(&mut reply.output);
        if let Some(id) = text(&reply.output, "UploadId") {
            self.uploads.lock().insert(id.to_owned(), encryption);
        }
        Ok(reply)
    }

    /// A part, or the end of an upload: as AWS does, it needs the right to decrypt.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions>
    async fn upload(&self, call: &Call, operation: &str, input: Value, body: Body) -> Result<Reply, AwsError> {
        let id = text(&input, "UploadId").unwrap_or_default().to_owned();
        let encryption = self.uploads.lock().get(&id).cloned();
        if let Some(encryption) = &encryption {
            encryption.open(call, None).await?;
        }
        if operation == "UploadPartCopy" {
            self.open_copy_source(call, &Source::parse(text(&input, "CopySource").unwrap_or_default())?).await?;
        }
        let mut reply = self.ask(call, operation, &input, body).await?;
        if let Some(encryption) = &encryption {
            encryption.describe(&mut reply.output);
        }
        if operation == "CompleteMultipartUpload" {
            self.uploads.lock().remove(&id);
        }
        Ok(reply)
    }

    /// Asks for a data key as the caller, by what the request and its bucket want, and puts what is kept of it into the request.
    async fn encrypt(&self, call: &Call, input: &mut Value) -> Result<Encryption, AwsError> {
        let facts = self.facts(call, input).await?;
        refuse_unsupported(input, facts.as_ref().is_some_and(|facts| facts.owner_enforced))?;
        let default = facts.and_then(|facts| facts.encryption.clone());
        crate::encryption::refuse_customer_keys(input)?;
        let wanted = Wanted::of(call, &part(input)?, &part(input)?, default.as_ref())?;
        let (bucket, key) = (text(input, "Bucket").unwrap_or_default(), text(input, "Key").unwrap_or_default());
        let (encryption, _) = Encryption::begin(call, wanted, bucket, key).await?;
        data_key::keep(&encryption, input);
        Ok(encryption)
    }

    async fn read(&self, call: &Call, operation: &str, input: &Value) -> Result<Reply, AwsError> {
        let mut reply = self.ask(call, operation, input, empty_body()).await?;
        let encryption = data_key::kept(&mut reply.output);
        if operation == "GetObject" {
            data_key::open(call, encryption.as_ref(), &reply.output).await?;
        }
        if let Some(encryption) = encryption {
            encryption.describe(&mut reply.output);
        }
        Ok(reply)
    }

    /// Each key is decided on by itself; the store sees those that may be deleted.
    async fn delete_objects(&self, call: &Call, mut input: Value) -> Result<Reply, AwsError> {
        let wanted = list(input.get("Delete").ok_or_else(malformed_xml)?, "Objects").to_vec();
        let (mut allowed, mut denied) = (Vec::new(), Vec::new());
        for one in wanted {
            let named = part(&one)?;
            let bypass = flag(&input, "BypassGovernanceRetention");
            match delete::may_delete(call, text(&input, "Bucket").unwrap_or_default(), &named, bypass) {
                Ok(()) => allowed.push(one),
                Err(error) => denied.push(delete::refused_one(&named, &error)),
            }
        }
        if denied.is_empty() {
            return self.ask(call, "DeleteObjects", &input, empty_body()).await;
        }
        let mut reply = if allowed.is_empty() {
            Reply::from(json!({}))
        } else {
            if let Some(objects) = input.pointer_mut("/Delete/Objects") {
                *objects = allowed.into();
            }
            self.ask(call, "DeleteObjects", &input, empty_body()).await?
        };
        denied.extend_from_slice(list(&reply.output, "Errors"));
        set(&mut reply.output, "Errors", denied.into());
        Ok(reply)
    }

    async fn tag_bucket(&self, call: &Call, operation: &str, mut input: Value) -> Result<Reply, AwsError> {
        let asked = json!({"Bucket": input.get("Bucket"), "ExpectedBucketOwner": input.get("ExpectedBucketOwner")});
        let mut current =
            match self.ask(call, "GetBucketTagging", &crate::document::without_nulls(asked.clone()), empty_body()).await {
                Ok(reply) => reply.output,
                Err(error) if error.code == "NoSuchTagSet" => json!({}),
                Err(error) => return Err(error),
            };
        facts::reveal_system_tags(&mut current);
        let current = list(&current, "TagSet");
        let wanted = if operation == "PutBucketTagging" {
            let wanted = list(input.get("Tagging").ok_or_else(malformed_xml)?, "TagSet").to_vec();
            tagging::check_of_bucket(call, current, &wanted)?;
            wanted
        } else {
            tagging::undeletable(call, current)
        };
        if wanted.is_empty() {
            return self.ask(call, "DeleteBucketTagging", &crate::document::without_nulls(asked), empty_body()).await;
        }
        set(&mut input, "Tagging", json!({"TagSet": facts::hidden_system_tags(&wanted)}));
        self.ask(call, "PutBucketTagging", &input, empty_body()).await
    }

    fn log_entry(&self, call: &Call, operation: &str, input: &Value) -> Option<super::access_log::Entry> {
        let facts = self.buckets.get(text(input, "Bucket")?)?;
        self.log.entry(call, operation, input, (&facts.owner, call.region.name()), facts.logging.as_ref()?)
    }
}

/// Whether the digests in an operation's request are those of a document. (Elsewhere they are an object's.)
fn sends_document(operation: &str) -> bool {
    const OTHERS: [&str; 4] = ["PutPublicAccessBlock", "DeleteObjects", "PutObjectTagging", "PutObjectAcl"];
    operation.starts_with("PutBucket") || OTHERS.contains(&operation)
}

/// The size of the object that an answer is about, as far as request and answer tell.
fn size_of(sent: Option<u64>, reply: &Reply) -> Option<u64> {
    let whole = text(&reply.output, "ContentRange").and_then(|range| range.rsplit('/').next()?.parse().ok());
    let answered = || number(&reply.output, "ContentLength").and_then(|size| u64::try_from(size).ok());
    whole.or_else(answered).or(sent)
}

#[async_trait]
impl Service for RemoteS3 {
    fn permissions(&self) -> &'static str {
        S3::PERMISSIONS
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, body: Body) -> Result<Reply, AwsError> {
        // What a bucket's calls are logged and decided by.
        if operation != "CreateBucket" {
            self.facts(call, &input).await?;
        }
        let entry = self.log_entry(call, operation, &input);
        let sent = number(&input, "ContentLength").and_then(|length| u64::try_from(length).ok()).or(body.size_hint().exact());
        let result = self.run(call, operation, input.clone(), body).await;
        if facts::changes(operation) {
            self.buckets.forget(text(&input, "Bucket").unwrap_or_default());
        }
        let result = result.map_err(|error| authorization::concealed(call, &input, error)).map(|mut reply| {
            self.times.note(call, operation, &input, &reply.output);
            self.times.tell(operation, &input, &mut reply.output);
            reply
        });
        match entry {
            Some(entry) => self.log.answer(entry, result, |_, reply| size_of(sent, reply)),
            None => result,
        }
    }

    fn prepare<'a>(&'a self, call: &'a Call, arn: &'a str) -> Option<Prepared<'a>> {
        let bucket = authorization::bucket_of(arn).filter(|bucket| !bucket.is_empty() && !bucket.contains('*'))?;
        Some(Box::pin(async move {
            // What cannot be fetched is said when the call itself cannot be carried out.
            self.facts(call, &json!({"Bucket": bucket})).await.ok();
        }))
    }

    fn refused(&self, call: &Call, operation: &str, input: &Value, error: &AwsError) {
        if let Some(entry) = self.log_entry(call, operation, input) {
            self.log.answer(entry, Err(error.clone()), |_, _| None).err();
        }
    }

    fn start(self: Arc<Self>, region: &Region) {
        let at = region.clone();
        region.tasks().spawn(async move { self.log.deliver_in_background(&at).await });
    }

    async fn resources(&self, _call: &Call, kind: &str, input: &Value) -> Vec<String> {
        authorization::copy_sources(kind, input)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        // What cannot be fetched is not found: the store is down, and every other call says so.
        let Ok(listed) = self.ask(call, "ListBuckets", &json!({}), empty_body()).await else { return Vec::new() };
        let mut found = Vec::new();
        for name in list(&listed.output, "Buckets").iter().filter_map(|bucket| text(bucket, "Name")) {
            if let Ok(mut reply) = self.ask(call, "GetBucketTagging", &json!({ "Bucket": name }), empty_body()).await {
                facts::reveal_system_tags(&mut reply.output);
                found.push(Tagged { arn: arn(name), tags: tagging::pairs(reply.output.get("TagSet")) });
            }
        }
        found
    }

    fn resource_policy(&self, _account: &str, arn: &str) -> Option<ResourcePolicyText> {
        let bucket = authorization::bucket_of(arn)?;
        let facts = self.buckets.get(bucket)?;
        Some(authorization::policy_text(bucket, &facts.owner, facts.policy.clone(), facts.restricts_public_buckets))
    }
}

/// Refuses members of a write that would change its outcome, and that a region with a store elsewhere does not have.
fn refuse_unsupported(input: &Value, enforced: bool) -> Result<(), AwsError> {
    for member in ["ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP"] {
        match text(input, member) {
            None | Some("bucket-owner-full-control") => {}
            Some(_) if enforced => {
                return Err(no_lists());
            }
            Some("private") => {}
            Some(_) => return Err(not_implemented("access control lists")),
        }
    }
    for member in ["ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus", "ObjectLockEventHold"] {
        if text(input, member).is_some() {
            return Err(invalid_request("Bucket is missing Object Lock Configuration"));
        }
    }
    Ok(())
}
