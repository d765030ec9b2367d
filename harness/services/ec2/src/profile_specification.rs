//! Instance profiles as requests name them.

use serde::{Deserialize, Serialize};

/// `IamInstanceProfileSpecification`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ProfileSpecification {
    pub(crate) arn: Option<String>,
    pub(crate) name: Option<String>,
}
