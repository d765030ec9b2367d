//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::Principal;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use serde_json::Value;

use crate::operations::identity;
use crate::records::Sts;

#[async_trait]
impl Service for Sts {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        if call.caller.principal == Principal::Anonymous {
            return Err(AwsError::new("MissingAuthenticationToken", 403, "Request is missing Authentication Token"));
        }
        let output = match operation {
            "GetCallerIdentity" => Ok(identity::get_caller_identity(call)),
            "AssumeRole" => self.assume_role(call, &input),
            "GetSessionToken" => self.get_session_token(call, &input),
            "DecodeAuthorizationMessage" => identity::decode_authorization_message(call, &input),
            "GetAccessKeyInfo" => identity::get_access_key_info(call, &input),
            _ => Err(AwsError::not_implemented("sts", operation)),
        }?;
        Ok(output.into())
    }

    fn resource_policy(&self, _account: &str, arn: &str) -> Option<ResourcePolicyText> {
        self.trust_policy(arn)
    }
}
