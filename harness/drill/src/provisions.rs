//! What a stack is deployed with, beside its template and the parameters that somebody gave.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account::endpoint::Endpoint;

/// What a stack is deployed with, beside its template and the parameters that somebody gave.
#[derive(Debug, Clone, Default)]
pub struct Provisions {
    /// What exists already when the stack is deployed.
    pub existing: Option<Existing>,
    /// Values that were made up for parameters.
    pub guessed: Vec<Guessed>,
    /// Uploads what the template names by paths of this machine, if it names any.
    pub package: Option<Arc<dyn Package>>,
    /// Tags of the stack, beside those of the drill.
    pub tags: Vec<(String, String)>,
    /// The stack's policy, which it gets once it stands.
    pub policy: Option<Value>,
}

/// Stacks that exist before the drill's own and are destroyed after it.
#[derive(Debug, Clone)]
pub struct Existing {
    /// As whom they are deployed: whoever owns the account.
    pub endpoint: Endpoint,
    /// In their order.
    pub stacks: Vec<ExistingStack>,
    /// Parameters of the drill's stack that are outputs of these.
    pub outputs: Vec<FromOutput>,
    /// Files that are put into their buckets.
    pub assets: Vec<Asset>,
}

/// A stack that exists already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingStack {
    /// What it is called in messages: a file, say.
    pub label: String,
    /// Text of its template.
    pub template: String,
    /// Its parameters.
    pub parameters: Vec<(String, String)>,
}

/// A parameter whose value is an output of a stack that exists already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromOutput {
    /// The parameter.
    pub parameter: String,
    /// Which of [`Existing::stacks`] has the output, by its place.
    pub stack: usize,
    /// The output.
    pub output: String,
}

/// A file for a bucket that exists already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The bucket.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// The file.
    pub file: PathBuf,
}

/// A value that was made up for a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guessed {
    /// The parameter.
    pub parameter: String,
    /// Its value; asterisks for one that is not to be shown. `None`: it is that of an output, and not known before that is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl fmt::Display for Guessed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.parameter, self.value.as_deref().unwrap_or("(not made)"))
    }
}

/// Uploads what a template names by paths of this machine.
#[async_trait]
pub trait Package: Send + Sync + fmt::Debug {
    /// Returns the template with addresses in `bucket` in the place of paths.
    ///
    /// # Errors
    /// Why it could not.
    async fn package(&self, bucket: &str) -> Result<String, String>;
}
