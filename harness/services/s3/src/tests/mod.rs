//! What is the embedded S3's own: its files, its clock. What every store does is told by the contract in `tests/it/store`.

mod notifications;
mod objects;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use nightproof_core::service::{AwsError, Reply, empty_body, full_body};
use nightproof_core::{Caller, Region};
use nightproof_service_kms::Kms;
use serde_json::{Value, json};

use crate::records::S3;

struct Lab {
    region: Region,
    s3: std::sync::Arc<S3>,
    root: Caller,
    _folder: tempfile::TempDir,
}

impl Lab {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let region = nightproof_test_region::region("111122223333", folder.path());
        let s3 = S3::with_log_delay(folder.path().join("s3"), std::time::Duration::ZERO);
        region.install(vec![("s3", s3.clone()), ("kms", Kms::new())]);
        Self { region, s3, root: Caller::root("111122223333"), _folder: folder }
    }

    async fn with_bucket() -> Self {
        let lab = Self::new();
        lab.ok("CreateBucket", json!({"Bucket": "nightly"})).await;
        lab
    }

    async fn call(&self, operation: &str, input: Value, body: &[u8]) -> Result<Reply, AwsError> {
        self.region.call_with_body(&self.root, "s3", operation, input, full_body(body.to_vec())).await
    }

    async fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, input, b"").await.unwrap_or_else(|error| panic!("{operation}: {error}")).output
    }

    async fn put(&self, key: &str, bytes: &[u8]) -> Value {
        self.call("PutObject", json!({"Bucket": "nightly", "Key": key}), bytes).await.expect("put").output
    }

    fn files(&self) -> usize {
        std::fs::read_dir(self.region.folder().join("s3/111122223333/nightly")).map_or(0, Iterator::count)
    }
}

#[tokio::test]
async fn what_is_refused_deleted_or_aborted_leaves_no_file() {
    let lab = Lab::with_bucket().await;
    for members in [json!({"ContentMD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}), json!({"ContentLength": 100})] {
        let mut input = json!({"Bucket": "nightly", "Key": "k"});
        input.as_object_mut().expect("object").extend(members.as_object().expect("object").clone());
        assert!(lab.call("PutObject", input, b"abc").await.is_err());
    }
    assert_eq!(lab.files(), 0);
    lab.put("k", b"1").await;
    let id = lab.ok("CreateMultipartUpload", json!({"Bucket": "nightly", "Key": "big"})).await["UploadId"].clone();
    let part = json!({"Bucket": "nightly", "Key": "big", "UploadId": id, "PartNumber": 1});
    lab.call("UploadPart", part, b"part").await.expect("part");
    assert_eq!(lab.files(), 2);
    lab.ok("AbortMultipartUpload", json!({"Bucket": "nightly", "Key": "big", "UploadId": id})).await;
    lab.ok("DeleteObject", json!({"Bucket": "nightly", "Key": "k"})).await;
    assert_eq!(lab.files(), 0);
}

#[tokio::test]
async fn an_object_expires_when_the_clock_passes_its_day() {
    let lab = Lab::with_bucket().await;
    let rule = json!({"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "old/"}, "Expiration": {"Days": 30}});
    lab.ok("PutBucketLifecycleConfiguration", json!({"Bucket": "nightly", "LifecycleConfiguration": {"Rules": [rule]}})).await;
    assert!(lab.put("old/1", b"x").await["Expiration"].as_str().expect("header").contains("rule-id=\"r\""));
    lab.put("new/1", b"x").await;
    let now = lab.region.clock().now();
    lab.s3.expire(now + SignedDuration::from_hours(24 * 29));
    assert_eq!(lab.ok("ListObjectsV2", json!({"Bucket": "nightly"})).await["KeyCount"], 2);
    lab.s3.expire(now + SignedDuration::from_hours(24 * 32));
    assert_eq!(lab.ok("ListObjectsV2", json!({"Bucket": "nightly"})).await["Contents"][0]["Key"], "new/1");
}

#[tokio::test]
async fn a_trailer_s_checksum_is_verified() {
    let lab = Lab::with_bucket().await;
    for (value, good) in [("y/Q5Jg==", true), ("AAAAAA==", false)] {
        let mut trailers = http::HeaderMap::new();
        trailers.insert("x-amz-checksum-crc32", value.parse().expect("value"));
        let frames = [http_body::Frame::data(Bytes::from_static(b"123456789")), http_body::Frame::trailers(trailers)];
        let stream = futures_util::stream::iter(frames.map(Ok::<_, std::io::Error>));
        let body = http_body_util::StreamBody::new(stream).boxed_unsync();
        let input = json!({"Bucket": "nightly", "Key": "k", "ChecksumAlgorithm": "CRC32"});
        let result = lab.region.call_with_body(&lab.root, "s3", "PutObject", input, body).await;
        assert_eq!(result.map(|reply| reply.output["ChecksumCRC32"].clone()).ok(), good.then(|| json!(value)));
    }
    drop(empty_body());
}

/// A list of all operations and members of the model that are refused, to be reviewed when it changes.
#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread = nightproof_core::operation::unread_members("s3", crate::S3::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}
