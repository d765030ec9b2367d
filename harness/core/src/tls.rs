//! The encryption of a connection.

/// What was negotiated, in the spelling of S3's access log. An extension of the requests that came over the connection.
#[derive(Debug, Clone)]
pub struct Tls {
    /// `TLSv1.3`
    pub version: &'static str,
    /// `TLS_AES_128_GCM_SHA256`
    pub cipher: String,
}
