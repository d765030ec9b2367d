//! The service `ssmmessages`: the web socket by which newer agents take commands and sessions. It is not served here, and a
//! denial is what makes an agent go on with `ec2messages`.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-setting-up-messageAPIs.html>

use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use serde_json::Value;

/// The service `ssmmessages`, which refuses every channel.
#[derive(Debug, Default)]
pub struct SsmMessages;

impl SsmMessages {
    /// A service without channels.
    pub fn new() -> Arc<Self> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Service for SsmMessages {
    fn permissions(&self) -> &'static str {
        "CreateControlChannel,CreateDataChannel,OpenControlChannel,OpenDataChannel = *"
    }

    async fn call(&self, _call: &Call, operation: &str, _input: Value, _body: Body) -> Result<Reply, AwsError> {
        let message = format!(
            "ssmmessages:{operation} is not available: this local region has no session channels. Commands are delivered by ec2messages."
        );
        Err(AwsError::new("AccessDeniedException", 403, message))
    }
}
