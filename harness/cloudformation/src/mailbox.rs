//! The buckets of CloudFormation's own to which custom resources and wait conditions answer, by presigned addresses.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html>

use std::sync::OnceLock;

use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use nightproof_core::credentials::{Credential, Presigned};
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call, Reply, empty_body};
use nightproof_core::{Caller, Clock, Region};
use serde_json::{Value, json};

/// The account whose the buckets are; no operator has it.
const ACCOUNT: &str = "000000000000";
/// Largest answer.
const LARGEST: usize = 4096;

/// Which of the buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inbox {
    /// Answers of custom resources, one for each request.
    CustomResource,
    /// Signals to wait conditions, several for each handle.
    WaitCondition,
}

impl Inbox {
    fn bucket(self, region: &Region) -> String {
        match self {
            Self::CustomResource => format!("cloudformation-custom-resource-response-{}", region.name().replace('-', "")),
            Self::WaitCondition => format!("cloudformation-waitcondition-{}", region.name()),
        }
    }
}

/// The buckets, and the key that signs addresses in them.
#[derive(Default)]
pub(crate) struct Mailbox {
    key: OnceLock<Credential>,
}

impl Mailbox {
    /// An address to which anybody can PUT an answer for `expires`, in the bucket's name for `key`.
    pub(crate) async fn address(
        &self,
        region: &Region,
        inbox: Inbox,
        key: &str,
        expires: SignedDuration,
    ) -> Result<String, String> {
        let bucket = inbox.bucket(region);
        let mut input = json!({ "Bucket": bucket });
        if region.name() != "us-east-1" {
            input["CreateBucketConfiguration"] = json!({"LocationConstraint": region.name()});
        }
        match s3(region, "CreateBucket", input).await {
            Ok(_) => {}
            Err(error) if error.code.starts_with("BucketAlready") => {}
            Err(error) => return Err(error.message),
        }
        if inbox == Inbox::WaitCondition {
            // A second signal is not to take the place of the first.
            let input = json!({"Bucket": bucket, "VersioningConfiguration": {"Status": "Enabled"}});
            s3(region, "PutBucketVersioning", input).await.map_err(|error| error.message)?;
        }
        let credential = self.key.get_or_init(|| region.credentials().issue_key(Caller::root(ACCOUNT)));
        let request = Presigned {
            method: "PUT",
            host: &format!("{bucket}.s3.{}.amazonaws.com", region.name()),
            path: &format!("/{key}"),
            region: region.name(),
            service: "s3",
            access_key_id: &credential.access_key_id,
            now: Clock::real_now(),
            expires: expires.as_secs(),
        };
        Ok(request.address(&credential.secret_access_key))
    }

    /// The answers that have come for `key`, oldest first.
    pub(crate) async fn answers(&self, region: &Region, inbox: Inbox, key: &str) -> Result<Vec<String>, String> {
        let bucket = inbox.bucket(region);
        if inbox == Inbox::CustomResource {
            let input = json!({"Bucket": bucket, "Key": key});
            return match s3(region, "GetObject", input).await {
                Ok(reply) => Ok(vec![text(reply).await?]),
                Err(error) if error.code == "NoSuchKey" => Ok(Vec::new()),
                Err(error) => Err(error.message),
            };
        }
        let listed = s3(region, "ListObjectVersions", json!({"Bucket": bucket, "Prefix": key})).await;
        let listed = listed.map_err(|error| error.message)?.output;
        let mut answers = Vec::new();
        for version in listed.list("Versions").iter().rev().filter(|version| version.text("Key") == Some(key)) {
            let input = json!({"Bucket": bucket, "Key": key, "VersionId": version["VersionId"]});
            answers.push(text(s3(region, "GetObject", input).await.map_err(|error| error.message)?).await?);
        }
        Ok(answers)
    }

    /// Removes the answers for `key`.
    pub(crate) async fn clear(&self, region: &Region, inbox: Inbox, key: &str) {
        let bucket = inbox.bucket(region);
        let mut inputs = vec![json!({"Bucket": bucket, "Key": key})];
        if inbox == Inbox::WaitCondition {
            let listed = s3(region, "ListObjectVersions", json!({"Bucket": bucket, "Prefix": key})).await;
            let listed = listed.map(|reply| reply.output).unwrap_or_default();
            let versions = listed.list("Versions").iter().filter(|version| version.text("Key") == Some(key));
            inputs = versions.map(|version| json!({"Bucket": bucket, "Key": key, "VersionId": version["VersionId"]})).collect();
        }
        for input in inputs {
            // What is not there any more is gone.
            let _ = s3(region, "DeleteObject", input).await;
        }
    }
}

/// A call of AWS's own, which no trail of the account shows.
async fn s3(region: &Region, operation: &str, input: Value) -> Result<Reply, AwsError> {
    let call = Call::internal(region, Caller::root(ACCOUNT), "cloudformation.amazonaws.com");
    region.dispatch(&call, "s3", operation, input, empty_body()).await
}

async fn text(reply: Reply) -> Result<String, String> {
    let body = http_body_util::Limited::new(reply.body.unwrap_or_else(empty_body), LARGEST).collect().await;
    let bytes = body.map_err(|_| "Response object is too long.".to_owned())?.to_bytes();
    String::from_utf8(bytes.to_vec()).map_err(|_| "Invalid response: the response is not UTF-8".to_owned())
}
