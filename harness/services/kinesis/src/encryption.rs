//! Streams under a customer's KMS key: a producer needs a data key of it, a reader has to be able to decrypt that.
//! <https://docs.aws.amazon.com/streams/latest/dev/server-side-encryption.html>

use nightproof_core::Caller;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::stream::DataKey;

/// The key that AWS manages, which everybody who may use the stream may use.
const MANAGED: &str = "alias/aws/kinesis";

/// A data key for what a call puts into a stream; `None` if the stream is under no key of a customer.
pub(crate) async fn new_data_key(call: &Call, stream_arn: &str, key: Option<&str>) -> Result<DataKey, AwsError> {
    let Some(key) = key.filter(|key| !key.ends_with(MANAGED)) else { return Ok(None) };
    let request = json!({ "KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context(stream_arn) });
    let output = call.region.call(&through(call), "kms", "GenerateDataKey", request).await.map_err(translated)?;
    Ok(output.get("CiphertextBlob").and_then(Value::as_str).map(Into::into))
}

/// Checks that the caller may decrypt the data key of records, and so read them.
pub(crate) async fn open_data_key(call: &Call, stream_arn: &str, data_key: &str) -> Result<(), AwsError> {
    let request = json!({ "CiphertextBlob": data_key, "EncryptionContext": context(stream_arn) });
    call.region.call(&through(call), "kms", "Decrypt", request).await.map(drop).map_err(translated)
}

fn context(stream_arn: &str) -> Value {
    json!({ "aws:kinesis:arn": stream_arn })
}

/// The caller, whose use of a key Kinesis passes on: `kms:ViaService`.
fn through(call: &Call) -> Caller {
    call.caller.clone().via(&format!("kinesis.{}.amazonaws.com", call.region.name()))
}

/// KMS's refusal in the words of Kinesis.
fn translated(error: AwsError) -> AwsError {
    let code = match error.code.as_str() {
        "AccessDenied" | "AccessDeniedException" => "KMSAccessDeniedException",
        "NotFoundException" => "KMSNotFoundException",
        "DisabledException" => "KMSDisabledException",
        "KMSInvalidStateException" | "InvalidKeyUsageException" => "KMSInvalidStateException",
        _ => return error,
    };
    AwsError::new(code, 400, error.message)
}
