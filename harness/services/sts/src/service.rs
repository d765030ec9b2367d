//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::Principal;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use serde_json::Value;

use crate::operations::assume_role::AssumeRole;
use crate::operations::get_session_token::GetSessionToken;
use crate::operations::identity::{DecodeAuthorizationMessage, GetAccessKeyInfo, GetCallerIdentity};
use crate::records::Sts;

// Who one is, everybody may know.
operations!("sts", Sts:
    GetCallerIdentity => get_caller_identity: ["- *"],
    GetSessionToken => get_session_token: ["- *"],
    GetAccessKeyInfo => get_access_key_info: ["= *"],
    DecodeAuthorizationMessage => decode_authorization_message: ["= *"],
    AssumeRole => assume_role: [
        "= {RoleArn} sts:RoleSessionName=RoleSessionName sts:ExternalId=ExternalId sts:SourceIdentity=SourceIdentity",
        "sts:TagSession {RoleArn} ?Tags sts:TransitiveTagKeys=TransitiveTagKeys",
        "sts:SetSourceIdentity {RoleArn} ?SourceIdentity sts:SourceIdentity=SourceIdentity"
    ],
);

#[async_trait]
impl Service for Sts {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        if call.caller.principal == Principal::Anonymous {
            return Err(AwsError::new("MissingAuthenticationToken", 403, "Request is missing Authentication Token"));
        }
        self.dispatch(call, operation, input).await.map(Reply::from)
    }

    fn resource_policy(&self, _account: &str, arn: &str) -> Option<ResourcePolicyText> {
        self.trust_policy(arn)
    }
}
