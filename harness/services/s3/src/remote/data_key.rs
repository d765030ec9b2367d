//! The data key of an object under KMS, wrapped, kept with the object in its metadata: S3 keeps it beside the object too, unseen.
//! The store keeps the object's bytes as they are; who reads must be able to unwrap the key all the same.

use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::document::{owned, set, text};
use crate::encryption::Encryption;

/// The name in the metadata; nobody outside sees it.
const NAME: &str = "nightproof-data-key";

/// Writes into a request how its object is encrypted, and what is kept of the key.
pub(super) fn keep(encryption: &Encryption, input: &mut Value) {
    match encryption {
        // A client's key is refused before.
        Encryption::S3 { .. } | Encryption::Customer { .. } => set(input, "ServerSideEncryption", json!("AES256")),
        Encryption::Kms { key_arn, wrapped, context, bucket_key, given_context } => {
            set(input, "ServerSideEncryption", json!("aws:kms"));
            set(input, "SSEKMSKeyId", json!(key_arn));
            set(input, "BucketKeyEnabled", json!(bucket_key));
            let kept =
                json!({"key": key_arn, "wrapped": wrapped, "context": context, "bucketKey": bucket_key, "given": given_context});
            if input.get("Metadata").is_none_or(|metadata| !metadata.is_object()) {
                set(input, "Metadata", json!({}));
            }
            if let Some(metadata) = input.get_mut("Metadata") {
                set(metadata, NAME, json!(kept.to_string()));
            }
        }
    }
}

/// Takes out of an answer what was kept of the object's key.
pub(super) fn kept(output: &mut Value) -> Option<Encryption> {
    let metadata = output.get_mut("Metadata")?.as_object_mut()?;
    let kept = metadata.remove(NAME)?;
    if metadata.is_empty()
        && let Value::Object(output) = output
    {
        output.remove("Metadata");
    }
    let kept: Value = serde_json::from_str(kept.as_str()?).ok()?;
    Some(Encryption::Kms {
        key_arn: owned(&kept, "key")?,
        wrapped: owned(&kept, "wrapped")?,
        context: kept.get("context")?.clone(),
        bucket_key: kept.get("bucketKey").and_then(Value::as_bool).unwrap_or(false),
        given_context: owned(&kept, "given"),
    })
}

/// Proves that the caller may read what the key protects.
///
/// # Errors
/// KMS's; and one for an object under KMS that was not written through the region, of whose key nothing is known.
pub(super) async fn open(call: &Call, encryption: Option<&Encryption>, output: &Value) -> Result<(), AwsError> {
    match encryption {
        Some(encryption) => encryption.open(call, None).await.map(drop),
        None if text(output, "ServerSideEncryption") == Some("aws:kms") => Err(AwsError::new(
            "KMS.NotFoundException",
            400,
            "the object was put into the store past the region, which has no data key of it: put it again through the region",
        )),
        None => Ok(()),
    }
}
