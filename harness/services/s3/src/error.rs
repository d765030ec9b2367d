//! S3's errors, by the texts of
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>.

use nightproof_wire::AwsError;

pub(super) fn internal(cause: impl std::fmt::Display) -> AwsError {
    tracing::error!(%cause, "s3 failed");
    AwsError::internal("We encountered an internal error. Please try again.")
}

pub(super) fn no_such_bucket(bucket: &str) -> AwsError {
    AwsError::new("NoSuchBucket", 404, "The specified bucket does not exist").with("BucketName", bucket)
}

pub(super) fn no_such_key(key: &str) -> AwsError {
    AwsError::new("NoSuchKey", 404, "The specified key does not exist.").with("Key", key)
}

pub(super) fn no_such_version(key: &str, version: &str) -> AwsError {
    AwsError::new("NoSuchVersion", 404, "The specified version does not exist.").with("Key", key).with("VersionId", version)
}

/// What has no bytes has no attributes either, for who may know that it is there.
pub(super) fn delete_marker(method: &str) -> AwsError {
    AwsError::new("MethodNotAllowed", 405, "The specified method is not allowed against this resource.")
        .with("Method", method)
        .with("ResourceType", "DeleteMarker")
}

pub(super) fn no_such_upload(upload: &str) -> AwsError {
    AwsError::new(
        "NoSuchUpload",
        404,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    )
    .with("UploadId", upload)
}

pub(super) fn invalid_argument(message: impl Into<String>, name: &str, value: impl Into<serde_json::Value>) -> AwsError {
    AwsError::new("InvalidArgument", 400, message).with("ArgumentName", name).with("ArgumentValue", value)
}

pub(super) fn invalid_request(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidRequest", 400, message)
}

pub(super) fn malformed_xml() -> AwsError {
    AwsError::new(
        "MalformedXML",
        400,
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}

pub(super) fn access_denied(message: impl Into<String>) -> AwsError {
    AwsError::new("AccessDenied", 403, message)
}

/// Access control lists on a bucket whose owner owns everything in it.
pub(super) fn no_lists() -> AwsError {
    AwsError::new("AccessControlListNotSupported", 400, "The bucket does not allow ACLs")
}

pub(super) fn precondition_failed(condition: &str) -> AwsError {
    AwsError::new("PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold")
        .with("Condition", condition)
}

pub(super) fn not_implemented(what: &str) -> AwsError {
    AwsError::not_implemented("s3", what)
}
