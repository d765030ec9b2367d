//! Values under data keys of KMS, which KMS encrypts under the secret's key.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::Caller;
use nightproof_core::service::{Arn, arn};
use nightproof_core::service::{AwsError, Call};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::{Value, json};

use crate::error::{invalid_parameter, invalid_request};

/// A value in clear.
#[derive(PartialEq, Eq)]
pub(crate) enum SecretValue {
    Text(String),
    /// Base64.
    Binary(String),
}

/// A value as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct SealedValue {
    /// The key as it was given; `None` is the key that AWS manages.
    key: Option<String>,
    /// The data key's ciphertext, base64.
    data_key: String,
    nonce: [u8; 12],
    ciphertext: Vec<u8>,
    is_text: bool,
}

impl SecretValue {
    /// `SecretString` or `SecretBinary` of a request; `None` if it has neither.
    pub(crate) fn read(text: Option<String>, binary: Option<String>) -> Result<Option<Self>, AwsError> {
        match (text, binary) {
            (Some(_), Some(_)) => Err(invalid_parameter(
                "You can't specify both a binary secret value and a string secret value in the same secret.",
            )),
            (Some(text), None) => Ok(Some(Self::Text(text))),
            (None, Some(binary)) => Ok(Some(Self::Binary(binary))),
            (None, None) => Ok(None),
        }
    }

    /// The member of an output, and its value.
    pub(crate) fn member(self) -> (&'static str, String) {
        match self {
            Self::Text(text) => ("SecretString", text),
            Self::Binary(binary) => ("SecretBinary", binary),
        }
    }
}

impl SealedValue {
    /// Asks KMS for a data key as the caller, and encrypts the value with it.
    pub(crate) async fn seal(
        call: &Call,
        secret: &str,
        version: &str,
        key: Option<&str>,
        value: &SecretValue,
    ) -> Result<Self, AwsError> {
        let request =
            json!({"KeyId": key_id(call, secret, key), "KeySpec": "AES_256", "EncryptionContext": context(secret, version)});
        let made = call.region.call(&through(call), "kms", "GenerateDataKey", request).await.map_err(encryption_failure)?;
        let (mut ciphertext, is_text) = match value {
            SecretValue::Text(text) => (text.clone().into_bytes(), true),
            SecretValue::Binary(base64) => {
                (STANDARD.decode(base64).map_err(|_| invalid_parameter("SecretBinary is not base64."))?, false)
            }
        };
        let nonce: [u8; 12] = rand::random();
        cipher(&made)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut ciphertext)
            .map_err(|_| AwsError::internal("a secret could not be encrypted"))?;
        let data_key = made.get("CiphertextBlob").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Self { key: key.map(str::to_owned), data_key, nonce, ciphertext, is_text })
    }

    /// Has KMS decrypt the data key as the caller, and decrypts the value with it.
    pub(crate) async fn open(&self, call: &Call, secret: &str, version: &str) -> Result<SecretValue, AwsError> {
        let request = json!({"CiphertextBlob": self.data_key, "EncryptionContext": context(secret, version)});
        let opened = call.region.call(&through(call), "kms", "Decrypt", request).await.map_err(decryption_failure)?;
        let mut bytes = self.ciphertext.clone();
        let length = cipher(&opened)?
            .open_in_place(Nonce::assume_unique_for_key(self.nonce), Aad::empty(), &mut bytes)
            .map_err(|_| AwsError::internal("a secret could not be decrypted"))?
            .len();
        bytes.truncate(length);
        if !self.is_text {
            return Ok(SecretValue::Binary(STANDARD.encode(bytes)));
        }
        String::from_utf8(bytes).map(SecretValue::Text).map_err(|_| AwsError::internal("a secret's text is no text"))
    }

    /// The key, as `ListSecretVersionIds` names it.
    pub(crate) fn key_label(&self) -> &str {
        self.key.as_deref().unwrap_or("DefaultEncryptionKey")
    }
}

/// The cipher of the plaintext data key in KMS's output.
fn cipher(output: &Value) -> Result<LessSafeKey, AwsError> {
    let no_key = || AwsError::internal("kms returned no data key");
    let plain = output.get("Plaintext").and_then(Value::as_str).ok_or_else(no_key)?;
    let bytes = STANDARD.decode(plain).map_err(|_| no_key())?;
    UnboundKey::new(&AES_256_GCM, &bytes).map(LessSafeKey::new).map_err(|_| no_key())
}

fn context(secret: &str, version: &str) -> Value {
    json!({"SecretARN": secret, "SecretVersionId": version})
}

fn key_id(call: &Call, secret: &str, key: Option<&str>) -> String {
    let owner = arn::account_of(secret);
    let managed = || Arn::new("kms", call.region.name(), owner, "alias/aws/secretsmanager").to_string();
    key.map_or_else(managed, str::to_owned)
}

/// The caller, whose use of a key Secrets Manager passes on: `kms:ViaService`.
fn through(call: &Call) -> Caller {
    call.caller.clone().via(&format!("secretsmanager.{}.amazonaws.com", call.region.name()))
}

fn encryption_failure(error: AwsError) -> AwsError {
    let message = "Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS key is available, \
                   enabled, and not in an invalid state.";
    translated(error, "EncryptionFailure", message)
}

fn decryption_failure(error: AwsError) -> AwsError {
    translated(error, "DecryptionFailure", "Secrets Manager can't decrypt the protected secret text using the provided KMS key.")
}

/// KMS's refusal in the words of Secrets Manager.
fn translated(error: AwsError, code: &str, message: &str) -> AwsError {
    match error.code.as_str() {
        "AccessDenied" | "AccessDeniedException" => AwsError::new("AccessDeniedException", 400, "Access to KMS is not allowed"),
        "NotFoundException" | "DisabledException" | "KMSInvalidStateException" | "InvalidKeyUsageException" => {
            AwsError::new(code, 400, format!("{message} ({})", error.message))
        }
        _ => error,
    }
}

/// Refuses a request with a value that lacks the token which becomes the version's id; SDKs make one up.
pub(crate) fn version_id(token: Option<String>) -> Result<String, AwsError> {
    token.ok_or_else(|| invalid_request("You must provide a ClientRequestToken value. We recommend a UUID-type value."))
}
