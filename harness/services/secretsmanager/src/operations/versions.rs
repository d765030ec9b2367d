//! Versions of secrets and their staging labels.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::page::page;
use crate::records::SecretsManager;
use crate::secret::Version;

/// `ListSecretVersionIds`. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListSecretVersionIds {
    secret_id: String,
    max_results: Option<usize>,
    next_token: Option<String>,
    #[serde(default)]
    include_deprecated: bool,
}

/// `UpdateSecretVersionStage`. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateSecretVersionStage {
    secret_id: String,
    version_stage: String,
    remove_from_version_id: Option<String>,
    move_to_version_id: Option<String>,
}

impl SecretsManager {
    pub(crate) fn list_secret_version_ids(&self, call: &Call, input: ListSecretVersionIds) -> Result<Value, AwsError> {
        self.secret(call, &input.secret_id, |secret| {
            let listed = secret.versions.iter().filter(|version| input.include_deprecated || !version.labels.is_empty());
            let versions = listed.map(Version::described).collect();
            let mut output = page("Versions", versions, input.next_token.as_deref(), input.max_results)?;
            if let Some(members) = output.as_object_mut() {
                members.insert("ARN".to_owned(), secret.arn.as_str().into());
                members.insert("Name".to_owned(), secret.name.as_str().into());
            }
            Ok(output)
        })
    }

    pub(crate) fn update_secret_version_stage(&self, call: &Call, input: UpdateSecretVersionStage) -> Result<Value, AwsError> {
        let (from, to) = (input.remove_from_version_id.as_deref(), input.move_to_version_id.as_deref());
        self.secret(call, &input.secret_id, |secret| {
            secret.active()?.move_label(&input.version_stage, from, to, call.now)?;
            Ok(json!({ "ARN": secret.arn, "Name": secret.name }))
        })
    }
}
