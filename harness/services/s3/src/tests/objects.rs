//! What S3 answers about objects: versions, conditions, uploads, listings.

use serde_json::{Value, json};

use super::Lab;

impl Lab {
    async fn versioned(status: &str) -> Self {
        let lab = Self::with_bucket().await;
        lab.versioning(status).await;
        lab
    }

    async fn versioning(&self, status: &str) {
        let input = json!({"Bucket": "nightly", "VersioningConfiguration": {"Status": status}});
        self.ok("PutBucketVersioning", input).await;
    }

    async fn refused(&self, operation: &str, input: Value) -> nightproof_core::service::AwsError {
        self.call(operation, input, b"").await.err().unwrap_or_else(|| panic!("{operation} is not refused"))
    }
}

#[tokio::test]
async fn a_version_that_never_was_cannot_be_deleted_and_one_that_is_gone_can() {
    let lab = Lab::versioned("Enabled").await;
    let id = lab.put("k", b"x").await["VersionId"].as_str().expect("id").to_owned();
    let named = |id: &str| json!({"Bucket": "nightly", "Key": "k", "VersionId": id});
    for _ in 0..2 {
        lab.ok("DeleteObject", named(&id)).await;
    }
    let never = format!("{}ABCD", &id[..28]);
    assert_eq!(lab.refused("DeleteObject", named(&never)).await.code, "InvalidArgument");
    let both =
        json!({"Bucket": "nightly", "Delete": {"Objects": [{"Key": "k", "VersionId": id}, {"Key": "k", "VersionId": never}]}});
    let answer = lab.ok("DeleteObjects", both).await;
    assert_eq!((&answer["Deleted"][0]["VersionId"], &answer["Errors"][0]["Code"]), (&json!(id), &json!("NoSuchVersion")));
}

#[tokio::test]
async fn a_put_tells_its_version_only_where_versions_are_kept() {
    let lab = Lab::versioned("Enabled").await;
    assert!(lab.put("k", b"1").await["VersionId"].is_string());
    lab.versioning("Suspended").await;
    assert!(lab.put("k", b"2").await.get("VersionId").is_none());
    assert_eq!(lab.ok("HeadObject", json!({"Bucket": "nightly", "Key": "k"})).await["VersionId"], "null");
}

#[tokio::test]
async fn a_listing_goes_on_behind_the_common_prefix_that_its_marker_is_in() {
    let lab = Lab::with_bucket().await;
    for key in ["a/1", "a/2", "b"] {
        lab.put(key, b"x").await;
    }
    for marker in ["a/", "a/1"] {
        let page = lab.ok("ListObjects", json!({"Bucket": "nightly", "Delimiter": "/", "Marker": marker})).await;
        assert_eq!(
            (page["CommonPrefixes"].as_array().map(Vec::len), &page["Contents"][0]["Key"]),
            (Some(0), &json!("b")),
            "{marker}"
        );
    }
    let versions = lab.ok("ListObjectVersions", json!({"Bucket": "nightly", "Delimiter": "/", "KeyMarker": "a/1"})).await;
    assert_eq!(versions["Versions"][0]["Key"], "b");
}

#[tokio::test]
async fn an_upload_whose_key_was_written_meanwhile_completes_under_no_condition() {
    let lab = Lab::with_bucket().await;
    let id = lab.ok("CreateMultipartUpload", json!({"Bucket": "nightly", "Key": "k"})).await["UploadId"].clone();
    let part = json!({"Bucket": "nightly", "Key": "k", "UploadId": id, "PartNumber": 1});
    let etag = lab.call("UploadPart", part, b"part").await.expect("part").output["ETag"].clone();
    let complete = |condition: Value| {
        let mut input = json!({"Bucket": "nightly", "Key": "k", "UploadId": id, "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": etag}]}});
        input.as_object_mut().expect("object").extend(condition.as_object().expect("object").clone());
        input
    };
    let current = lab.put("k", b"x").await["ETag"].clone();
    assert_eq!(lab.refused("CompleteMultipartUpload", complete(json!({"IfNoneMatch": "*"}))).await.status, 412);
    assert_eq!(
        lab.refused("CompleteMultipartUpload", complete(json!({"IfMatch": current}))).await.code,
        "ConditionalRequestConflict"
    );
    let first = lab.ok("CompleteMultipartUpload", complete(json!({}))).await;
    assert_eq!(lab.ok("CompleteMultipartUpload", complete(json!({}))).await["ETag"], first["ETag"], "once more");
    lab.put("k", b"another").await;
    assert_eq!(lab.refused("CompleteMultipartUpload", complete(json!({}))).await.code, "NoSuchUpload");
}

#[tokio::test]
async fn an_upload_of_composite_checksums_completes_with_those_of_all_parts() {
    let lab = Lab::with_bucket().await;
    let upload = json!({"Bucket": "nightly", "Key": "k", "ChecksumAlgorithm": "CRC32"});
    let id = lab.ok("CreateMultipartUpload", upload).await["UploadId"].clone();
    let part = json!({"Bucket": "nightly", "Key": "k", "UploadId": id, "PartNumber": 1});
    let sent = lab.call("UploadPart", part, b"123456789").await.expect("part").output;
    assert_eq!(sent["ChecksumCRC32"], "y/Q5Jg==");
    let complete = |part: Value| json!({"Bucket": "nightly", "Key": "k", "UploadId": id, "MultipartUpload": {"Parts": [part]}});
    let bare = lab.refused("CompleteMultipartUpload", complete(json!({"PartNumber": 1, "ETag": sent["ETag"]}))).await;
    assert!(bare.message.ends_with("It was missing for part 1 in the request."), "{bare}");
    let none = json!({"Bucket": "nightly", "Key": "k", "UploadId": id, "MultipartUpload": {"Parts": []}});
    assert_eq!(lab.refused("CompleteMultipartUpload", none).await.message, "You must specify at least one part");
    let whole = complete(json!({"PartNumber": 1, "ETag": sent["ETag"], "ChecksumCRC32": "y/Q5Jg=="}));
    assert!(lab.ok("CompleteMultipartUpload", whole).await["ChecksumCRC32"].as_str().expect("sum").ends_with("-1"));
    let asked = json!({"Bucket": "nightly", "Key": "k", "ObjectAttributes": ["Checksum", "ObjectParts"]});
    let attributes = lab.ok("GetObjectAttributes", asked).await;
    assert!(!attributes["Checksum"]["ChecksumCRC32"].as_str().expect("sum").contains('-'));
}

#[tokio::test]
async fn a_checksum_of_the_whole_is_taken_for_what_the_completion_says_it_is() {
    let lab = Lab::with_bucket().await;
    let upload = json!({"Bucket": "nightly", "Key": "k", "ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"});
    let id = lab.ok("CreateMultipartUpload", upload).await["UploadId"].clone();
    let part = json!({"Bucket": "nightly", "Key": "k", "UploadId": id, "PartNumber": 1});
    let mut other = part.clone();
    other["ChecksumSHA1"] = json!("98O8HYCOBHMq32eZZczDTKeuNEE=");
    let refused = lab.call("UploadPart", other, b"123456789").await.err().expect("another algorithm");
    assert!(refused.message.starts_with("Checksum Type mismatch occurred, expected checksum Type: crc32"), "{refused}");
    let etag = lab.call("UploadPart", part, b"123456789").await.expect("part").output["ETag"].clone();
    let mut complete = json!({"Bucket": "nightly", "Key": "k", "UploadId": id, "ChecksumCRC32": "y/Q5Jg==",
        "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": etag}]}});
    assert_eq!(lab.refused("CompleteMultipartUpload", complete.clone()).await.code, "BadDigest", "composite by default");
    complete["ChecksumType"] = json!("FULL_OBJECT");
    assert_eq!(lab.ok("CompleteMultipartUpload", complete).await["ChecksumCRC32"], "y/Q5Jg==");
}

#[tokio::test]
async fn uploads_of_a_key_are_listed_in_the_order_in_which_they_began() {
    let lab = Lab::with_bucket().await;
    let mut began = Vec::new();
    for _ in 0..5 {
        began.push(lab.ok("CreateMultipartUpload", json!({"Bucket": "nightly", "Key": "k"})).await["UploadId"].clone());
    }
    let listed = lab.ok("ListMultipartUploads", json!({"Bucket": "nightly"})).await["Uploads"].clone();
    let listed: Vec<Value> = listed.as_array().expect("uploads").iter().map(|upload| upload["UploadId"].clone()).collect();
    assert_eq!(listed, began);
    let from = json!({"Bucket": "nightly", "KeyMarker": "k", "UploadIdMarker": began[3]});
    assert_eq!(lab.ok("ListMultipartUploads", from).await["Uploads"][0]["UploadId"], began[4]);
    let wrong = json!({"Bucket": "nightly", "KeyMarker": "a", "UploadIdMarker": began[3]});
    assert_eq!(lab.refused("ListMultipartUploads", wrong).await.message, "Invalid uploadId marker");
}

#[tokio::test]
async fn a_part_answers_with_the_checksum_that_its_client_sent() {
    let lab = Lab::with_bucket().await;
    let id = lab.ok("CreateMultipartUpload", json!({"Bucket": "nightly", "Key": "k"})).await["UploadId"].clone();
    let part = json!({"Bucket": "nightly", "Key": "k", "UploadId": id, "PartNumber": 1, "ChecksumCRC32": "y/Q5Jg=="});
    let sent = lab.call("UploadPart", part, b"123456789").await.expect("part").output;
    assert_eq!((sent["ChecksumCRC32"].as_str(), sent.get("ChecksumCRC64NVME")), (Some("y/Q5Jg=="), None));
}

#[tokio::test]
async fn a_copy_source_is_decoded_as_a_query_is_and_kms_rewraps_in_place() {
    let lab = Lab::with_bucket().await;
    lab.put("a b", b"x").await;
    lab.ok("CopyObject", json!({"Bucket": "nightly", "Key": "c", "CopySource": "nightly/a+b"})).await;
    let itself = json!({"Bucket": "nightly", "Key": "c", "CopySource": "/nightly/c"});
    assert_eq!(lab.refused("CopyObject", itself.clone()).await.code, "InvalidRequest");
    let rule = json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}});
    lab.ok("PutBucketEncryption", json!({"Bucket": "nightly", "ServerSideEncryptionConfiguration": {"Rules": [rule]}})).await;
    assert_eq!(lab.ok("CopyObject", itself).await["ServerSideEncryption"], "aws:kms");
}

#[tokio::test]
async fn a_locked_version_stays_until_it_may_be_bypassed() {
    let lab = Lab::new();
    lab.ok("CreateBucket", json!({"Bucket": "nightly", "ObjectLockEnabledForBucket": true})).await;
    let until = (lab.region.clock().now() + jiff::SignedDuration::from_hours(24)).to_string();
    let input = json!({"Bucket": "nightly", "Key": "k", "ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until});
    let id = lab.ok("PutObject", input).await["VersionId"].clone();
    let delete = json!({"Bucket": "nightly", "Key": "k", "VersionId": id});
    assert_eq!(
        lab.refused("DeleteObject", delete.clone()).await.message,
        "Access Denied because object protected by object lock."
    );
    // A marker hides it, and removes nothing.
    assert_eq!(lab.ok("DeleteObject", json!({"Bucket": "nightly", "Key": "k"})).await["DeleteMarker"], true);
    let retention = lab.ok("GetObjectRetention", delete.clone()).await;
    assert_eq!(retention["Retention"]["Mode"], "GOVERNANCE");
    let bypass = json!({"Bucket": "nightly", "Key": "k", "VersionId": id, "BypassGovernanceRetention": true});
    lab.ok("DeleteObject", bypass).await;
    let suspend = json!({"Bucket": "nightly", "VersioningConfiguration": {"Status": "Suspended"}});
    assert_eq!(lab.refused("PutBucketVersioning", suspend).await.code, "InvalidBucketState");
}

#[tokio::test]
async fn a_bucket_without_object_lock_locks_nothing() {
    let lab = Lab::with_bucket().await;
    lab.put("k", b"x").await;
    let hold = json!({"Bucket": "nightly", "Key": "k", "LegalHold": {"Status": "ON"}});
    assert_eq!(lab.refused("PutObjectLegalHold", hold).await.message, "Bucket is missing Object Lock Configuration");
    let bypass = json!({"Bucket": "nightly", "Key": "k", "BypassGovernanceRetention": true});
    assert_eq!(lab.refused("DeleteObject", bypass).await.fields["ArgumentName"], "x-amz-bypass-governance-retention");
}

#[tokio::test]
async fn access_control_lists_are_kept_where_ownership_allows_them() {
    let lab = Lab::with_bucket().await;
    lab.put("k", b"x").await;
    let public = json!({"Bucket": "nightly", "Key": "k", "ACL": "public-read"});
    assert_eq!(lab.refused("PutObjectAcl", public.clone()).await.code, "AccessControlListNotSupported");
    lab.ok("DeleteBucketOwnershipControls", json!({"Bucket": "nightly"})).await;
    assert_eq!(lab.refused("PutObjectAcl", public.clone()).await.code, "AccessDenied", "public lists are blocked");
    lab.ok("DeletePublicAccessBlock", json!({"Bucket": "nightly"})).await;
    lab.ok("PutObjectAcl", public).await;
    let grants = lab.ok("GetObjectAcl", json!({"Bucket": "nightly", "Key": "k"})).await["Grants"].clone();
    assert_eq!((grants.as_array().map(Vec::len), &grants[1]["Permission"]), (Some(2), &json!("READ")));
    let policy = lab.s3.bucket_policy("arn:aws:s3:::nightly/k").and_then(|policy| policy.document).expect("statements");
    assert!(policy.contains("s3:GetObject"), "{}", &*policy);
    assert!(lab.s3.bucket_policy("arn:aws:s3:::nightly/other").and_then(|policy| policy.document).is_none());
}

#[tokio::test]
async fn a_read_may_ask_for_other_headers() {
    let lab = Lab::with_bucket().await;
    lab.put("k", b"x").await;
    let input =
        json!({"Bucket": "nightly", "Key": "k", "ResponseExpires": "2015-10-21T07:28:00Z", "ResponseContentType": "text/x"});
    let read = lab.ok("GetObject", input).await;
    assert_eq!((read["Expires"].as_str(), read["ContentType"].as_str()), (Some("Wed, 21 Oct 2015 07:28:00 GMT"), Some("text/x")));
}

#[tokio::test]
async fn requesters_pay_where_the_owner_does_not() {
    let lab = Lab::with_bucket().await;
    lab.put("k", b"x").await;
    let payer = json!({"Bucket": "nightly", "RequestPaymentConfiguration": {"Payer": "Requester"}});
    lab.ok("PutBucketRequestPayment", payer).await;
    let other = nightproof_core::Caller::root("444455556666");
    let mut input = json!({"Bucket": "nightly", "Key": "k"});
    let refused = lab.region.call(&other, "s3", "HeadObject", input.clone()).await.expect_err("not paid for");
    assert_eq!(refused.code, "AccessDenied");
    input["RequestPayer"] = json!("requester");
    lab.region.call(&other, "s3", "HeadObject", input).await.expect("paid for");
    lab.ok("HeadObject", json!({"Bucket": "nightly", "Key": "k"})).await;
}

#[tokio::test]
async fn who_expects_an_owner_names_an_account() {
    let lab = Lab::with_bucket().await;
    for (owner, code) in [("abcd", "InvalidBucketOwnerAWSAccountID"), ("444455556666", "AccessDenied")] {
        let refused = lab.refused("HeadBucket", json!({"Bucket": "nightly", "ExpectedBucketOwner": owner})).await;
        assert_eq!(refused.code, code);
    }
}
