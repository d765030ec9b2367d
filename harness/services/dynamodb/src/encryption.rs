//! Tables under keys of KMS.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html>

use nightproof_core::Caller;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{invalid_parameters, validation};
use crate::table_name::TableName;

/// The key that AWS manages.
const MANAGED: &str = "alias/aws/dynamodb";

/// `SSESpecification`
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct SseSpecification {
    #[serde(rename = "Enabled")]
    enabled: Option<bool>,
    #[serde(rename = "SSEType")]
    kind: Option<String>,
    #[serde(rename = "KMSMasterKeyId")]
    key: Option<String>,
}

impl SseSpecification {
    /// One of this key.
    pub(crate) fn with_key(key: &str) -> Self {
        Self { enabled: Some(true), kind: Some("KMS".to_owned()), key: Some(key.to_owned()) }
    }
}

/// The key of a table that is not encrypted by DynamoDB's own alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encryption {
    /// ARN of the key.
    key: String,
    /// The table's key under a key that a customer manages; whoever uses the table has to be able to decrypt it.
    table_key: Option<String>,
}

impl Encryption {
    /// `SSEDescription`
    pub(crate) fn describe(&self) -> Value {
        json!({ "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": self.key })
    }

    /// As [`Encryption::describe`], of a table that is to be under DynamoDB's own key again.
    pub(crate) fn describe_leaving(&self) -> Value {
        json!({ "Status": "UPDATING", "SSEType": "KMS", "KMSMasterKeyArn": self.key })
    }

    /// Finds the key that a request wants, and makes the table's key under it; `None` for DynamoDB's own.
    ///
    /// # Errors
    /// The request contradicts itself, or KMS refuses.
    pub(crate) async fn read(call: &Call, table: &TableName, given: Option<&SseSpecification>) -> Result<Option<Self>, AwsError> {
        let Some(given) = given else { return Ok(None) };
        if let Some(kind) = given.kind.as_deref() {
            AwsError::check_enumerated("sSESpecification.sSEType", kind, &["AES256", "KMS"])?;
            if kind != "KMS" {
                return Err(invalid_parameters("SSEType AES256 is not supported"));
            }
        }
        if given.enabled != Some(true) {
            return match given.key {
                Some(_) => Err(invalid_parameters("KMSMasterKeyId cannot be specified when SSE is not enabled")),
                None => Ok(None),
            };
        }
        let id = given.key.as_deref().unwrap_or(MANAGED);
        let found = call.region.call(&through(call), "kms", "DescribeKey", json!({ "KeyId": id })).await.map_err(translated)?;
        let member = |pointer: &str| found.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let key = member("/KeyMetadata/Arn").to_owned();
        if member("/KeyMetadata/KeyManager") == "AWS" {
            return Ok(Some(Self { key, table_key: None }));
        }
        let request = json!({ "KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context(table) });
        let made = call.region.call(&through(call), "kms", "GenerateDataKey", request).await.map_err(translated)?;
        let table_key = made.get("CiphertextBlob").and_then(Value::as_str).map(str::to_owned);
        Ok(Some(Self { key, table_key }))
    }

    /// The key's ARN.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The table's key, if it is under one that a customer manages.
    pub(crate) fn table_key(&self) -> Option<&str> {
        self.table_key.as_deref()
    }
}

/// Checks that the caller may decrypt a table's key.
///
/// # Errors
/// KMS refuses.
pub(crate) async fn unlock(call: &Call, table: &TableName, table_key: &str) -> Result<(), AwsError> {
    let request = json!({ "CiphertextBlob": table_key, "EncryptionContext": context(table) });
    call.region.call(&through(call), "kms", "Decrypt", request).await.map(drop).map_err(translated)
}

fn context(table: &TableName) -> Value {
    json!({ "aws:dynamodb:tableName": table.name, "aws:dynamodb:subscriberId": table.account })
}

/// The caller, whose use of a key DynamoDB passes on: `kms:ViaService`.
fn through(call: &Call) -> Caller {
    call.caller.clone().via(&format!("dynamodb.{}.amazonaws.com", call.region.name()))
}

/// KMS's refusal in the words of DynamoDB.
fn translated(error: AwsError) -> AwsError {
    match error.code.as_str() {
        "AccessDenied" | "AccessDeniedException" => {
            AwsError::new("AccessDeniedException", 400, format!("KMS key access denied error: {}", error.message))
        }
        "NotFoundException" | "DisabledException" | "KMSInvalidStateException" | "InvalidKeyUsageException" => {
            validation(format!("KMS validation error: {}", error.message))
        }
        _ => error,
    }
}
