//! What the region asks of its gateway.

use async_trait::async_trait;
use nightproof_wire::AwsError;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::service::{Body, Reply};
use crate::vpc_origin::InstanceOrigin;
use crate::{Caller, Region};

/// A connection, whatever carries it.
pub trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}

impl<C: AsyncRead + AsyncWrite + Unpin + Send> Connection for C {}

/// The layers that every call passes on its way to a service.
#[async_trait]
pub trait Gateway: Send + Sync {
    /// Takes a call from inside the region: all layers but those of the wire and the signature.
    ///
    /// # Errors
    /// Those of the layers and of the service.
    async fn call(
        &self,
        region: &Region,
        caller: &Caller,
        service: &str,
        operation: &str,
        input: Value,
        body: Body,
    ) -> Result<Reply, AwsError>;

    /// Serves a TLS connection that comes from `source_ip`, out of an instance if there is an `origin`, until it closes or the region stops.
    async fn serve_tls(&self, region: Region, connection: Box<dyn Connection>, source_ip: String, origin: Option<InstanceOrigin>);
}
