//! Where AWS is, and as whom to call it.

use async_recursion::async_recursion;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_smithy_types::error::display::DisplayErrorContext;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::account::http;

/// Where AWS is, and as whom to call it.
#[derive(Clone)]
pub struct Endpoint {
    /// One URL for all services; none means AWS's own.
    pub url: Option<String>,
    /// The CA that signed the endpoint's certificate, as PEM; none means the system's.
    pub ca_pem: Option<String>,
    /// `us-east-1`.
    pub region: String,
    pub(crate) credentials: SharedCredentialsProvider,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("url", &self.url).field("region", &self.region).finish_non_exhaustive()
    }
}

/// The environment does not say where AWS is or as whom to call it.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// `AWS_CA_BUNDLE` cannot be read.
    #[error("cannot read `{path}`, which AWS_CA_BUNDLE names")]
    CaBundle {
        /// What it names.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// `AWS_CA_BUNDLE` can be read and holds no certificates that a client could trust.
    #[error("`{path}`, which AWS_CA_BUNDLE names, is no bundle of certificates: {reason}")]
    NoCertificates {
        /// What it names.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There are no credentials, or they cannot be had.
    #[error("there are no AWS credentials: {0}")]
    Credentials(String),
}

/// The bundle of certificates in a file. A client that is given another one would panic.
fn bundle(path: String) -> Result<String, EndpointError> {
    let pem = match std::fs::read_to_string(&path) {
        Ok(pem) => pem,
        Err(source) => return Err(EndpointError::CaBundle { path, source }),
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let added = certificate.map_err(|error| error.to_string());
        if let Err(reason) = added.and_then(|certificate| roots.add(certificate).map_err(|error| error.to_string())) {
            return Err(EndpointError::NoCertificates { path, reason });
        }
    }
    if roots.is_empty() {
        return Err(EndpointError::NoCertificates { path, reason: "there is none in it".to_owned() });
    }
    Ok(pem)
}

impl Endpoint {
    /// An endpoint called with a fixed key.
    pub fn with_key(url: Option<String>, ca_pem: Option<String>, region: &str, key: (&str, &str)) -> Self {
        let credentials = SharedCredentialsProvider::new(Credentials::new(key.0, key.1, None, None, "nightproof"));
        Self { url, ca_pem, region: region.to_owned(), credentials }
    }

    /// An endpoint called as a session, by its key and token.
    pub fn with_session(
        url: Option<String>,
        ca_pem: Option<String>,
        region: &str,
        (id, secret, token): (&str, &str, &str),
    ) -> Self {
        let session = Credentials::new(id, secret, Some(token.to_owned()), None, "nightproof");
        Self { url, ca_pem, region: region.to_owned(), credentials: SharedCredentialsProvider::new(session) }
    }

    /// What clients of AWS's SDK for Rust are made of, to call the same endpoint.
    pub fn sdk_config(&self) -> SdkConfig {
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(self.credentials.clone())
            .http_client(http::client(self.ca_pem.as_deref()));
        config.set_endpoint_url(self.url.clone());
        config.build()
    }

    /// What AWS's own tools would call: credentials by environment, profile, web identity, container or instance metadata, asked for anew
    /// as they expire; `AWS_ENDPOINT_URL` and `AWS_CA_BUNDLE` are honoured.
    ///
    /// # Errors
    /// [`EndpointError`]
    #[async_recursion]
    pub async fn from_environment(region: &str) -> Result<Self, EndpointError> {
        let ca_pem = std::env::var("AWS_CA_BUNDLE").ok().filter(|path| !path.is_empty());
        let ca_pem = ca_pem.map(bundle).transpose()?;
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .http_client(http::client(ca_pem.as_deref()))
            .load()
            .await;
        let none = || EndpointError::Credentials("no provider is configured".to_owned());
        let credentials = config.credentials_provider().ok_or_else(none)?;
        if let Err(error) = credentials.provide_credentials().await {
            return Err(EndpointError::Credentials(DisplayErrorContext(error).to_string()));
        }
        let url = config.endpoint_url().map(str::to_owned);
        Ok(Self { url, ca_pem, region: region.to_owned(), credentials })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_without_certificates_is_refused_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bundle.pem");
        let path = file.display().to_string();
        assert!(matches!(bundle(path.clone()), Err(EndpointError::CaBundle { .. })));
        let nonsense = "-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n";
        for (content, reason) in [("", "there is none in it"), ("hello", "there is none in it"), (nonsense, "invalid")] {
            std::fs::write(&file, content).unwrap();
            let error = bundle(path.clone()).unwrap_err().to_string();
            assert!(error.contains(&path) && error.contains(reason), "{error}");
        }
    }
}
