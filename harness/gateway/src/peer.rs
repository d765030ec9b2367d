//! The other end of a connection.

use nightproof_core::Tls;

/// Where a connection comes from.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The caller's address as the journal and access logs show it.
    pub source_ip: String,
    /// Whether the connection is encrypted.
    pub tls: Option<Tls>,
}
