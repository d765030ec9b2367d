//! The stack as the region sees it: calls from inside, and connections out of machines.

use async_trait::async_trait;
use nightproof_core::gateway::{Connection, Gateway};
use nightproof_core::service::{AwsError, Body, Call, Reply};
use nightproof_core::vpc_origin::InstanceOrigin;
use nightproof_core::{Caller, Principal, Region};
use serde_json::Value;

use super::listener;
use super::stack::LayerStack;

#[async_trait]
impl Gateway for LayerStack {
    async fn call(
        &self,
        region: &Region,
        caller: &Caller,
        service: &str,
        operation: &str,
        input: Value,
        body: Body,
    ) -> Result<Reply, AwsError> {
        let by = match &caller.principal {
            Principal::Service { name } => name,
            _ => "AWS Internal",
        };
        let call = Call::internal(region, caller.clone(), by);
        self.calls.call(&call, service, operation, input, body).await
    }

    async fn serve_tls(
        &self,
        region: Region,
        connection: Box<dyn Connection>,
        source_ip: String,
        origin: Option<InstanceOrigin>,
    ) {
        listener::serve_tls(self, region, connection, source_ip, origin).await;
    }
}
