//! What a drill is told.

use std::path::PathBuf;

use async_trait::async_trait;

/// Where AWS is, and as whom to call it.
#[derive(Clone)]
pub struct Endpoint {
    /// One URL for all services; none means AWS's own.
    pub url: Option<String>,
    /// The CA that signed the endpoint's certificate, as PEM; none means the system's.
    pub ca_pem: Option<String>,
    /// `us-east-1`.
    pub region: String,
    /// The operator's key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// For session credentials.
    pub session_token: Option<String>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("url", &self.url)
            .field("region", &self.region)
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// What the instances are to hold.
#[derive(Debug, Clone)]
pub enum Data {
    /// A small web site, made up: a few hundred files, symbolic links, odd names.
    Generated,
    /// A copy of this folder's content.
    Folder(PathBuf),
}

/// A drill.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where.
    pub endpoint: Endpoint,
    /// What it is called in reports: `embedded`.
    pub cloud: String,
    /// Text of the template.
    pub template: String,
    /// Parameters of the stack.
    pub parameters: Vec<(String, String)>,
    /// What is backed up.
    pub data: Data,
    /// Where the data goes on each instance.
    pub data_path: String,
    /// Logical or physical id of the rule to fire, for templates with several scheduled rules.
    pub rule: Option<String>,
    /// Logical id or name of the bucket that gets the archives; otherwise every bucket of the stack is looked at.
    pub bucket: Option<String>,
    /// How many nights in a row; at least 1.
    pub nights: u32,
    /// Findings fail the drill.
    pub strict: bool,
    /// Nothing is destroyed at the end.
    pub keep: bool,
    /// An existing or creatable folder for temporary files.
    pub folder: PathBuf,
}

/// What only a local region can do.
#[async_trait]
pub trait Local: Send + Sync {
    /// Moves the region's clock to the next scheduled time of the rule with this ARN. Answers what was done, as a fragment.
    ///
    /// # Errors
    /// Why it could not: the rule is unknown or disabled, or has no schedule.
    async fn fire(&self, rule_arn: &str) -> Result<String, String>;
}
