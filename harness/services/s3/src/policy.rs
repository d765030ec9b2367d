//! What S3 itself checks of a bucket policy when it is put. What a policy allows is decided by the authorization layer.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status>

use nightproof_core::Caller;
use nightproof_core::authorization::PolicyDocument;
use nightproof_iam_policy::{check_bucket_policy, is_public};
use nightproof_wire::AwsError;

use super::error::access_denied;

/// `MalformedPolicy` with its reason.
pub(super) fn malformed(message: impl Into<String>) -> AwsError {
    AwsError::new("MalformedPolicy", 400, message)
}

/// A policy of `bucket`, if its form is right.
pub(super) fn checked(document: &str, bucket: &str) -> Result<PolicyDocument, AwsError> {
    if document.len() > 20 * 1024 {
        return Err(AwsError::new("PolicyTooLarge", 400, "Policy exceeds the maximum allowed document size."));
    }
    let document = PolicyDocument::of_resource(document);
    let policy = document.policy().map_err(|error| malformed(error.message()))?;
    check_bucket_policy(policy, bucket).map_err(|error| malformed(error.message()))?;
    Ok(document)
}

/// The policy that `caller` puts on `bucket`, if that may be.
pub(super) fn admit(document: &str, bucket: &str, blocks_public: bool, caller: &Caller) -> Result<PolicyDocument, AwsError> {
    let document = checked(document, bucket)?;
    if blocks_public && is_public(&document) {
        return Err(access_denied(format!(
            "User: {} is not authorized to perform: s3:PutBucketPolicy on resource: \"arn:aws:s3:::{bucket}\" because public policies are blocked by the BlockPublicPolicy block public access setting.",
            caller.arn(),
        )));
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn policy(change: impl FnOnce(&mut Value)) -> String {
        let mut statement = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}});
        change(&mut statement);
        json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
    }

    #[test]
    fn a_policy_that_demands_tls_is_accepted_and_not_public() {
        let document = policy(|_| {});
        assert!(checked(&document, "b").is_ok());
        assert!(!is_public(&document));
    }

    #[test]
    fn malformed_policies_are_refused_with_their_reason() {
        for (document, reason) in [
            ("nonsense".to_owned(), "Policies must be valid JSON and the first byte must be '{'"),
            (policy(|s| s["Resource"] = json!("arn:aws:s3:::other/*")), "Policy has invalid resource"),
            (policy(|s| s["Action"] = json!("ec2:RunInstances")), "Policy has invalid action"),
            (
                policy(|s| {
                    s.as_object_mut().expect("object").remove("Principal");
                }),
                "Missing required field Principal",
            ),
            (policy(|s| s["Effect"] = json!("Maybe")), "Invalid effect: Maybe"),
        ] {
            let error = checked(&document, "b").expect_err("refused");
            assert_eq!((error.code.as_str(), error.message.as_str()), ("MalformedPolicy", reason));
        }
    }

    #[test]
    fn an_allow_for_everybody_is_public_unless_pinned() {
        assert!(is_public(&policy(|s| s["Effect"] = json!("Allow"))));
        assert!(!is_public(&policy(|s| {
            s["Effect"] = json!("Allow");
            s["Condition"] = json!({"StringEquals": {"aws:SourceAccount": "123456789012"}});
        })));
    }
}
