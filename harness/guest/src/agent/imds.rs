//! The instance metadata service, version 2.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>

use std::time::Duration;

use serde::Deserialize;
use ureq::Agent;

use super::api_error::ApiError;

const BASE: &str = "http://169.254.169.254/latest";

/// A session with the metadata service.
pub(crate) struct Imds {
    http: Agent,
    token: String,
}

/// The instance role's credentials.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RoleCredentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    /// Those of a role have one.
    pub token: Option<String>,
}

impl Imds {
    pub(crate) fn open() -> Result<Self, ApiError> {
        let http: Agent = Agent::config_builder().timeout_global(Some(Duration::from_secs(10))).build().into();
        let token = http
            .put(&format!("{BASE}/api/token"))
            .header("X-aws-ec2-metadata-token-ttl-seconds", "21600")
            .send_empty()
            .and_then(|mut answer| answer.body_mut().read_to_string())
            .map_err(|source| ApiError::Metadata { path: "api/token".to_owned(), source: Box::new(source) })?;
        Ok(Self { http, token })
    }

    /// The text at `path` below `/latest/`.
    pub(crate) fn get(&self, path: &str) -> Result<String, ApiError> {
        self.http
            .get(&format!("{BASE}/{path}"))
            .header("X-aws-ec2-metadata-token", &self.token)
            .call()
            .and_then(|mut answer| answer.body_mut().read_to_string())
            .map_err(|source| ApiError::Metadata { path: path.to_owned(), source: Box::new(source) })
    }

    /// The text at `path`, or `None` where there is nothing.
    pub(crate) fn find(&self, path: &str) -> Result<Option<String>, ApiError> {
        match self.get(path) {
            Ok(text) => Ok(Some(text)),
            Err(ApiError::Metadata { source, .. }) if matches!(*source, ureq::Error::StatusCode(404)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The bytes at `path`, or `None` where there is nothing.
    pub(crate) fn find_bytes(&self, path: &str) -> Result<Option<Vec<u8>>, ApiError> {
        let found = self
            .http
            .get(&format!("{BASE}/{path}"))
            .header("X-aws-ec2-metadata-token", &self.token)
            .call()
            .and_then(|mut answer| answer.body_mut().read_to_vec());
        match found {
            Ok(bytes) => Ok(Some(bytes)),
            Err(ureq::Error::StatusCode(404)) => Ok(None),
            Err(source) => Err(ApiError::Metadata { path: path.to_owned(), source: Box::new(source) }),
        }
    }

    /// Credentials of the role in the instance's profile.
    pub(super) fn credentials(&self) -> Result<RoleCredentials, ApiError> {
        let folder = "meta-data/iam/security-credentials/";
        let role = self.get(folder)?;
        self.credentials_of(role.lines().next().unwrap_or_default())
    }

    /// Credentials of this role, which is the one in the instance's profile.
    pub(crate) fn credentials_of(&self, role: &str) -> Result<RoleCredentials, ApiError> {
        let text = self.get(&format!("meta-data/iam/security-credentials/{role}"))?;
        serde_json::from_str(&text)
            .map_err(|source| ApiError::Answer { operation: format!("credentials of role {role}"), source })
    }
}
