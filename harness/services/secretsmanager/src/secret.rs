//! The record of a secret, and the rules by which staging labels move.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html>

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::AwsError;
use nightproof_core::tags::Tags;
use serde_json::{Map, Value, json};

use crate::encryption::SealedValue;
use crate::error::{invalid_parameter, invalid_request, limit, no_value};

pub(crate) const CURRENT: &str = "AWSCURRENT";
pub(crate) const PREVIOUS: &str = "AWSPREVIOUS";
pub(crate) const PENDING: &str = "AWSPENDING";

/// Staging labels that the versions of a secret may have together.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>
const LABELS: usize = 20;
/// Versions beyond which those without a label are removed.
const VERSIONS: usize = 100;

/// A secret's record.
#[derive(Debug, Clone)]
pub(crate) struct Secret {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// The key as it was given; without one, values are under the key that AWS manages.
    pub(crate) kms_key: Option<String>,
    pub(crate) policy: Option<PolicyDocument>,
    pub(crate) tags: Tags,
    pub(crate) created: Timestamp,
    pub(crate) changed: Timestamp,
    pub(crate) accessed: Option<Timestamp>,
    /// When it will be gone, if it is to be deleted.
    pub(crate) deleted: Option<Timestamp>,
    /// Oldest first.
    pub(crate) versions: Vec<Version>,
}

/// A version's record.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) value: SealedValue,
    pub(crate) labels: BTreeSet<String>,
    pub(crate) created: Timestamp,
    pub(crate) accessed: Option<Timestamp>,
}

impl Version {
    pub(crate) fn described(&self) -> Value {
        let mut entry = json!({ "VersionId": self.id, "CreatedDate": self.created, "KmsKeyIds": [self.value.key_label()] });
        if let Some(members) = entry.as_object_mut() {
            if !self.labels.is_empty() {
                members.insert("VersionStages".to_owned(), json!(self.labels));
            }
            if let Some(accessed) = self.accessed {
                members.insert("LastAccessedDate".to_owned(), json!(accessed));
            }
        }
        entry
    }
}

/// The day of a moment: access is recorded no more exactly.
pub(crate) fn day(moment: Timestamp) -> Timestamp {
    let seconds = moment.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(24 * 60 * 60)).unwrap_or(moment)
}

impl Secret {
    pub(crate) fn owner(&self) -> &str {
        nightproof_core::service::arn::account_of(&self.arn)
    }

    /// Refuses what cannot be done to a secret that is to be deleted.
    pub(crate) fn active(&mut self) -> Result<&mut Self, AwsError> {
        match self.deleted {
            None => Ok(self),
            Some(_) => Err(invalid_request("You can't perform this operation on the secret because it was marked for deletion.")),
        }
    }

    pub(crate) fn version(&self, id: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id)
    }

    pub(crate) fn labelled(&self, label: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.labels.contains(label))
    }

    /// The version that a request names by its id, by a label, or by both; the current one without either.
    pub(crate) fn selected(&self, id: Option<&str>, label: Option<&str>) -> Result<&Version, AwsError> {
        match (id, label) {
            (Some(id), None) => self.version(id).ok_or_else(|| no_value(&format!("VersionId: {id}"))),
            (None, label) => {
                let label = label.unwrap_or(CURRENT);
                self.labelled(label).ok_or_else(|| no_value(&format!("staging label: {label}")))
            }
            (Some(id), Some(label)) => {
                let version = self.version(id).ok_or_else(|| no_value(&format!("VersionId: {id}")))?;
                if version.labels.contains(label) {
                    return Ok(version);
                }
                Err(invalid_request("You provided a VersionStage that is not associated to the provided VersionId."))
            }
        }
    }

    /// Adds a version with these labels, which are taken from the others. The first version is the current one.
    pub(crate) fn add(&mut self, id: String, value: SealedValue, labels: &[String], now: Timestamp) -> Result<(), AwsError> {
        let mut labels: BTreeSet<String> = labels.iter().cloned().collect();
        if self.versions.is_empty() {
            labels.insert(CURRENT.to_owned());
        }
        let mut all: BTreeSet<&String> = self.versions.iter().flat_map(|version| &version.labels).collect();
        all.extend(&labels);
        if all.len() > LABELS {
            return Err(limit("You exceeded the maximum number of staging labels allowed on a secret."));
        }
        self.versions.push(Version { id: id.clone(), value, labels: BTreeSet::new(), created: now, accessed: None });
        labels.iter().for_each(|label| self.attach(label, &id));
        self.changed = now;
        self.drop_deprecated(now);
        Ok(())
    }

    /// Moves a label to a version. The version that was the current one becomes the previous one.
    fn attach(&mut self, label: &str, to: &str) {
        let from = self.labelled(label).map(|version| version.id.clone());
        for version in &mut self.versions {
            if version.id == to {
                version.labels.insert(label.to_owned());
            } else {
                version.labels.remove(label);
            }
        }
        if let Some(from) = from.filter(|from| label == CURRENT && from != to) {
            self.attach(PREVIOUS, &from);
        }
    }

    /// The oldest versions without a label go, if there are too many and they are older than a day.
    fn drop_deprecated(&mut self, now: Timestamp) {
        let mut surplus = self.versions.len().saturating_sub(VERSIONS);
        let day_ago = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(now);
        self.versions.retain(|version| {
            let goes = surplus > 0 && version.labels.is_empty() && version.created < day_ago;
            surplus -= usize::from(goes);
            !goes
        });
    }

    /// Moves or removes a label as `UpdateSecretVersionStage` does.
    /// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html>
    pub(crate) fn move_label(
        &mut self,
        label: &str,
        from: Option<&str>,
        to: Option<&str>,
        now: Timestamp,
    ) -> Result<(), AwsError> {
        for id in [from, to].into_iter().flatten() {
            self.version(id).ok_or_else(|| no_value(&format!("VersionId: {id}")))?;
        }
        let holder = self.labelled(label).map(|version| version.id.clone());
        match (from, &holder) {
            (None, Some(holder)) if to.is_some_and(|to| to != holder) => {
                return Err(invalid_parameter(format!(
                    "The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently attached to version {holder}, so \
                     you must explicitly reference that version in RemoveFromVersionId."
                )));
            }
            (Some(from), holder) if holder.as_deref() != Some(from) => {
                return Err(invalid_parameter(format!("Staging label {label} is not attached to version {from}.")));
            }
            _ => {}
        }
        match (from, to) {
            (_, Some(to)) => self.attach(label, to),
            (Some(_), None) if label == CURRENT => {
                return Err(invalid_parameter(format!(
                    "You can only move staging label {CURRENT} to a different secret version. It can't be completely removed."
                )));
            }
            (Some(from), None) => {
                self.versions.iter_mut().filter(|version| version.id == from).for_each(|version| {
                    version.labels.remove(label);
                });
            }
            (None, None) => {
                return Err(invalid_parameter("You must provide either MoveToVersionId or RemoveFromVersionId."));
            }
        }
        self.changed = now;
        Ok(())
    }

    /// What `DescribeSecret` and, with another name for the labels, `ListSecrets` return.
    pub(crate) fn described(&self, labels: &str) -> Value {
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| {
            if !value.is_null() {
                members.insert(name.to_owned(), value);
            }
        };
        put("ARN", self.arn.as_str().into());
        put("Name", self.name.as_str().into());
        put("Description", json!(self.description));
        put("KmsKeyId", json!(self.kms_key));
        put("LastChangedDate", json!(self.changed));
        put("LastAccessedDate", json!(self.accessed));
        put("DeletedDate", json!(self.deleted));
        put("CreatedDate", json!(self.created));
        put("Tags", self.tags.list().into());
        let staged = self.versions.iter().filter(|version| !version.labels.is_empty());
        let staged: Map<String, Value> = staged.map(|version| (version.id.clone(), json!(version.labels))).collect();
        if !staged.is_empty() {
            put(labels, staged.into());
        }
        members.into()
    }
}
