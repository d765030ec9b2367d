//! What S3 does, wherever its objects are.

use bytes::Bytes;
use nightproof_core::Caller;
use serde_json::{Value, json};

use super::Lab;

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
async fn each_key_of_many_to_delete_is_decided_on_by_itself() {
    let lab = Lab::with_bucket().await;
    for key in ["mine/a", "theirs/a"] {
        lab.call("PutObject", json!({"Bucket": "nightly", "Key": key}), b"x").await.unwrap();
    }
    let user = lab.user_who_may("s3:DeleteObject", &format!("arn:aws:s3:::{}/mine/*", lab.bucket)).await;
    let delete = |keys: &[&str]| {
        let objects: Vec<Value> = keys.iter().map(|key| json!({"Key": key})).collect();
        json!({"Bucket": "nightly", "Delete": {"Objects": objects}})
    };
    for keys in [&["mine/a", "theirs/a"][..], &["theirs/a"]] {
        let answer = lab.call_as(&user, "DeleteObjects", delete(keys), b"").await.unwrap().output;
        assert_eq!((&answer["Errors"][0]["Key"], &answer["Errors"][0]["Code"]), (&json!("theirs/a"), &json!("AccessDenied")));
        assert_eq!(answer["Errors"].as_array().unwrap().len(), 1, "{answer}");
    }
    let left = lab.ok("ListObjectsV2", json!({"Bucket": "nightly"})).await;
    assert_eq!((&left["KeyCount"], &left["Contents"][0]["Key"]), (&json!(1), &json!("theirs/a")));
}

#[tokio::test]
async fn names_are_global_and_an_owner_may_create_again() {
    let lab = Lab::with_bucket().await;
    lab.ok("CreateBucket", json!({"Bucket": "nightly"})).await;
    let other = Caller::root("444455556666");
    let taken = lab.call_as(&other, "CreateBucket", json!({"Bucket": "nightly"}), b"").await.err().expect("taken");
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
    let public = json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{}/*", lab.bucket)}});
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
        seen.extend(page["Contents"].as_array().into_iter().flatten().map(|entry| entry["Key"].clone()));
        seen.extend(page["CommonPrefixes"].as_array().into_iter().flatten().map(|entry| entry["Prefix"].clone()));
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
    let created = lab.ok("CreateMultipartUpload", json!({"Bucket": "nightly", "Key": "big"})).await;
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
    let made = lab.region().call(&lab.root, "kms", "CreateKey", json!({})).await.expect("key");
    let (id, arn) = (&made["KeyMetadata"]["KeyId"], &made["KeyMetadata"]["Arn"]);
    let rule = json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": id}, "BucketKeyEnabled": true});
    lab.ok("PutBucketEncryption", json!({"Bucket": "nightly", "ServerSideEncryptionConfiguration": {"Rules": [rule]}})).await;
    let put = lab.put("k", b"secret").await;
    assert_eq!(
        (&put["ServerSideEncryption"], &put["SSEKMSKeyId"], &put["BucketKeyEnabled"]),
        (&json!("aws:kms"), arn, &json!(true))
    );
    assert_eq!(lab.get(json!({"Bucket": "nightly", "Key": "k"})).await.1, "secret");
    lab.region().call(&lab.root, "kms", "DisableKey", json!({"KeyId": id})).await.expect("disabled");
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
    let from = json!({"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject", "Resource": format!("arn:aws:s3:::{}-logs/*", lab.bucket)});
    lab.ok(
        "PutBucketPolicy",
        json!({"Bucket": "logs-here", "Policy": json!({"Version": "2012-10-17", "Statement": from}).to_string()}),
    )
    .await;
    lab.ok("PutBucketLogging", to("logs-here")).await;
    lab.put("k", b"12345").await;
    lab.get(json!({"Bucket": "nightly", "Key": "k"})).await;
    lab.refused("GetObject", json!({"Bucket": "nightly", "Key": "gone"})).await;
    let written = nightproof_poll::until(crate::BOUND, || async {
        let listed = lab.ok("ListObjectsV2", json!({"Bucket": "logs-here"})).await;
        let mut lines = String::new();
        for entry in listed["Contents"].as_array().into_iter().flatten() {
            let bytes = lab.get(json!({"Bucket": "logs-here", "Key": entry["Key"]})).await.1;
            lines.push_str(std::str::from_utf8(&bytes).expect("text"));
        }
        if lines.lines().count() == 3 { Ok(lines) } else { Err(lines) }
    });
    let lines = written.await.unwrap();
    let fields: Vec<Vec<&str>> = lines.lines().map(|line| line.split(' ').collect()).collect();
    let find =
        |operation: &str, status: &str| fields.iter().find(|line| line[7] == operation && line[10] == status).expect("a line");
    assert_eq!(find("REST.PUT.OBJECT", "200")[13], "5");
    assert_eq!(find("REST.GET.OBJECT", "200")[12], "5");
    assert_eq!(find("REST.GET.OBJECT", "404")[11], "NoSuchKey");
    assert_eq!(find("REST.GET.OBJECT", "404")[1], lab.bucket);
}

#[tokio::test]
async fn a_bucket_is_found_by_its_tags() {
    let lab = Lab::with_bucket().await;
    let found = async || {
        let input = json!({"TagFilters": [{"Key": "team", "Values": ["a"]}]});
        let answer = lab.region().call(&lab.root, "tagging", "GetResources", input).await.unwrap();
        answer["ResourceTagMappingList"].clone()
    };
    assert_eq!(found().await, json!([]));
    let tags = json!([{"Key": "team", "Value": "a"}]);
    lab.ok("PutBucketTagging", json!({"Bucket": "nightly", "Tagging": {"TagSet": tags}})).await;
    assert_eq!(found().await, json!([{"ResourceARN": format!("arn:aws:s3:::{}", lab.bucket), "Tags": tags}]));
}
