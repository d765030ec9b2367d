//! Describing and listing secrets.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::Value;

use crate::filter::Filter;
use crate::page::page;
use crate::records::{SecretsManager, purge};
use crate::secret::Secret;

/// `DescribeSecret`. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeSecret {
    secret_id: String,
}

/// `ListSecrets`. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListSecrets {
    #[serde(default)]
    include_planned_deletion: bool,
    max_results: Option<usize>,
    next_token: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    sort_order: Option<String>,
    sort_by: Option<String>,
}

impl SecretsManager {
    /// A secret that is to be deleted is described, too.
    pub(crate) fn describe_secret(&self, call: &Call, input: DescribeSecret) -> Result<Value, AwsError> {
        self.secret(call, &input.secret_id, |secret| Ok(secret.described("VersionIdsToStages")))
    }

    pub(crate) fn list_secrets(&self, call: &Call, input: ListSecrets) -> Result<Value, AwsError> {
        self.with(call.account(), |secrets| {
            purge(secrets, call.now);
            let listed = |secret: &&Secret| {
                (input.include_planned_deletion || secret.deleted.is_none())
                    && input.filters.iter().all(|filter| filter.matches(secret))
            };
            let mut found: Vec<&Secret> = secrets.values().filter(listed).collect();
            match input.sort_by.as_deref() {
                Some("name") => {}
                Some("last-changed-date") => found.sort_by_key(|secret| secret.changed),
                Some("last-accessed-date") => found.sort_by_key(|secret| secret.accessed),
                _ => found.sort_by_key(|secret| secret.created),
            }
            if input.sort_order.as_deref() == Some("desc") {
                found.reverse();
            }
            let entries = found.into_iter().map(|secret| secret.described("SecretVersionsToStages")).collect();
            page("SecretList", entries, input.next_token.as_deref(), input.max_results)
        })
    }
}
