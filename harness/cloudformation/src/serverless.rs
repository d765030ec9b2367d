//! The transform of serverless applications, as the engine sees it.

use async_trait::async_trait;
use nightproof_core::service::AwsError;
use serde_json::Value;

/// Who applies `AWS::Serverless-2016-10-31`: AWS's own translator, in a machine.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy.html>
#[async_trait]
pub trait ServerlessTranslator: Send + Sync {
    /// Takes a document with `template`, `parameters`, `policies` (ARNs by names) and `region`; returns one with the `template` that it became, or
    /// with the `error` that AWS has for it.
    async fn translate(&self, request: Value) -> Result<Value, AwsError>;
}
