//! Keys: their records, states and material.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::Arn;
use nightproof_wire::AwsError;
use serde_json::{Value, json};

use crate::document::put;
use crate::material::{Material, Versions};
use crate::multi_region::MultiRegion;
use crate::spec::{KeySpec, KeyUsage};

/// A key.
pub(super) struct Key {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) created: Timestamp,
    pub(super) description: String,
    pub(super) state: State,
    /// The key policy as it was put.
    pub(super) policy: PolicyDocument,
    pub(super) tags: BTreeMap<String, String>,
    /// Days between rotations, if it is rotated.
    pub(super) rotation: Option<i64>,
    /// Made by AWS for one of its services: `alias/aws/s3`.
    pub(super) managed_by_aws: bool,
    /// Those that it is related to, if it is a multi-Region key.
    pub(super) multi_region: Option<MultiRegion>,
    pub(super) spec: KeySpec,
    pub(super) usage: KeyUsage,
    /// Whether its material is imported.
    pub(super) external: bool,
    /// `None` while there is nothing imported.
    pub(super) material: Option<Material>,
    /// The id of the current material of a symmetric key; it stays when imported material is deleted.
    pub(super) material_id: Option<String>,
    /// When imported material is deleted by itself.
    pub(super) expires: Option<Timestamp>,
    /// How often it was rotated on demand.
    pub(super) rotations_on_demand: usize,
}

/// What a key is made with.
pub(super) struct NewKey {
    pub(super) spec: KeySpec,
    pub(super) usage: KeyUsage,
    pub(super) multi_region: bool,
    /// `None`: it is to be imported.
    pub(super) material: Option<Material>,
}

impl NewKey {
    /// A symmetric key with material of its own.
    pub(super) fn symmetric() -> Result<Self, AwsError> {
        let spec = KeySpec::Symmetric;
        Ok(Self { spec, usage: KeyUsage::EncryptDecrypt, multi_region: false, material: Some(Material::generate(spec)?) })
    }
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum State {
    Enabled,
    Disabled,
    PendingImport,
    /// A primary, until its last replica is gone.
    PendingReplicaDeletion {
        days: i64,
    },
    PendingDeletion {
        until: Timestamp,
        days: i64,
    },
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingImport => "PendingImport",
            Self::PendingReplicaDeletion { .. } => "PendingReplicaDeletion",
            Self::PendingDeletion { .. } => "PendingDeletion",
        }
    }
}

impl Key {
    pub(super) fn new(region: &str, account: &str, policy: PolicyDocument, now: Timestamp, new: NewKey) -> Self {
        let uuid = uuid::Uuid::new_v4();
        let id = if new.multi_region { format!("mrk-{}", uuid.simple()) } else { uuid.to_string() };
        let arn = Arn::new("kms", region, account, format!("key/{id}")).to_string();
        let mut key = Self {
            multi_region: new.multi_region.then(|| MultiRegion::primary(&arn)),
            arn,
            id,
            created: now,
            description: String::new(),
            state: if new.material.is_some() { State::Enabled } else { State::PendingImport },
            policy,
            tags: BTreeMap::new(),
            rotation: None,
            managed_by_aws: false,
            spec: new.spec,
            usage: new.usage,
            external: new.material.is_none(),
            material: new.material,
            material_id: None,
            expires: None,
            rotations_on_demand: 0,
        };
        key.note_material();
        key
    }

    /// Notes which material is current, after it changed.
    pub(super) fn note_material(&mut self) {
        if let Some(current) = self.versions().and_then(Versions::current) {
            self.material_id = Some(current.id(self.material_scope()));
        }
    }

    /// What the ids of its material are made for: related multi-Region keys have the same ones.
    pub(super) fn material_scope(&self) -> &str {
        if self.multi_region.is_some() { &self.id } else { &self.arn }
    }

    /// The material of a symmetric key.
    pub(super) fn versions(&self) -> Option<&Versions> {
        match &self.material {
            Some(Material::Symmetric(versions)) => Some(versions),
            _ => None,
        }
    }

    /// Whether it is a multi-Region key, and the one that others are replicas of.
    pub(super) fn is_primary(&self) -> bool {
        self.multi_region.as_ref().is_some_and(|related| related.primary == self.arn)
    }

    /// Whether it is a replica, whose rotation and material are the primary's.
    pub(super) fn is_replica(&self) -> bool {
        self.multi_region.is_some() && !self.is_primary()
    }

    /// Deletes what was imported; the key can be used again once it is there again.
    pub(super) fn delete_material(&mut self) {
        self.material = None;
        self.expires = None;
        if !matches!(self.state, State::PendingDeletion { .. } | State::PendingReplicaDeletion { .. }) {
            self.state = State::PendingImport;
        }
    }

    pub(super) fn account(&self) -> &str {
        nightproof_core::service::arn::account_of(&self.arn)
    }

    /// `KeyMetadata`.
    pub(super) fn metadata(&self) -> Value {
        let mut metadata = json!({
            "AWSAccountId": self.account(),
            "KeyId": self.id,
            "Arn": self.arn,
            "CreationDate": self.created,
            "Enabled": self.state == State::Enabled,
            "Description": self.description,
            "KeyUsage": self.usage.name(),
            "KeyState": self.state.name(),
            "Origin": self.origin(),
            "KeyManager": if self.managed_by_aws { "AWS" } else { "CUSTOMER" },
            "CustomerMasterKeySpec": self.spec.name(),
            "KeySpec": self.spec.name(),
            "MultiRegion": self.multi_region.is_some(),
        });
        put(&mut metadata, self.usage.algorithms_member(), json!(self.spec.algorithms(self.usage)));
        if let Some(id) = &self.material_id {
            put(&mut metadata, "CurrentKeyMaterialId", json!(id));
        }
        if self.external && self.material.is_some() {
            let expires = self.expires.is_some();
            put(
                &mut metadata,
                "ExpirationModel",
                json!(if expires { "KEY_MATERIAL_EXPIRES" } else { "KEY_MATERIAL_DOES_NOT_EXPIRE" }),
            );
        }
        if let Some(expires) = self.expires {
            put(&mut metadata, "ValidTo", json!(expires));
        }
        if let Some(related) = &self.multi_region {
            put(&mut metadata, "MultiRegionConfiguration", related.describe(&self.arn));
        }
        match self.state {
            State::PendingDeletion { until, .. } => put(&mut metadata, "DeletionDate", json!(until)),
            State::PendingReplicaDeletion { days } => put(&mut metadata, "PendingDeletionWindowInDays", json!(days)),
            State::Enabled | State::Disabled | State::PendingImport => {}
        }
        metadata
    }

    /// `Origin`: where its material comes from.
    pub(super) fn origin(&self) -> &'static str {
        if self.external { "EXTERNAL" } else { "AWS_KMS" }
    }

    /// Refuses an operation that keys of another usage are for.
    pub(super) fn is_for(&self, usage: KeyUsage, operation: &str) -> Result<(), AwsError> {
        if self.usage == usage {
            return Ok(());
        }
        let message = format!("{} key usage is {} which is not valid for {operation}.", self.arn, self.usage.name());
        Err(AwsError::new("InvalidKeyUsageException", 400, message))
    }

    /// Refuses what can be done only with keys of another origin.
    pub(super) fn wrong_origin(&self) -> AwsError {
        let message = format!("{} origin is {} which is not valid for this operation.", self.arn, self.origin());
        AwsError::new("UnsupportedOperationException", 400, message)
    }

    /// Refuses cryptographic use in another state than enabled.
    pub(super) fn usable(&self) -> Result<(), AwsError> {
        match self.state {
            State::Enabled => Ok(()),
            State::Disabled => Err(AwsError::new("DisabledException", 400, format!("{} is disabled.", self.arn))),
            State::PendingImport => Err(self.pending_import()),
            State::PendingDeletion { .. } | State::PendingReplicaDeletion { .. } => self.not_pending(),
        }
    }

    /// Refuses to enable or disable a key that has no material.
    pub(super) fn not_importing(&self) -> Result<(), AwsError> {
        if self.state == State::PendingImport { Err(self.pending_import()) } else { Ok(()) }
    }

    fn pending_import(&self) -> AwsError {
        AwsError::new("KMSInvalidStateException", 400, format!("{} is pending import.", self.arn))
    }

    /// The material of a key that can be used.
    pub(super) fn in_use(&self) -> Result<&Material, AwsError> {
        self.usable()?;
        self.material.as_ref().ok_or_else(|| self.pending_import())
    }

    /// Refuses changes to a key that is to be deleted.
    pub(super) fn not_pending(&self) -> Result<(), AwsError> {
        match self.state {
            State::PendingDeletion { .. } => {
                Err(AwsError::new("KMSInvalidStateException", 400, format!("{} is pending deletion.", self.arn)))
            }
            State::PendingReplicaDeletion { .. } => {
                Err(AwsError::new("KMSInvalidStateException", 400, format!("{} is pending replica deletion.", self.arn)))
            }
            State::Enabled | State::Disabled | State::PendingImport => Ok(()),
        }
    }

    /// Encrypts `plain` bound to `context`. The blob names its key: version, the key ARN's length and the ARN, nonce, ciphertext.
    pub(super) fn encrypt(&self, plain: &[u8], context: &[u8]) -> Result<Vec<u8>, AwsError> {
        let Material::Symmetric(versions) = self.in_use()? else { return Err(invalid_ciphertext()) };
        let (nonce, sealed) = versions.seal(plain, context)?;
        let length = u8::try_from(self.arn.len()).map_err(|_| AwsError::internal("a key ARN is too long"))?;
        let mut blob = vec![VERSION, length];
        blob.extend_from_slice(self.arn.as_bytes());
        blob.extend_from_slice(&nonce);
        blob.extend_from_slice(&sealed);
        Ok(blob)
    }

    /// Decrypts what [`Key::encrypt`] made with the same context, and names the material that did it.
    pub(super) fn decrypt(&self, nonce: [u8; 12], sealed: &[u8], context: &[u8]) -> Result<(Vec<u8>, String), AwsError> {
        let Material::Symmetric(versions) = self.in_use()? else { return Err(invalid_ciphertext()) };
        let (plain, version) = versions.open(nonce, sealed, context).ok_or_else(invalid_ciphertext)?;
        Ok((plain, version.id(self.material_scope())))
    }
}

const VERSION: u8 = 1;

/// A ciphertext that is none, was changed, or is opened with another context. AWS says no more.
pub(super) fn invalid_ciphertext() -> AwsError {
    AwsError::new("InvalidCiphertextException", 400, "")
}

/// A ciphertext blob taken apart.
pub(super) struct Blob<'a> {
    pub(super) key_arn: &'a str,
    pub(super) nonce: [u8; 12],
    pub(super) sealed: &'a [u8],
}

impl<'a> Blob<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&[version, length], rest) = bytes.split_first_chunk::<2>()?;
        let (arn, rest) = rest.split_at_checked(usize::from(length))?;
        let (nonce, sealed) = rest.split_first_chunk::<12>()?;
        let key_arn = std::str::from_utf8(arn).ok().filter(|_| version == VERSION)?;
        Some(Self { key_arn, nonce: *nonce, sealed })
    }
}

/// An encryption context as bytes that do not depend on its order. An empty context is none.
pub(super) fn context_bytes(context: &BTreeMap<String, String>) -> Result<Vec<u8>, AwsError> {
    if context.is_empty() {
        return Ok(Vec::new());
    }
    serde_json::to_vec(context).map_err(|error| AwsError::internal(error.to_string()))
}
