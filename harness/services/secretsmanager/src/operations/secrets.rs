//! Secrets: making, changing, deleting and restoring them.

use jiff::SignedDuration;
use nightproof_core::request_tags::Tag;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::encryption::{SealedValue, SecretValue, version_id};
use crate::error::{exists, invalid_parameter, invalid_request};
use crate::operations::tags;
use crate::operations::values::NewVersion;
use crate::password;
use crate::records::{SecretsManager, is_named, owner, purge};
use crate::secret::{CURRENT, PENDING, PREVIOUS, Secret};

/// `CreateSecret`. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateSecret {
    name: String,
    client_request_token: Option<String>,
    description: Option<String>,
    kms_key_id: Option<String>,
    secret_binary: Option<String>,
    secret_string: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// `UpdateSecret`. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateSecret {
    secret_id: String,
    client_request_token: Option<String>,
    description: Option<String>,
    kms_key_id: Option<String>,
    secret_binary: Option<String>,
    secret_string: Option<String>,
}

/// `DeleteSecret`. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteSecret {
    secret_id: String,
    recovery_window_in_days: Option<i64>,
    #[serde(default)]
    force_delete_without_recovery: bool,
}

/// `RestoreSecret`. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RestoreSecret.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RestoreSecret {
    secret_id: String,
}

fn check_name(name: &str) -> Result<(), AwsError> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-/_+=.@!".contains(&byte);
    if !name.is_empty() && name.len() <= 512 && name.bytes().all(good) {
        return Ok(());
    }
    Err(AwsError::validation(
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    ))
}

/// An empty text is the key that AWS manages.
fn key(given: Option<String>) -> Option<String> {
    given.filter(|key| !key.is_empty() && key != "alias/aws/secretsmanager")
}

fn created(arn: &str, name: &str, version: Option<&str>) -> Value {
    match version {
        Some(version) => json!({ "ARN": arn, "Name": name, "VersionId": version }),
        None => json!({ "ARN": arn, "Name": name }),
    }
}

/// The refusal of a name that a secret has already.
fn name_in_use(there: &Secret) -> AwsError {
    if there.deleted.is_some() {
        return invalid_request(
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
        );
    }
    exists(format!("The operation failed because the secret {} already exists.", there.name))
}

impl SecretsManager {
    /// A request that is repeated with its token and value returns the secret that it made.
    pub(crate) async fn create_secret(&self, call: &Call, input: CreateSecret) -> Result<Value, AwsError> {
        check_name(&input.name)?;
        let value = SecretValue::read(input.secret_string, input.secret_binary)?;
        let tags = tags::given(call, input.tags)?.into_iter().collect();
        let version = value.map(|value| version_id(input.client_request_token).map(|id| (id, value))).transpose()?;
        let there = self.with(call.account(), |secrets| {
            purge(secrets, call.now);
            secrets.get(&input.name).cloned()
        });
        if let Some(there) = there {
            let Some((id, value)) = version.filter(|(id, _)| there.deleted.is_none() && there.version(id).is_some()) else {
                return Err(name_in_use(&there));
            };
            self.add_version(call, &there, NewVersion { id: id.clone(), value, labels: Vec::new() }).await?;
            return Ok(created(&there.arn, &there.name, Some(&id)));
        }
        let arn = call.arn("secretsmanager", format!("secret:{}-{}", input.name, password::suffix()));
        let mut secret = Secret {
            arn,
            name: input.name,
            description: input.description,
            kms_key: key(input.kms_key_id),
            policy: None,
            tags,
            created: call.now,
            changed: call.now,
            accessed: None,
            deleted: None,
            versions: Vec::new(),
        };
        let output = created(&secret.arn, &secret.name, version.as_ref().map(|(id, _)| id.as_str()));
        if let Some((id, value)) = version {
            let sealed = SealedValue::seal(call, &secret.arn, &id, secret.kms_key.as_deref(), &value).await?;
            secret.add(id, sealed, &[], call.now)?;
        }
        self.with(call.account(), |secrets| match secrets.get(&secret.name) {
            Some(there) => Err(name_in_use(there)),
            None => {
                secrets.insert(secret.name.clone(), secret);
                Ok(output)
            }
        })
    }

    pub(crate) async fn update_secret(&self, call: &Call, input: UpdateSecret) -> Result<Value, AwsError> {
        let value = SecretValue::read(input.secret_string, input.secret_binary)?;
        let version = value.map(|value| version_id(input.client_request_token).map(|id| (id, value))).transpose()?;
        let mut secret = self.secret(call, &input.secret_id, |secret| secret.active().cloned())?;
        if let Some(given) = input.kms_key_id {
            let key = key(Some(given));
            if secret.kms_key != key {
                secret.kms_key = key;
                self.encrypt_anew(call, &secret).await?;
            }
        }
        self.secret(call, &secret.arn, |secret| {
            let secret = secret.active()?;
            secret.changed = call.now;
            if let Some(description) = input.description {
                secret.description = Some(description);
            }
            Ok(())
        })?;
        let id = version.as_ref().map(|(id, _)| id.clone());
        if let Some((id, value)) = version {
            self.add_version(call, &secret, NewVersion { id, value, labels: vec![CURRENT.to_owned()] }).await?;
        }
        Ok(created(&secret.arn, &secret.name, id.as_deref()))
    }

    /// Encrypts the versions with AWS's labels under the secret's new key. Where the caller may not use it, they stay as they are.
    async fn encrypt_anew(&self, call: &Call, secret: &Secret) -> Result<(), AwsError> {
        let mut sealed = Vec::new();
        for version in [CURRENT, PENDING, PREVIOUS].iter().filter_map(|label| secret.labelled(label)) {
            let value = version.value.open(call, &secret.arn, &version.id).await?;
            match SealedValue::seal(call, &secret.arn, &version.id, secret.kms_key.as_deref(), &value).await {
                Ok(value) => sealed.push((version.id.clone(), value)),
                Err(error) if error.code == "AccessDeniedException" => {}
                Err(error) => return Err(error),
            }
        }
        self.secret(call, &secret.arn, |stored| {
            stored.active()?.kms_key.clone_from(&secret.kms_key);
            for (id, value) in sealed {
                stored.versions.iter_mut().filter(|version| version.id == id).for_each(|version| version.value = value.clone());
            }
            Ok(())
        })
    }

    /// Forcing the deletion of a secret that is gone is no error.
    pub(crate) fn delete_secret(&self, call: &Call, input: DeleteSecret) -> Result<Value, AwsError> {
        if input.force_delete_without_recovery && input.recovery_window_in_days.is_some() {
            return Err(invalid_parameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."));
        }
        if input.force_delete_without_recovery {
            return self.with(owner(call, &input.secret_id), |secrets| {
                let name = secrets.values().find(|secret| is_named(secret, &input.secret_id)).map(|secret| secret.name.clone());
                let gone = name.and_then(|name| secrets.remove(&name));
                let (arn, name) = gone.map_or((input.secret_id.clone(), input.secret_id.clone()), |gone| (gone.arn, gone.name));
                Ok(json!({ "ARN": arn, "Name": name, "DeletionDate": call.now }))
            });
        }
        let days = input.recovery_window_in_days.unwrap_or(30);
        if !(7..=30).contains(&days) {
            return Err(invalid_parameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."));
        }
        let until = call.now.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(call.now);
        self.secret(call, &input.secret_id, |secret| {
            secret.active()?.deleted = Some(until);
            Ok(json!({ "ARN": secret.arn, "Name": secret.name, "DeletionDate": until }))
        })
    }

    /// Restoring a secret that is not to be deleted is no error.
    pub(crate) fn restore_secret(&self, call: &Call, input: RestoreSecret) -> Result<Value, AwsError> {
        self.secret(call, &input.secret_id, |secret| {
            secret.deleted = None;
            Ok(json!({ "ARN": secret.arn, "Name": secret.name }))
        })
    }
}
