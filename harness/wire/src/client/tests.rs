use http::{Response, request};
use serde_json::{Value, json};

use crate::{AwsError, service};

/// Asks by the client's half, reads by the server's.
fn sent(name: &str, operation: &str, input: &Value) -> (request::Parts, Vec<u8>, Value) {
    let model = service(name).unwrap();
    let known = model.operation(operation).unwrap();
    let (mut parts, body) = model.codec().encode_request(known, input).unwrap().into_parts();
    parts.headers.insert("host", "127.0.0.1:4566".parse().unwrap());
    let routed = model.codec().route(&parts, &body).unwrap();
    assert_eq!(routed.name(), operation, "{} {}", parts.method, parts.uri);
    let read = model.codec().decode(routed, &parts, &body).unwrap();
    (parts, body, read)
}

/// Answers by the server's half, reads by the client's.
fn answered(name: &str, operation: &str, output: &Value) -> Value {
    let model = service(name).unwrap();
    let known = model.operation(operation).unwrap();
    let (parts, body) = model.codec().encode(known, output, "id").into_parts();
    model.codec().decode_answer(known, &parts, &body).unwrap()
}

fn refused(name: &str, operation: &str, error: &AwsError) -> AwsError {
    let model = service(name).unwrap();
    let known = model.operation(operation).unwrap();
    let (parts, body) = model.codec().encode_error(error, "id").into_parts();
    let body = if operation.starts_with("Head") { Vec::new() } else { body };
    model.codec().decode_answer(known, &parts, &body).unwrap_err()
}

#[test]
fn what_a_client_sends_is_what_the_region_reads() {
    for (name, operation, input) in [
        ("s3", "ListBuckets", json!({})),
        ("s3", "CreateBucket", json!({"Bucket": "b", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}})),
        ("s3", "ListObjectsV2", json!({"Bucket": "b", "Prefix": "a b/&=+%", "MaxKeys": 7, "StartAfter": "é"})),
        ("s3", "DeleteObject", json!({"Bucket": "b", "Key": "a b/c+d/%25/é/?x=1&y", "VersionId": "v1"})),
        (
            "s3",
            "GetObject",
            json!({"Bucket": "b", "Key": "/led//by/slashes", "Range": "bytes=1-2", "IfModifiedSince": "2026-11-23T03:00:00Z"}),
        ),
        (
            "s3",
            "PutBucketTagging",
            json!({"Bucket": "b", "Tagging": {"TagSet": [{"Key": "k", "Value": "<&>"}, {"Key": "l", "Value": ""}]}}),
        ),
        (
            "ec2",
            "DescribeInstances",
            json!({"Filters": [{"Name": "tag:a b", "Values": ["1&2", "é"]}, {"Name": "n", "Values": ["x"]}], "MaxResults": 7}),
        ),
        (
            "ec2",
            "RunInstances",
            json!({"ImageId": "i", "MinCount": 1, "MaxCount": 1, "SecurityGroupIds": ["a", "b"], "Placement": {"AvailabilityZone": "z"}}),
        ),
        ("iam", "CreateRole", json!({"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Tags": [{"Key": "k", "Value": "v"}]})),
        ("tagging", "GetResources", json!({"TagFilters": [{"Key": "k", "Values": ["v"]}], "PaginationToken": ""})),
        ("s3", "PutBucketPolicy", json!({"Bucket": "b", "Policy": "{\"Version\":\"2012-10-17\"}"})),
        (
            "s3",
            "PutBucketEncryption",
            json!({"Bucket": "b", "ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}, "BucketKeyEnabled": true}]}}),
        ),
        (
            "s3",
            "PutBucketLifecycleConfiguration",
            json!({"Bucket": "b", "LifecycleConfiguration": {"Rules": [{"ID": "r", "Filter": {"Prefix": ""}, "Status": "Enabled", "Expiration": {"Date": "2027-01-01T00:00:00Z"}}]}}),
        ),
        (
            "s3",
            "CompleteMultipartUpload",
            json!({"Bucket": "b", "Key": "k", "UploadId": "u", "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": "\"e\""}]}}),
        ),
        (
            "s3",
            "DeleteObjects",
            json!({"Bucket": "b", "Delete": {"Objects": [{"Key": "a"}, {"Key": "b", "VersionId": "v"}], "Quiet": true}}),
        ),
        ("s3", "GetObjectAttributes", json!({"Bucket": "b", "Key": "k", "ObjectAttributes": ["ETag", "ObjectSize"]})),
        ("kms", "GenerateDataKey", json!({"KeyId": "k", "KeySpec": "AES_256", "EncryptionContext": {"aws:s3:arn": "x"}})),
        ("kms", "Decrypt", json!({"CiphertextBlob": "AAEC"})),
        ("sqs", "CreateQueue", json!({"QueueName": "q", "Attributes": {"VisibilityTimeout": "5"}, "tags": {"a": "b"}})),
        (
            "logs",
            "PutLogEvents",
            json!({"logGroupName": "g", "logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "m"}]}),
        ),
        ("lambda", "Invoke", json!({"FunctionName": "f", "InvocationType": "Event", "Payload": "e30="})),
    ] {
        let (_, _, read) = sent(name, operation, &input);
        assert_eq!(read, input, "{name}:{operation}");
    }
}

#[test]
fn an_object_is_sent_by_headers_and_its_body_is_left_to_the_sender() {
    let input = json!({
        "Bucket": "b", "Key": "k", "ContentLength": 5, "Metadata": {"sha256": "x"}, "ContentType": "text/plain",
        "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "key", "Tagging": "a=b",
    });
    let (parts, body, read) = sent("s3", "PutObject", &input);
    assert_eq!(read, input);
    assert_eq!((body.len(), &parts.headers["content-length"]), (0, &"5".parse().unwrap()));
    assert_eq!(parts.headers["x-amz-meta-sha256"], "x");
}

#[test]
fn what_the_region_answers_is_what_a_client_reads() {
    for (name, operation, output) in [
        ("s3", "ListBuckets", json!({"Buckets": [{"Name": "b", "CreationDate": "2026-11-23T03:00:00Z"}], "Owner": {"ID": "o"}})),
        (
            "s3",
            "ListObjectVersions",
            json!({
                "IsTruncated": false, "Name": "b",
                "Versions": [{"Key": "a & b", "Size": 1, "IsLatest": true, "LastModified": "2026-11-23T03:00:00.250Z"}],
                "DeleteMarkers": [{"Key": "c", "VersionId": "v", "IsLatest": false}],
            }),
        ),
        (
            "s3",
            "HeadObject",
            json!({"ContentLength": 5, "ETag": "\"e\"", "LastModified": "2026-11-23T03:00:00Z", "Metadata": {"a": "b"}}),
        ),
        (
            "s3",
            "GetObject",
            json!({"ContentLength": 2, "ContentRange": "bytes 1-2/5", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "k"}),
        ),
        ("s3", "GetBucketLocation", json!({"LocationConstraint": "eu-west-1"})),
        ("s3", "GetBucketLocation", json!({})),
        ("s3", "GetBucketPolicy", json!({"Policy": "{}"})),
        ("s3", "PutObject", json!({"ETag": "\"e\"", "VersionId": "v", "BucketKeyEnabled": true})),
        ("s3", "DeleteObject", json!({"DeleteMarker": true, "VersionId": "v"})),
        ("kms", "GenerateDataKey", json!({"CiphertextBlob": "AAEC", "Plaintext": "AAEC", "KeyId": "arn"})),
        (
            "kms",
            "DescribeKey",
            json!({"KeyMetadata": {"KeyId": "k", "CreationDate": "2026-11-23T03:00:00.500Z", "Enabled": true}}),
        ),
        ("sqs", "SendMessage", json!({"MessageId": "m", "MD5OfMessageBody": "x"})),
        ("lambda", "Invoke", json!({"StatusCode": 202, "Payload": "e30=", "FunctionError": "Unhandled"})),
    ] {
        assert_eq!(answered(name, operation, &output), output, "{name}:{operation}");
    }
}

#[test]
fn an_answer_may_say_more_than_the_model_knows() {
    let s3 = service("s3").unwrap();
    let parts = Response::new(()).into_parts().0;
    let operation = s3.operation("ListBuckets").unwrap();
    let body = b"<ListAllMyBucketsResult><New>x</New><Buckets><Bucket><Name>b</Name><Newer/></Bucket></Buckets></ListAllMyBucketsResult>";
    assert_eq!(s3.codec().decode_answer(operation, &parts, body).unwrap(), json!({"Buckets": [{"Name": "b"}]}));
    let kms = service("kms").unwrap();
    let operation = kms.operation("GetKeyRotationStatus").unwrap();
    let read = kms.codec().decode_answer(operation, &parts, br#"{"KeyRotationEnabled":true,"New":{"er":1}}"#).unwrap();
    assert_eq!(read, json!({"KeyRotationEnabled": true}));
}

#[test]
fn errors_arrive_as_they_were_said() {
    let error = AwsError::new("NoSuchKey", 404, "No <key>").with("Key", "k");
    assert_eq!(refused("s3", "GetObject", &error), error);
    let error = AwsError::new("KMSInvalidStateException", 400, "pending deletion");
    assert_eq!(refused("kms", "Encrypt", &error), error);
    let error = AwsError::new("QueueDoesNotExist", 400, "The specified queue does not exist.");
    assert_eq!(refused("sqs", "GetQueueUrl", &error), error);
    let error = AwsError::new("ResourceNotFoundException", 404, "m");
    assert_eq!(refused("lambda", "GetFunction", &error), error);
}

#[test]
fn an_error_without_a_body_is_known_by_its_status_and_headers() {
    let hidden = AwsError::new("MethodNotAllowed", 405, "x").with_header("x-amz-delete-marker", "true");
    let found = refused("s3", "HeadObject", &hidden);
    assert_eq!((found.code.as_str(), found.status), ("MethodNotAllowed", 405));
    assert_eq!(found.headers, hidden.headers);
    assert_eq!(refused("s3", "HeadObject", &AwsError::new("NoSuchKey", 404, "x")).code, "NoSuchKey");
    assert_eq!(refused("s3", "HeadBucket", &AwsError::new("NoSuchBucket", 404, "x")).code, "NoSuchBucket");
}

#[test]
fn an_error_may_hide_in_a_200() {
    let s3 = service("s3").unwrap();
    let operation = s3.operation("CompleteMultipartUpload").unwrap();
    let parts = Response::new(()).into_parts().0;
    let body = b"<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>";
    assert_eq!(s3.codec().decode_answer(operation, &parts, body).unwrap_err().code, "InternalError");
}

#[test]
fn what_cannot_be_read_is_an_error_and_not_an_empty_answer() {
    let parts = Response::new(()).into_parts().0;
    for (name, operation) in [("s3", "ListBuckets"), ("kms", "DescribeKey"), ("lambda", "GetFunction")] {
        let model = service(name).unwrap();
        let error = model.codec().decode_answer(model.operation(operation).unwrap(), &parts, b"<html>hello").unwrap_err();
        assert_eq!(error.code, "InternalFailure", "{name}");
    }
    // Nor is an error one without a name.
    let nameless: [(&str, &str, &[u8]); 3] = [
        ("kms", "DescribeKey", br#"{"__type": "", "message": "m"}"#),
        ("s3", "ListBuckets", b"<Error><Code></Code></Error>"),
        ("sts", "GetCallerIdentity", b"<ErrorResponse><Error><Message>m</Message></Error></ErrorResponse>"),
    ];
    for (name, operation, body) in nameless {
        let mut bad = Response::new(()).into_parts().0;
        bad.status = http::StatusCode::BAD_REQUEST;
        let model = service(name).unwrap();
        assert_eq!(
            model.codec().decode_answer(model.operation(operation).unwrap(), &bad, body).unwrap_err().code,
            "BadRequest",
            "{name}"
        );
    }
    let mut bad = Response::new(()).into_parts().0;
    bad.status = http::StatusCode::BAD_GATEWAY;
    let kms = service("kms").unwrap();
    let error = kms.codec().decode_answer(kms.operation("DescribeKey").unwrap(), &bad, b"upstream").unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("InternalFailure", 502));
}

#[test]
fn answers_and_refusals_of_the_ec2_protocol_are_read() {
    let instance = json!({"InstanceId": "i-1", "State": {"Code": 48, "Name": "terminated"}, "LaunchTime": "2026-11-23T03:00:00Z", "CpuOptions": {"CoreCount": 1, "ThreadsPerCore": 2}, "EbsOptimized": false});
    let output = json!({"Reservations": [{"ReservationId": "r-1", "Instances": [instance]}], "NextToken": "t"});
    assert_eq!(answered("ec2", "DescribeInstances", &output), output);
    assert_eq!(answered("ec2", "DescribeInstances", &json!({})), json!({}));
    let error = AwsError::new("InvalidVpcID.NotFound", 400, "The vpc ID 'vpc-1' does not exist");
    assert_eq!(refused("ec2", "DescribeVpcs", &error), error);
}

#[test]
fn answers_and_refusals_of_the_query_protocol_are_read() {
    let output = json!({"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:root", "UserId": "123456789012"});
    assert_eq!(answered("sts", "GetCallerIdentity", &output), output);
    assert_eq!(answered("cloudformation", "DeleteStack", &json!({})), json!({}));
    let error =
        refused("cloudformation", "DescribeStacks", &AwsError::new("ValidationError", 400, "Stack with id x does not exist"));
    assert_eq!(
        (error.code.as_str(), error.status, error.message.as_str()),
        ("ValidationError", 400, "Stack with id x does not exist")
    );
}
