//! Policies of streams and consumers, which let other accounts in.
//! <https://docs.aws.amazon.com/streams/latest/dev/resource-based-policy-examples.html>

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{invalid_argument, not_found};
use crate::records::Kinesis;
use crate::stream_name::StreamName;

#[derive(Debug, Deserialize)]
pub(crate) struct OneResource {
    #[serde(rename = "ResourceARN")]
    resource_arn: String,
}

/// `GetResourcePolicy`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetResourcePolicy.html>
pub(crate) type GetResourcePolicy = OneResource;

/// `DeleteResourcePolicy`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteResourcePolicy.html>
pub(crate) type DeleteResourcePolicy = OneResource;

/// `PutResourcePolicy`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutResourcePolicy.html>
#[derive(Debug, Deserialize)]
pub(crate) struct PutResourcePolicy {
    #[serde(rename = "ResourceARN")]
    resource_arn: String,
    #[serde(rename = "Policy")]
    policy: String,
}

impl Kinesis {
    /// Without a policy, it is an empty document.
    pub(crate) fn get_resource_policy(&self, call: &Call, input: GetResourcePolicy) -> Result<Value, AwsError> {
        self.with_policy(call, &input.resource_arn, |policy| {
            Ok(json!({ "Policy": policy.as_deref().map_or("{}", |document| document) }))
        })
    }

    pub(crate) fn put_resource_policy(&self, call: &Call, input: PutResourcePolicy) -> Result<Value, AwsError> {
        let document = PolicyDocument::of_resource(input.policy);
        if let Err(error) = document.policy() {
            return Err(invalid_argument(format!("The resource policy is invalid: {}", error.message())));
        }
        self.with_policy(call, &input.resource_arn, |policy| {
            *policy = Some(document);
            Ok(json!({}))
        })
    }

    pub(crate) fn delete_resource_policy(&self, call: &Call, input: DeleteResourcePolicy) -> Result<Value, AwsError> {
        self.with_policy(call, &input.resource_arn, |policy| match policy.take() {
            Some(_) => Ok(json!({})),
            None => Err(not_found(format!("Resource policy not found for {}.", input.resource_arn))),
        })
    }

    /// Runs `act` on the policy of the stream or consumer with this ARN.
    fn with_policy<T>(
        &self,
        call: &Call,
        arn: &str,
        act: impl FnOnce(&mut Option<PolicyDocument>) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        self.with_stream(&StreamName::from_arn(call, arn)?, call.now, |stream| {
            if !arn.contains("/consumer/") {
                return act(&mut stream.policy);
            }
            let consumer = stream.consumers.values_mut().find(|consumer| consumer.arn == arn);
            act(&mut consumer.ok_or_else(|| not_found(format!("Consumer {arn} not found.")))?.policy)
        })
    }
}
