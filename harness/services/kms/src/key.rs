//! Keys: their records, states and material.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::Arn;
use nightproof_wire::AwsError;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::{Value, json};

/// A symmetric key.
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
    pub(super) multi_region: bool,
    material: [u8; 32],
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum State {
    Enabled,
    Disabled,
    PendingDeletion { until: Timestamp, days: i64 },
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion { .. } => "PendingDeletion",
        }
    }
}

impl Key {
    pub(super) fn new(region: &str, account: &str, policy: PolicyDocument, now: Timestamp) -> Self {
        let id = uuid::Uuid::new_v4().to_string();
        Self {
            arn: Arn::new("kms", region, account, format!("key/{id}")).to_string(),
            id,
            created: now,
            description: String::new(),
            state: State::Enabled,
            policy,
            tags: BTreeMap::new(),
            rotation: None,
            managed_by_aws: false,
            multi_region: false,
            material: rand::random(),
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
            "KeyUsage": "ENCRYPT_DECRYPT",
            "KeyState": self.state.name(),
            "Origin": "AWS_KMS",
            "KeyManager": if self.managed_by_aws { "AWS" } else { "CUSTOMER" },
            "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
            "MultiRegion": self.multi_region,
        });
        if let (State::PendingDeletion { until, .. }, Value::Object(members)) = (self.state, &mut metadata) {
            members.insert("DeletionDate".to_owned(), json!(until));
        }
        metadata
    }

    /// Refuses cryptographic use in another state than enabled.
    pub(super) fn usable(&self) -> Result<(), AwsError> {
        match self.state {
            State::Enabled => Ok(()),
            State::Disabled => Err(AwsError::new("DisabledException", 400, format!("{} is disabled.", self.arn))),
            State::PendingDeletion { .. } => self.not_pending(),
        }
    }

    /// Refuses changes to a key that is to be deleted.
    pub(super) fn not_pending(&self) -> Result<(), AwsError> {
        match self.state {
            State::PendingDeletion { .. } => {
                Err(AwsError::new("KMSInvalidStateException", 400, format!("{} is pending deletion.", self.arn)))
            }
            State::Enabled | State::Disabled => Ok(()),
        }
    }

    /// Encrypts `plain` bound to `context`. The blob names its key: version, the key ARN's length and the ARN, nonce, ciphertext.
    pub(super) fn encrypt(&self, plain: &[u8], context: &[u8]) -> Result<Vec<u8>, AwsError> {
        let nonce: [u8; 12] = rand::random();
        let mut sealed = plain.to_vec();
        self.cipher()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut sealed)
            .map_err(|_| AwsError::internal("kms could not encrypt"))?;
        let length = u8::try_from(self.arn.len()).map_err(|_| AwsError::internal("a key ARN is too long"))?;
        let mut blob = vec![VERSION, length];
        blob.extend_from_slice(self.arn.as_bytes());
        blob.extend_from_slice(&nonce);
        blob.extend_from_slice(&sealed);
        Ok(blob)
    }

    /// Decrypts what [`Key::encrypt`] made with the same context.
    pub(super) fn decrypt(&self, nonce: [u8; 12], sealed: &[u8], context: &[u8]) -> Result<Vec<u8>, AwsError> {
        let mut bytes = sealed.to_vec();
        let plain = self
            .cipher()?
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut bytes)
            .map_err(|_| invalid_ciphertext())?
            .len();
        bytes.truncate(plain);
        Ok(bytes)
    }

    fn cipher(&self) -> Result<LessSafeKey, AwsError> {
        UnboundKey::new(&AES_256_GCM, &self.material).map(LessSafeKey::new).map_err(|_| AwsError::internal("no AES-256 key"))
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
