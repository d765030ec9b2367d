//! The instance metadata service.
use super::connections::InstanceConnections;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
#[derive(Default)]
pub(super) struct Sessions {}
pub(super) fn serve<S>(_to: Arc<InstanceConnections>, _stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
}
