//! Access control lists of buckets and objects.

use nightproof_core::service::Call;
use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::acl::Acl;
use crate::document::text;
use crate::error::{access_denied, delete_marker, no_lists, no_such_key};
use crate::event::Event;
use crate::operations::get::find;
use crate::records::{Bucket, S3};

impl S3 {
    pub(crate) fn get_bucket_acl(&self, input: &Value) -> Result<Value, AwsError> {
        let mut state = self.state();
        let bucket = state.bucket(input)?;
        Ok(bucket.acl.clone().unwrap_or_else(|| Acl::private(&bucket.account)).document())
    }

    pub(crate) fn put_bucket_acl(&self, input: &Value) -> Result<Value, AwsError> {
        let mut state = self.state();
        let bucket = state.bucket(input)?;
        let acl = Acl::demanded(input, &bucket.account, &bucket.account)?;
        bucket.acl = Some(admit(bucket, acl)?);
        Ok(json!({}))
    }

    pub(crate) fn get_object_acl(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let mut state = self.state();
        let bucket = state.bucket(input)?;
        let version = find(bucket, text(input, "Key").unwrap_or_default(), text(input, "VersionId"))?;
        let acl = version.attributes.acl.clone();
        Ok(acl.unwrap_or_else(|| Acl::private(object_owner(bucket, call))).document())
    }

    pub(crate) async fn put_object_acl(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let event = self.set_object_acl(call, input)?;
        self.notify(call, text(input, "Bucket").unwrap_or_default(), vec![event]).await;
        Ok(json!({}))
    }

    fn set_object_acl(&self, call: &Call, input: &Value) -> Result<Event, AwsError> {
        let (key, id) = (text(input, "Key").unwrap_or_default(), text(input, "VersionId"));
        let mut state = self.state();
        let bucket = state.bucket(input)?;
        if bucket.latest(key).is_some_and(|latest| id.is_none_or(|id| id == latest.id) && latest.object().is_none()) {
            return Err(delete_marker("PUT"));
        }
        find(bucket, key, id)?;
        let acl = Acl::demanded(input, object_owner(bucket, call), &bucket.account)?;
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
pub(crate) fn admitted(bucket: &Bucket, call: &Call, input: &Value) -> Result<Option<Acl>, AwsError> {
    match Acl::asked(input, object_owner(bucket, call), &bucket.account)? {
        // It means what is so anyway.
        Some(_) if bucket.owner_enforced() && text(input, "ACL") == Some("bucket-owner-full-control") => Ok(None),
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
