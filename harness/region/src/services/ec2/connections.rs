//! Connections that programs in an instance make, and where they lead.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use super::Ec2;
use super::imds;
use crate::Region;

/// The outside of one instance.
pub struct InstanceConnections {
    pub(super) region: Region,
    pub(super) ec2: Arc<Ec2>,
    pub(super) account: String,
    pub(super) instance: String,
}

impl InstanceConnections {
    /// A connection to port 443 of an AWS name: it leads to the region's gateway, from the instance's address.
    pub fn https<S>(&self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let source = self.ec2.source_ip(&self.account, &self.instance);
        self.region.accept_tls(self.region.ways().carry(&self.instance, stream), source);
    }

    /// A connection to 169.254.169.254:80: it leads to this instance's metadata.
    pub fn metadata<S>(self: &Arc<Self>, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        imds::serve(Arc::clone(self), stream);
    }

    /// How many hops the answer to a request for a token may take, as the instance's options say now.
    pub fn metadata_hops(&self) -> u8 {
        self.ec2.metadata_hops(&self.account, &self.instance)
    }
}
