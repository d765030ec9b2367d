//! The region's own certificate authority, made at start and forgotten at the end.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The CA certificate, and the TLS configuration with a server certificate that it signed.
pub struct Authority {
    ca_pem: String,
    server: Arc<ServerConfig>,
}

/// The certificates could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// Key or certificate generation failed.
    #[error("cannot make the region's certificates")]
    Certificate(#[source] rcgen::Error),
    /// rustls refused the certificate.
    #[error("cannot use the region's certificates for TLS")]
    Tls(#[source] rustls::Error),
}

impl Authority {
    /// A new authority for these regions. The server certificate is good for the host names of all AWS services there
    /// (a wildcard covers one label, hence the several forms), for `localhost` and 127.0.0.1.
    pub fn new(regions: &[String]) -> Result<Self, AuthorityError> {
        let ca_key = KeyPair::generate().map_err(AuthorityError::Certificate)?;
        let mut ca = CertificateParams::default();
        ca.distinguished_name.push(DnType::CommonName, "nightproof local region CA");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca_cert = ca.self_signed(&ca_key).map_err(AuthorityError::Certificate)?;
        let ca_pem = ca_cert.pem();
        let issuer = Issuer::new(ca, ca_key);

        let everywhere = ["localhost", "*.localhost", "127.0.0.1", "amazonaws.com", "*.amazonaws.com", "*.s3.amazonaws.com"]
            .map(str::to_owned);
        let of_region = |region: &String| {
            [
                format!("*.{region}.amazonaws.com"),
                format!("*.s3.{region}.amazonaws.com"),
                format!("*.s3-{region}.amazonaws.com"),
                format!("*.dualstack.{region}.amazonaws.com"),
                format!("*.s3.dualstack.{region}.amazonaws.com"),
                format!("streams.dynamodb.{region}.amazonaws.com"),
                format!("*.lambda-url.{region}.on.aws"),
            ]
        };
        let names: Vec<String> = everywhere.into_iter().chain(regions.iter().flat_map(of_region)).collect();
        let mut server = CertificateParams::new(names).map_err(AuthorityError::Certificate)?;
        server.distinguished_name.push(DnType::CommonName, "nightproof local region");
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.use_authority_key_identifier_extension = true;
        let server_key = KeyPair::generate().map_err(AuthorityError::Certificate)?;
        let server_cert = server.signed_by(&server_key, &issuer).map_err(AuthorityError::Certificate)?;

        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![server_cert.der().clone()], key))
            .map_err(AuthorityError::Tls)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { ca_pem, server: Arc::new(config) })
    }

    /// The CA certificate, PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// For TLS accepts.
    pub(super) fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server)
    }
}
