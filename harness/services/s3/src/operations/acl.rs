//! Access control lists of buckets and objects.

use nightproof_core::service::Call;
use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::acl::{Acl, AskedAcl};
use crate::error::{access_denied, delete_marker, no_lists, no_such_key};
use crate::event::Event;
use crate::input::{DocumentDigest, OnBucket, Text};
use crate::operations::get::find;
use crate::records::{Bucket, S3};

inputs! {
    /// `GetBucketAcl`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html>
    GetBucketAcl {
        on: OnBucket;
    }
    /// `PutBucketAcl`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html>
    PutBucketAcl {
        on: OnBucket, acl: AskedAcl | DocumentDigest;
    }
    /// `GetObjectAcl`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html>
    GetObjectAcl {
        on: OnBucket;
        key: String,
        version_id: Text,
    }
    /// `PutObjectAcl`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html>
    PutObjectAcl {
        on: OnBucket, acl: AskedAcl | DocumentDigest;
        key: String,
        version_id: Text,
    }
}

impl S3 {
    pub(crate) fn get_bucket_acl(&self, input: &GetBucketAcl) -> Result<Value, AwsError> {
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        Ok(bucket.acl.clone().unwrap_or_else(|| Acl::private(&bucket.account)).document())
    }

    pub(crate) fn put_bucket_acl(&self, input: &PutBucketAcl) -> Result<Value, AwsError> {
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        let acl = Acl::demanded(&input.acl, &bucket.account, &bucket.account)?;
        bucket.acl = Some(admit(bucket, acl)?);
        Ok(json!({}))
    }

    pub(crate) fn get_object_acl(&self, call: &Call, input: &GetObjectAcl) -> Result<Value, AwsError> {
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        let version = find(bucket, &input.key, input.version_id.get())?;
        let acl = version.attributes.acl.clone();
        Ok(acl.unwrap_or_else(|| Acl::private(object_owner(bucket, call))).document())
    }

    pub(crate) async fn put_object_acl(&self, call: &Call, input: &PutObjectAcl) -> Result<Value, AwsError> {
        let event = self.set_object_acl(call, input)?;
        self.notify(call, &input.on.bucket, vec![event]).await;
        Ok(json!({}))
    }

    fn set_object_acl(&self, call: &Call, input: &PutObjectAcl) -> Result<Event, AwsError> {
        let (key, id) = (input.key.as_str(), input.version_id.get());
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        if bucket.latest(key).is_some_and(|latest| id.is_none_or(|id| id == latest.id) && latest.object().is_none()) {
            return Err(delete_marker("PUT"));
        }
        find(bucket, key, id)?;
        let acl = Acl::demanded(&input.acl, object_owner(bucket, call), &bucket.account)?;
        let acl = admit(bucket, acl)?;
        let version = bucket.version_mut(key, id).ok_or_else(|| no_such_key(key))?;
        version.attributes.acl = Some(acl);
        Ok(Event::changed("ObjectAcl:Put", key, &version.id, version.object().map(AsRef::as_ref)))
    }
}

/// The account that owns an object that the caller writes.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>
fn object_owner<'a>(bucket: &'a Bucket, call: &'a Call) -> &'a str {
    if bucket.owner_enforced() { &bucket.account } else { call.account() }
}

/// The list that a write of an object asks for, if its bucket takes lists.
pub(crate) fn admitted(bucket: &Bucket, call: &Call, asked: &AskedAcl) -> Result<Option<Acl>, AwsError> {
    match Acl::asked(asked, object_owner(bucket, call), &bucket.account)? {
        // It means what is so anyway.
        Some(_) if bucket.owner_enforced() && asked.canned.as_deref() == Some("bucket-owner-full-control") => Ok(None),
        Some(acl) => admit(bucket, acl).map(Some),
        None => Ok(None),
    }
}

fn admit(bucket: &Bucket, acl: Acl) -> Result<Acl, AwsError> {
    if bucket.owner_enforced() {
        return Err(no_lists());
    }
    if acl.is_public() && bucket.blocks("BlockPublicAcls") {
        return Err(access_denied("Access Denied"));
    }
    Ok(acl)
}
