//! The other end of a connection.

use nightproof_core::Tls;
use nightproof_core::vpc_origin::InstanceOrigin;

/// Where a connection comes from.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The caller's address as the journal and access logs show it.
    pub source_ip: String,
    /// Whether the connection is encrypted.
    pub tls: Option<Tls>,
    /// The instance that it comes out of, if it does.
    pub origin: Option<InstanceOrigin>,
}
