//! Queues under a customer's KMS key: a sender needs a data key of it, a receiver has to be able to decrypt that.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html>

use nightproof_core::Caller;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::records::Sqs;

/// KMS's refusal in the words of SQS.
fn translated(error: AwsError) -> AwsError {
    let code = match error.code.as_str() {
        // A policy's denial has no exception of KMS's own as its code.
        "AccessDenied" | "AccessDeniedException" => "KmsAccessDenied",
        "NotFoundException" => "KmsNotFound",
        "DisabledException" => "KmsDisabled",
        "KMSInvalidStateException" => "KmsInvalidState",
        "InvalidKeyUsageException" => "KmsInvalidKeyUsage",
        _ => return error,
    };
    AwsError::new(code, 400, error.message)
}

impl Sqs {
    /// A data key for one send, as its ciphertext; `None` if the queue has no customer managed key.
    pub(super) async fn data_key(&self, call: &Call, queue_url: &str) -> Result<Option<String>, AwsError> {
        let Some((key, arn)) = self.queue(queue_url, |queue| Ok(queue.kms_key().map(|key| (key, queue.arn.clone()))))? else {
            return Ok(None);
        };
        new_data_key(call, &key, &arn).await
    }
}

/// A data key of `key` for the queue `arn`, as its ciphertext.
pub(super) async fn new_data_key(call: &Call, key: &str, arn: &str) -> Result<Option<String>, AwsError> {
    let request = json!({"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": {"aws:sqs:arn": arn}});
    let output = call.region.call(&through_sqs(call), "kms", "GenerateDataKey", request).await.map_err(translated)?;
    Ok(output.get("CiphertextBlob").and_then(Value::as_str).map(str::to_owned))
}

/// Checks that the caller may decrypt this data key, and so read the messages that it protects.
pub(super) async fn open_data_key(call: &Call, arn: &str, data_key: &str) -> Result<(), AwsError> {
    let request = json!({"CiphertextBlob": data_key, "EncryptionContext": {"aws:sqs:arn": arn}});
    call.region.call(&through_sqs(call), "kms", "Decrypt", request).await.map(drop).map_err(translated)
}

/// The caller, whose use of a key SQS passes on: `kms:ViaService`.
fn through_sqs(call: &Call) -> Caller {
    call.caller.clone().via(&format!("sqs.{}.amazonaws.com", call.region.name()))
}
