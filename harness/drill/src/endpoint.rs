//! Where AWS is, and as whom to call it.

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};

use crate::clients;

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
    /// There are no credentials, or they cannot be had.
    #[error("there are no AWS credentials: {0}")]
    Credentials(String),
}

impl Endpoint {
    /// An endpoint called with a fixed key.
    pub fn with_key(url: Option<String>, ca_pem: Option<String>, region: &str, key: (&str, &str)) -> Self {
        let credentials = SharedCredentialsProvider::new(Credentials::new(key.0, key.1, None, None, "firedrill"));
        Self { url, ca_pem, region: region.to_owned(), credentials }
    }

    /// What AWS's own tools would call: credentials by environment, profile, web identity, container or instance metadata, asked for anew
    /// as they expire; `AWS_ENDPOINT_URL` and `AWS_CA_BUNDLE` are honoured.
    ///
    /// # Errors
    /// [`EndpointError`]
    pub async fn from_environment(region: &str) -> Result<Self, EndpointError> {
        let ca_pem = std::env::var("AWS_CA_BUNDLE").ok().filter(|path| !path.is_empty());
        let ca_pem = ca_pem
            .map(|path| std::fs::read_to_string(&path).map_err(|source| EndpointError::CaBundle { path, source }))
            .transpose()?;
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .http_client(clients::http(ca_pem.as_deref()))
            .load()
            .await;
        let none = || EndpointError::Credentials("no provider is configured".to_owned());
        let credentials = config.credentials_provider().ok_or_else(none)?;
        if let Err(error) = credentials.provide_credentials().await {
            return Err(EndpointError::Credentials(aws_sdk_s3::error::DisplayErrorContext(error).to_string()));
        }
        let url = config.endpoint_url().map(str::to_owned);
        Ok(Self { url, ca_pem, region: region.to_owned(), credentials })
    }
}
