//! What happens to objects, and what a notification says of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::service::Call;
use nightproof_core::{Principal, canonical_id};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sha2::Digest as _;

use crate::arn::arn;
use crate::document::without_nulls;
use crate::records::{NULL, Object};

/// What a key in a record leaves as it is; a space is `+` there.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/').remove(b' ');

/// Something that happened to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// `ObjectCreated:Put`
    pub(crate) name: &'static str,
    pub(crate) key: String,
    /// The version that it happened to, unless the object has none.
    pub(crate) version: Option<String>,
    pub(crate) size: Option<u64>,
    /// Without its quotes.
    pub(crate) etag: Option<String>,
    /// What EventBridge says it happened by.
    reason: Option<&'static str>,
}

impl Event {
    /// An object was made.
    pub(crate) fn created(call: &Call, operation: &str, key: &str, version: &str, object: &Object) -> Self {
        let posted = call.http.as_ref().is_some_and(|head| head.method == http::Method::POST);
        let (name, reason) = match operation {
            "CopyObject" => ("ObjectCreated:Copy", "CopyObject"),
            "CompleteMultipartUpload" => ("ObjectCreated:CompleteMultipartUpload", "CompleteMultipartUpload"),
            _ if posted => ("ObjectCreated:Post", "POST Object"),
            _ => ("ObjectCreated:Put", "PutObject"),
        };
        Self { size: Some(object.size), reason: Some(reason), ..Self::changed(name, key, version, Some(object)) }
    }

    /// A version is gone, or hidden by a marker.
    pub(crate) fn removed(key: &str, version: &str, by_marker: bool) -> Self {
        let name = if by_marker { "ObjectRemoved:DeleteMarkerCreated" } else { "ObjectRemoved:Delete" };
        // A marker is an object without bytes.
        let etag = by_marker.then(|| "d41d8cd98f00b204e9800998ecf8427e".to_owned());
        Self { reason: Some("DeleteObject"), etag, ..Self::changed(name, key, version, None) }
    }

    /// Tags or the access control list of an object changed.
    pub(crate) fn changed(name: &'static str, key: &str, version: &str, object: Option<&Object>) -> Self {
        Self {
            name,
            key: key.to_owned(),
            version: (version != NULL).then(|| version.to_owned()),
            size: None,
            etag: object.map(|object| object.etag.trim_matches('"').to_owned()),
            reason: None,
        }
    }

    /// The message to topics, queues and functions.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
    pub(crate) fn record(&self, call: &Call, bucket: &str, owner: &str, configuration: &str) -> Value {
        // Events that came later have more to say.
        let later = self.reason.is_none();
        let principal = match call.caller.principal {
            Principal::Root | Principal::Anonymous => call.caller.user_id(),
            _ => format!("AWS:{}", call.caller.user_id()),
        };
        let key = utf8_percent_encode(&self.key, PLAIN).to_string().replace(' ', "+");
        let record = json!({
            "eventVersion": if later { "2.3" } else { "2.1" },
            "eventSource": "aws:s3",
            "awsRegion": call.region.name(),
            "eventTime": call.now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            "eventName": self.name,
            "userIdentity": {"principalId": principal},
            "requestParameters": {"sourceIPAddress": call.source_ip},
            "responseElements": {"x-amz-request-id": call.request_id, "x-amz-id-2": host_id(&call.request_id)},
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": configuration,
                "bucket": {"name": bucket, "ownerIdentity": {"principalId": owner_principal(owner)}, "arn": arn(bucket)},
                "object": {
                    "key": key,
                    "size": self.size,
                    "eTag": self.etag,
                    "versionId": self.version,
                    "sequencer": (!later).then(|| sequencer(call)),
                },
            },
        });
        json!({"Records": [without_nulls(record)]})
    }

    /// The entry of `PutEvents`.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>
    pub(crate) fn entry(&self, call: &Call, bucket: &str) -> Value {
        let (detail_type, deletion) = match self.name {
            "ObjectRemoved:Delete" => ("Object Deleted", Some("Permanently Deleted")),
            "ObjectRemoved:DeleteMarkerCreated" => ("Object Deleted", Some("Delete Marker Created")),
            "ObjectTagging:Put" => ("Object Tags Added", None),
            "ObjectTagging:Delete" => ("Object Tags Deleted", None),
            "ObjectAcl:Put" => ("Object ACL Updated", None),
            _ => ("Object Created", None),
        };
        let detail = without_nulls(json!({
            "version": "0",
            "bucket": {"name": bucket},
            "object": {
                "key": self.key,
                "size": self.size,
                "etag": self.etag,
                "version-id": self.version,
                "sequencer": self.reason.map(|_| sequencer(call)),
            },
            "request-id": call.request_id,
            "requester": call.account(),
            "source-ip-address": call.source_ip,
            "reason": self.reason,
            "deletion-type": deletion,
        }));
        json!({
            "Source": "aws.s3",
            "DetailType": detail_type,
            "Detail": detail.to_string(),
            "Resources": [arn(bucket)],
            "Time": call.now,
        })
    }
}

/// The second id of an answer to a request.
pub(crate) fn host_id(request_id: &str) -> String {
    STANDARD.encode(sha2::Sha256::digest(request_id.as_bytes()))
}

/// Orders the events of a key.
fn sequencer(call: &Call) -> String {
    format!("{:018X}", call.now.as_nanosecond().max(0))
}

/// The id of an account as Amazon's shop has it.
fn owner_principal(account: &str) -> String {
    format!("A{}", canonical_id(account).chars().take(13).collect::<String>().to_ascii_uppercase())
}
