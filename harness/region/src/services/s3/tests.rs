//! What S3 does, by documents.

use bytes::Bytes;
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::S3;
use crate::service::{AwsError, Reply, empty_body, full_body};
use crate::services::kms::Kms;
use crate::{Caller, Region, Settings};

struct Lab {
    region: Region,
    s3: std::sync::Arc<S3>,
    root: Caller,
    _folder: tempfile::TempDir,
}

impl Lab {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let region = Region::new(Settings {
            region: "us-east-1".to_owned(),
            account: "111122223333".to_owned(),
            folder: folder.path().to_owned(),
            program: "firedrill".into(),
        });
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

    async fn refused(&self, operation: &str, input: Value) -> AwsError {
        match self.call(operation, input, b"").await {
            Ok(reply) => panic!("{operation} answered {}", reply.output),
            Err(error) => error,
        }
    }

    async fn put(&self, key: &str, bytes: &[u8]) -> Value {
        self.call("PutObject", json!({"Bucket": "nightly", "Key": key}), bytes).await.expect("put").output
    }

    async fn get(&self, input: Value) -> (Value, Bytes) {
        let reply = self.call("GetObject", input, b"").await.expect("got");
        let bytes = reply.body.expect("a body").collect().await.expect("readable").to_bytes();
        (reply.output, bytes)
    }

    fn files(&self) -> usize {
        std::fs::read_dir(self.region.folder().join("s3/111122223333/nightly")).map_or(0, Iterator::count)
    }
}

#[tokio::test]
async fn bytes_in_are_bytes_out_with_headers_metadata_and_checksum() {
    let lab = Lab::with_bucket().await;
    let content: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 253) as u8).collect();
    let input = json!({"Bucket": "nightly", "Key": "a b/ü", "ContentType": "application/gzip", "Metadata": {"sha256": "x"}});
    let put = lab.call("PutObject", input, &content).await.expect("put").output;
    assert_eq!(put["ServerSideEncryption"], "AES256");
    assert!(put["ChecksumCRC64NVME"].is_string());
    let (output, bytes) = lab.get(json!({"Bucket": "nightly", "Key": "a b/ü", "ChecksumMode": "ENABLED"})).await;
    assert!(bytes == content);
    assert_eq!(output["ContentLength"], 1_000_000);
    assert_eq!(output["ContentType"], "application/gzip");
    assert_eq!(output["Metadata"], json!({"sha256": "x"}));
    assert_eq!(output["ChecksumCRC64NVME"], put["ChecksumCRC64NVME"]);
    let (output, bytes) = lab.get(json!({"Bucket": "nightly", "Key": "a b/ü", "Range": "bytes=999990-"})).await;
    assert_eq!(output["ContentRange"], "bytes 999990-999999/1000000");
    assert!(bytes == content[999_990..]);
}

#[tokio::test]
async fn wrong_digests_and_short_bodies_are_refused_and_leave_nothing() {
    let lab = Lab::with_bucket().await;
    for (members, code) in [
        (json!({"ContentMD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}), "BadDigest"),
        (json!({"ContentMD5": "nonsense"}), "InvalidDigest"),
        (json!({"ChecksumCRC32": "AAAAAA=="}), "BadDigest"),
        (json!({"ContentLength": 100}), "IncompleteBody"),
    ] {
        let mut input = json!({"Bucket": "nightly", "Key": "k"});
        input.as_object_mut().expect("object").extend(members.as_object().expect("object").clone());
        let error = lab.call("PutObject", input, b"abc").await.err().expect("refused");
        assert_eq!(error.code, code);
    }
    assert_eq!(lab.refused("GetObject", json!({"Bucket": "nightly", "Key": "k"})).await.code, "NoSuchKey");
    assert_eq!(lab.files(), 0);
}

#[tokio::test]
async fn a_bucket_with_objects_or_versions_is_not_deleted() {
    let lab = Lab::with_bucket().await;
    lab.ok("PutBucketVersioning", json!({"Bucket": "nightly", "VersioningConfiguration": {"Status": "Enabled"}})).await;
    lab.put("k", b"1").await;
    lab.ok("DeleteObject", json!({"Bucket": "nightly", "Key": "k"})).await;
    assert_eq!(lab.refused("DeleteBucket", json!({"Bucket": "nightly"})).await.code, "BucketNotEmpty");
    let versions = lab.ok("ListObjectVersions", json!({"Bucket": "nightly"})).await;
    for version in [&versions["Versions"][0], &versions["DeleteMarkers"][0]] {
        lab.ok("DeleteObject", json!({"Bucket": "nightly", "Key": "k", "VersionId": version["VersionId"]})).await;
    }
    assert_eq!(lab.files(), 0);
    lab.ok("DeleteBucket", json!({"Bucket": "nightly"})).await;
    assert_eq!(lab.refused("HeadBucket", json!({"Bucket": "nightly"})).await.code, "NoSuchBucket");
}

#[tokio::test]
async fn old_versions_stay_readable_and_a_marker_hides() {
    let lab = Lab::with_bucket().await;
    lab.ok("PutBucketVersioning", json!({"Bucket": "nightly", "VersioningConfiguration": {"Status": "Enabled"}})).await;
    let first = lab.put("k", b"first").await["VersionId"].clone();
    lab.put("k", b"second").await;
    let marker = lab.ok("DeleteObject", json!({"Bucket": "nightly", "Key": "k"})).await;
    assert_eq!(marker["DeleteMarker"], true);
    assert_eq!(lab.refused("GetObject", json!({"Bucket": "nightly", "Key": "k"})).await.code, "NoSuchKey");
    let error = lab.refused("GetObject", json!({"Bucket": "nightly", "Key": "k", "VersionId": marker["VersionId"]})).await;
    assert_eq!(error.status, 405);
    assert!(error.headers.contains(&("allow", "DELETE".to_owned())), "{error:?}");
    let hidden = lab.refused("HeadObject", json!({"Bucket": "nightly", "Key": "k"})).await;
    assert_eq!(hidden.status, 404);
    assert!(hidden.headers.contains(&("x-amz-delete-marker", "true".to_owned())), "{hidden:?}");
    let source = format!("nightly/k?versionId={}", marker["VersionId"].as_str().expect("an id"));
    let copied = lab.refused("CopyObject", json!({"Bucket": "nightly", "Key": "copy", "CopySource": source})).await;
    assert_eq!((copied.code.as_str(), copied.status), ("InvalidRequest", 400));
    assert_eq!(lab.get(json!({"Bucket": "nightly", "Key": "k", "VersionId": first})).await.1, "first");
    lab.ok("DeleteObject", json!({"Bucket": "nightly", "Key": "k", "VersionId": marker["VersionId"]})).await;
    assert_eq!(lab.get(json!({"Bucket": "nightly", "Key": "k"})).await.1, "second");
}

#[tokio::test]
async fn names_are_global_and_an_owner_may_create_again() {
    let lab = Lab::with_bucket().await;
    lab.ok("CreateBucket", json!({"Bucket": "nightly"})).await;
    let other = Caller::root("444455556666");
    let taken = lab.region.call(&other, "s3", "CreateBucket", json!({"Bucket": "nightly"})).await.expect_err("taken");
    assert_eq!((taken.code.as_str(), taken.status), ("BucketAlreadyExists", 409));
    assert_eq!(lab.refused("CreateBucket", json!({"Bucket": "No"})).await.code, "InvalidBucketName");
}

#[tokio::test]
async fn new_buckets_are_private_encrypted_and_owner_enforced() {
    let lab = Lab::with_bucket().await;
    let bucket = json!({"Bucket": "nightly"});
    let block = lab.ok("GetPublicAccessBlock", bucket.clone()).await;
    assert_eq!(block["PublicAccessBlockConfiguration"]["BlockPublicPolicy"], true);
    let encryption = lab.ok("GetBucketEncryption", bucket.clone()).await;
    let rule = &encryption["ServerSideEncryptionConfiguration"]["Rules"][0];
    assert_eq!(rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256");
    assert_eq!(
        lab.refused("PutBucketAcl", json!({"Bucket": "nightly", "ACL": "public-read"})).await.code,
        "AccessControlListNotSupported"
    );
    let public = json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::nightly/*"}});
    let error = lab.refused("PutBucketPolicy", json!({"Bucket": "nightly", "Policy": public.to_string()})).await;
    assert_eq!(error.code, "AccessDenied");
    assert_eq!(lab.refused("GetBucketPolicy", bucket).await.code, "NoSuchBucketPolicy");
}

#[tokio::test]
async fn listings_group_and_resume() {
    let lab = Lab::with_bucket().await;
    for key in ["a/1", "a/2", "b", "c/1", "d e"] {
        lab.put(key, b"x").await;
    }
    let mut seen = Vec::new();
    let mut token = Value::Null;
    loop {
        let input =
            json!({"Bucket": "nightly", "Delimiter": "/", "MaxKeys": 1, "EncodingType": "url", "ContinuationToken": token});
        let page = lab.ok("ListObjectsV2", input).await;
        seen.extend(page["Contents"].as_array().expect("list").iter().map(|entry| entry["Key"].clone()));
        seen.extend(page["CommonPrefixes"].as_array().expect("list").iter().map(|entry| entry["Prefix"].clone()));
        if page["IsTruncated"] == false {
            break;
        }
        token = page["NextContinuationToken"].clone();
    }
    assert_eq!(seen, ["a/", "b", "c/", "d%20e"]);
    let page = lab.ok("ListObjectsV2", json!({"Bucket": "nightly", "Prefix": "a/", "StartAfter": "a/1"})).await;
    assert_eq!((page["KeyCount"].clone(), page["Contents"][0]["Key"].clone()), (json!(1), json!("a/2")));
}

#[tokio::test]
async fn writes_and_reads_obey_their_conditions() {
    let lab = Lab::with_bucket().await;
    let etag = lab.put("k", b"1").await["ETag"].clone();
    let error = lab.refused("PutObject", json!({"Bucket": "nightly", "Key": "k", "IfNoneMatch": "*"})).await;
    assert_eq!(error.code, "PreconditionFailed");
    lab.ok("PutObject", json!({"Bucket": "nightly", "Key": "k", "IfMatch": etag})).await;
    let error = lab.refused("PutObject", json!({"Bucket": "nightly", "Key": "none", "IfMatch": etag})).await;
    assert_eq!(error.code, "NoSuchKey");
    assert_eq!(lab.refused("GetObject", json!({"Bucket": "nightly", "Key": "k", "IfMatch": etag})).await.status, 412);
}

async fn part(lab: &Lab, id: &Value, number: i64, bytes: &[u8]) -> Value {
    let input = json!({"Bucket": "nightly", "Key": "big", "UploadId": id, "PartNumber": number});
    let output = lab.call("UploadPart", input, bytes).await.expect("part").output;
    json!({"PartNumber": number, "ETag": output["ETag"]})
}

#[tokio::test]
async fn parts_make_one_object_whose_etag_and_checksum_say_so() {
    let lab = Lab::with_bucket().await;
    let created =
        lab.ok("CreateMultipartUpload", json!({"Bucket": "nightly", "Key": "big", "ChecksumAlgorithm": "CRC64NVME"})).await;
    let id = &created["UploadId"];
    let big = vec![7; 5 * 1024 * 1024];
    let parts = [part(&lab, id, 1, &big).await, part(&lab, id, 3, b"tail").await];
    let backwards =
        json!({"Bucket": "nightly", "Key": "big", "UploadId": id, "MultipartUpload": {"Parts": [parts[1], parts[0]]}});
    assert_eq!(lab.refused("CompleteMultipartUpload", backwards).await.code, "InvalidPartOrder");
    let done = json!({"Bucket": "nightly", "Key": "big", "UploadId": id, "MultipartUpload": {"Parts": parts}});
    let output = lab.ok("CompleteMultipartUpload", done).await;
    assert!(output["ETag"].as_str().expect("etag").ends_with("-2\""));
    assert_eq!(output["ChecksumType"], "FULL_OBJECT");
    let mut whole = big;
    whole.extend_from_slice(b"tail");
    let single = lab.put("single", &whole).await;
    assert_eq!(single["ChecksumCRC64NVME"], output["ChecksumCRC64NVME"]);
    assert!(lab.get(json!({"Bucket": "nightly", "Key": "big"})).await.1 == whole);
    let (output, bytes) = lab.get(json!({"Bucket": "nightly", "Key": "big", "PartNumber": 3})).await;
    assert_eq!((output["PartsCount"].clone(), bytes), (json!(2), Bytes::from_static(b"tail")));
}

#[tokio::test]
async fn small_parts_unknown_parts_and_ended_uploads_are_refused() {
    let lab = Lab::with_bucket().await;
    let id = lab.ok("CreateMultipartUpload", json!({"Bucket": "nightly", "Key": "big"})).await["UploadId"].clone();
    let parts = [part(&lab, &id, 1, b"small").await, part(&lab, &id, 2, b"tail").await];
    let complete = |parts: Value| json!({"Bucket": "nightly", "Key": "big", "UploadId": id, "MultipartUpload": {"Parts": parts}});
    assert_eq!(lab.refused("CompleteMultipartUpload", complete(json!(parts))).await.code, "EntityTooSmall");
    let unknown = json!([{"PartNumber": 9, "ETag": "\"x\""}]);
    assert_eq!(lab.refused("CompleteMultipartUpload", complete(unknown)).await.code, "InvalidPart");
    lab.ok("AbortMultipartUpload", json!({"Bucket": "nightly", "Key": "big", "UploadId": id})).await;
    assert_eq!(lab.refused("CompleteMultipartUpload", complete(json!(parts))).await.code, "NoSuchUpload");
    assert_eq!(lab.files(), 0);
}

#[tokio::test]
async fn a_copy_has_the_bytes_and_keeps_metadata_unless_replaced() {
    let lab = Lab::with_bucket().await;
    lab.call("PutObject", json!({"Bucket": "nightly", "Key": "a", "Metadata": {"m": "1"}}), b"text").await.expect("put");
    lab.ok("CopyObject", json!({"Bucket": "nightly", "Key": "b", "CopySource": "nightly/a"})).await;
    let (output, bytes) = lab.get(json!({"Bucket": "nightly", "Key": "b"})).await;
    assert_eq!((output["Metadata"].clone(), bytes), (json!({"m": "1"}), Bytes::from_static(b"text")));
    let itself = json!({"Bucket": "nightly", "Key": "a", "CopySource": "/nightly/a"});
    assert_eq!(lab.refused("CopyObject", itself).await.code, "InvalidRequest");
}

#[tokio::test]
async fn kms_encrypts_by_the_bucket_s_key_and_a_disabled_key_locks_the_object() {
    let lab = Lab::with_bucket().await;
    let made = lab.region.call(&lab.root, "kms", "CreateKey", json!({})).await.expect("key");
    let (id, arn) = (&made["KeyMetadata"]["KeyId"], &made["KeyMetadata"]["Arn"]);
    let rule = json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": id}, "BucketKeyEnabled": true});
    lab.ok("PutBucketEncryption", json!({"Bucket": "nightly", "ServerSideEncryptionConfiguration": {"Rules": [rule]}})).await;
    let put = lab.put("k", b"secret").await;
    assert_eq!(
        (&put["ServerSideEncryption"], &put["SSEKMSKeyId"], &put["BucketKeyEnabled"]),
        (&json!("aws:kms"), arn, &json!(true))
    );
    assert_eq!(lab.get(json!({"Bucket": "nightly", "Key": "k"})).await.1, "secret");
    lab.region.call(&lab.root, "kms", "DisableKey", json!({"KeyId": id})).await.expect("disabled");
    let error = lab.refused("GetObject", json!({"Bucket": "nightly", "Key": "k"})).await;
    assert_eq!((error.code.as_str(), error.status), ("KMS.DisabledException", 400));
    let error = lab.refused("PutObject", json!({"Bucket": "nightly", "Key": "new"})).await;
    assert_eq!(error.code, "KMS.DisabledException");
    let other = json!({"Bucket": "nightly", "Key": "n", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "00000000-0000-0000-0000-000000000000"});
    assert_eq!(lab.refused("PutObject", other).await.code, "KMS.NotFoundException");
}

#[tokio::test]
async fn requests_are_logged_to_the_target_bucket_in_aws_s_format() {
    let lab = Lab::with_bucket().await;
    lab.ok("CreateBucket", json!({"Bucket": "logs-here"})).await;
    let to = |target: &str| json!({"Bucket": "nightly", "BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "log/"}}});
    assert_eq!(lab.refused("PutBucketLogging", to("nowhere")).await.code, "InvalidTargetBucketForLogging");
    lab.ok("PutBucketLogging", to("logs-here")).await;
    lab.put("k", b"12345").await;
    lab.get(json!({"Bucket": "nightly", "Key": "k"})).await;
    lab.refused("GetObject", json!({"Bucket": "nightly", "Key": "gone"})).await;
    let mut lines = String::new();
    for _ in 0..1000 {
        lab.s3.deliver_logs(&lab.region).await;
        let listed = lab.ok("ListObjectsV2", json!({"Bucket": "logs-here"})).await;
        lines.clear();
        for entry in listed["Contents"].as_array().expect("list") {
            let bytes = lab.get(json!({"Bucket": "logs-here", "Key": entry["Key"]})).await.1;
            lines.push_str(std::str::from_utf8(&bytes).expect("text"));
        }
        if lines.lines().count() == 3 {
            break;
        }
        tokio::task::yield_now().await;
    }
    let fields: Vec<Vec<&str>> = lines.lines().map(|line| line.split(' ').collect()).collect();
    let find =
        |operation: &str, status: &str| fields.iter().find(|line| line[7] == operation && line[10] == status).expect("a line");
    assert_eq!(find("REST.PUT.OBJECT", "200")[13], "5");
    assert_eq!(find("REST.GET.OBJECT", "200")[12], "5");
    assert_eq!(find("REST.GET.OBJECT", "404")[11], "NoSuchKey");
    assert_eq!(find("REST.GET.OBJECT", "404")[1], "nightly");
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
