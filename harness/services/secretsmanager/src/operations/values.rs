//! Values of secrets: reading one, and putting another.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::encryption::{SealedValue, SecretValue, version_id};
use crate::error::{exists, invalid_request};
use crate::records::SecretsManager;
use crate::secret::{CURRENT, Secret, day};

/// `GetSecretValue`. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetSecretValue {
    secret_id: String,
    version_id: Option<String>,
    version_stage: Option<String>,
}

/// `PutSecretValue`. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutSecretValue {
    secret_id: String,
    client_request_token: Option<String>,
    secret_string: Option<String>,
    secret_binary: Option<String>,
    version_stages: Option<Vec<String>>,
}

/// A new version of a secret, from the request that makes it.
pub(crate) struct NewVersion {
    pub(crate) id: String,
    pub(crate) value: SecretValue,
    pub(crate) labels: Vec<String>,
}

impl SecretsManager {
    pub(crate) async fn get_secret_value(&self, call: &Call, input: GetSecretValue) -> Result<Value, AwsError> {
        let (arn, version) = self.secret(call, &input.secret_id, |secret| {
            let secret = secret.active()?;
            let version = secret.selected(input.version_id.as_deref(), input.version_stage.as_deref())?;
            Ok((secret.arn.clone(), version.clone()))
        })?;
        let value = version.value.open(call, &arn, &version.id).await?;
        self.secret(call, &arn, |secret| {
            let today = day(call.now);
            secret.accessed = Some(today);
            secret.versions.iter_mut().filter(|one| one.id == version.id).for_each(|one| one.accessed = Some(today));
            let mut output =
                json!({ "ARN": secret.arn, "Name": secret.name, "VersionId": version.id, "CreatedDate": version.created });
            if let Some(members) = output.as_object_mut() {
                let (member, value) = value.member();
                members.insert(member.to_owned(), value.into());
                if !version.labels.is_empty() {
                    members.insert("VersionStages".to_owned(), json!(version.labels));
                }
            }
            Ok(output)
        })
    }

    pub(crate) async fn put_secret_value(&self, call: &Call, input: PutSecretValue) -> Result<Value, AwsError> {
        let value = SecretValue::read(input.secret_string, input.secret_binary)?
            .ok_or_else(|| invalid_request("You must provide either SecretString or SecretBinary."))?;
        let id = version_id(input.client_request_token)?;
        let labels = input.version_stages.unwrap_or_else(|| vec![CURRENT.to_owned()]);
        let secret = self.secret(call, &input.secret_id, |secret| secret.active().cloned())?;
        let version = NewVersion { id: id.clone(), value, labels };
        self.add_version(call, &secret, version).await?;
        self.secret(call, &secret.arn, |secret| {
            let labels = secret.version(&id).map(|version| version.labels.clone()).unwrap_or_default();
            let mut output = json!({ "ARN": secret.arn, "Name": secret.name, "VersionId": id });
            if let (false, Some(members)) = (labels.is_empty(), output.as_object_mut()) {
                members.insert("VersionStages".to_owned(), json!(labels));
            }
            Ok(output)
        })
    }

    /// Encrypts a value and adds it as a version, under the key of `secret`. A version that is there already, with the same value, is left as it is.
    pub(crate) async fn add_version(&self, call: &Call, secret: &Secret, version: NewVersion) -> Result<(), AwsError> {
        if let Some(there) = secret.version(&version.id) {
            let same = there.value.open(call, &secret.arn, &version.id).await? == version.value;
            return if same { Ok(()) } else { Err(in_use(&version.id, &secret.arn)) };
        }
        let NewVersion { id, value, labels } = version;
        let sealed = SealedValue::seal(call, &secret.arn, &id, secret.kms_key.as_deref(), &value).await?;
        self.secret(call, &secret.arn, |secret| {
            let secret = secret.active()?;
            if secret.version(&id).is_some() {
                return Err(in_use(&id, &secret.arn));
            }
            secret.add(id, sealed, &labels, call.now)
        })
    }
}

/// A version cannot be changed.
fn in_use(token: &str, secret: &str) -> AwsError {
    exists(format!(
        "You can't use ClientRequestToken {token} because that value is already in use for a version of secret {secret}."
    ))
}
