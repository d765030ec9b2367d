//! Server-side encryption: what applies to an object, and the data key behind it.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::service::Call;
use nightproof_core::{Caller, Principal, Region};
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::blob::DataKey;
use super::document::{flag, list, owned, text};
use super::error::{access_denied, internal, invalid_argument, not_implemented};
use crate::arn::arn;
use crate::customer_key::{self, CustomerKey, OwnKey};
use crate::input::Text;

/// How an object is encrypted.
#[derive(Clone)]
pub(super) enum Encryption {
    /// SSE-S3: the data key is kept by S3 itself, in its records.
    S3 { key: DataKey },
    /// SSE-C: the client has the key.
    Customer {
        /// The MD5 of the key, base64.
        key_md5: String,
    },
    /// SSE-KMS: the data key is kept wrapped, and KMS unwraps it for who reads.
    Kms {
        /// The key's ARN.
        key_arn: String,
        /// The data key as KMS wrapped it, base64.
        wrapped: String,
        /// The encryption context, `aws:s3:arn` included.
        context: Value,
        bucket_key: bool,
        /// The caller's own context, base64 JSON, sent back on writes.
        given_context: Option<String>,
    },
}

/// What a request and its bucket's default come to, before KMS is asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wanted {
    S3,
    Customer(CustomerKey),
    Kms { key_id: Option<String>, bucket_key: bool, given_context: Option<String> },
}

/// The encryption that a write asks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AskedEncryption {
    #[serde(default)]
    pub(super) server_side_encryption: Text,
    #[serde(rename = "SSEKMSKeyId", default)]
    pub(super) kms_key_id: Text,
    #[serde(rename = "SSEKMSEncryptionContext", default)]
    pub(super) kms_encryption_context: Text,
    pub(super) bucket_key_enabled: Option<bool>,
}

/// Refuses SSE-C members, whatever their operation: a store elsewhere would keep such an object under its own key.
pub(super) fn refuse_customer_keys(input: &Value) -> Result<(), AwsError> {
    for member in ["SSECustomerAlgorithm", "SSECustomerKey", "CopySourceSSECustomerAlgorithm", "CopySourceSSECustomerKey"] {
        if text(input, member).is_some() {
            return Err(not_implemented("server-side encryption with customer-provided keys (SSE-C)"));
        }
    }
    Ok(())
}

impl Wanted {
    /// From the members of a write and the bucket's `ServerSideEncryptionConfiguration`.
    pub(super) fn of(call: &Call, asked: &AskedEncryption, customer: &OwnKey, default: Option<&Value>) -> Result<Self, AwsError> {
        let rule = default.and_then(|config| list(config, "Rules").first());
        let applied = rule.and_then(|rule| rule.get("ApplyServerSideEncryptionByDefault"));
        let default_bucket_key = rule.and_then(|rule| flag(rule, "BucketKeyEnabled")).unwrap_or(false);
        let key_id = asked.kms_key_id.owned();
        let given_context = asked.kms_encryption_context.owned();
        let requested = asked.server_side_encryption.get();
        if customer.algorithm.get().is_some() || customer.key.get().is_some() {
            CustomerKey::refuse_beside(requested)?;
        }
        if let Some(key) = customer.read(call)? {
            let blocked = rule.and_then(|rule| rule.get("BlockedEncryptionTypes"));
            if blocked.is_some_and(|blocked| list(blocked, "EncryptionType").iter().any(|kind| kind.as_str() == Some("SSE-C"))) {
                return Err(access_denied("Access Denied"));
            }
            return Ok(Self::Customer(key));
        }
        let algorithm = requested.or_else(|| applied.and_then(|applied| text(applied, "SSEAlgorithm"))).unwrap_or("AES256");
        match algorithm {
            "AES256" if key_id.is_some() => Err(invalid_argument(
                "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
                "x-amz-server-side-encryption",
                requested.unwrap_or("null"),
            )),
            "AES256" => Ok(Self::S3),
            "aws:kms" => {
                if requested.is_none() && key_id.is_some() {
                    return Err(invalid_argument(
                        "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
                        "x-amz-server-side-encryption",
                        "null",
                    ));
                }
                // The bucket's key stands in when the request names none but wants what the bucket wants.
                let default_key = applied
                    .filter(|applied| text(applied, "SSEAlgorithm") == Some("aws:kms"))
                    .and_then(|applied| owned(applied, "KMSMasterKeyID"));
                Ok(Self::Kms {
                    key_id: key_id.or(default_key),
                    bucket_key: asked.bucket_key_enabled.unwrap_or(default_bucket_key),
                    given_context,
                })
            }
            "aws:kms:dsse" => Err(not_implemented("dual-layer encryption (aws:kms:dsse)")),
            other => {
                Err(invalid_argument("The encryption method specified is not supported", "x-amz-server-side-encryption", other))
            }
        }
    }
}

impl Encryption {
    /// Asks for a data key as the caller, and returns it with what is kept of it.
    pub(super) async fn begin(call: &Call, wanted: Wanted, bucket: &str, key: &str) -> Result<(Self, DataKey), AwsError> {
        let (key_id, bucket_key, given_context) = match wanted {
            Wanted::Kms { key_id, bucket_key, given_context } => (key_id, bucket_key, given_context),
            Wanted::Customer(CustomerKey { key, md5 }) => return Ok((Self::Customer { key_md5: md5 }, key)),
            Wanted::S3 => {
                let key = DataKey::random();
                return Ok((Self::S3 { key: key.clone() }, key));
            }
        };
        if call.caller.principal == Principal::Anonymous {
            return Err(invalid_argument(
                "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.",
                "Authorization",
                "null",
            ));
        }
        let mut context = match &given_context {
            Some(given) => STANDARD
                .decode(given)
                .ok()
                .and_then(|json| serde_json::from_slice::<Map<String, Value>>(&json).ok())
                .filter(|context| context.values().all(Value::is_string))
                .ok_or_else(|| {
                    invalid_argument(
                        "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map",
                        "x-amz-server-side-encryption-context",
                        given.as_str(),
                    )
                })?,
            None => Map::new(),
        };
        let arn = arn(if bucket_key { bucket.to_owned() } else { format!("{bucket}/{key}") });
        context.entry("aws:s3:arn").or_insert(json!(arn));
        let key_id = key_id.unwrap_or_else(|| call.arn("kms", "alias/aws/s3"));
        let input = json!({"KeyId": key_id, "KeySpec": "AES_256", "EncryptionContext": context});
        let made = call.region.call(&through_s3(call, &call.region), "kms", "GenerateDataKey", input).await.map_err(from_kms)?;
        let (Some(wrapped), Some(key_arn), Some(key)) = (owned(&made, "CiphertextBlob"), owned(&made, "KeyId"), plaintext(&made))
        else {
            return Err(internal("kms answered no data key"));
        };
        Ok((Self::Kms { key_arn, wrapped, context: Value::Object(context), bucket_key, given_context }, key))
    }

    /// The MD5 of the key that its client has, if it is a client's.
    pub(super) fn customer_key(&self) -> Option<&str> {
        match self {
            Self::Customer { key_md5 } => Some(key_md5),
            Self::S3 { .. } | Self::Kms { .. } => None,
        }
    }

    /// The data key for who reads: KMS decides, or the client has it.
    pub(super) async fn open(&self, call: &Call, customer: Option<&CustomerKey>) -> Result<DataKey, AwsError> {
        match self {
            Self::S3 { key } => Ok(key.clone()),
            Self::Customer { key_md5 } => {
                customer_key::check(Some(key_md5), customer)?;
                customer.map(|customer| customer.key.clone()).ok_or_else(|| internal("an object without its key"))
            }
            Self::Kms { .. } if call.caller.principal == Principal::Anonymous => Err(invalid_argument(
                "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.",
                "Authorization",
                "null",
            )),
            Self::Kms { wrapped, context, key_arn, .. } => {
                let input = json!({"CiphertextBlob": wrapped, "EncryptionContext": context, "KeyId": key_arn});
                // That of a copy's source may be elsewhere.
                let home = call.region.home(key_arn).unwrap_or_else(|| call.region.clone());
                let opened = home.call(&through_s3(call, &home), "kms", "Decrypt", input).await.map_err(from_kms)?;
                plaintext(&opened).ok_or_else(|| internal("kms answered no plaintext"))
            }
        }
    }

    /// Whether the ETag is no MD5 of the content, as under KMS and under keys of clients.
    pub(super) fn hides_md5(&self) -> bool {
        matches!(self, Self::Kms { .. } | Self::Customer { .. })
    }

    /// Adds the members that every answer about the object carries.
    pub(super) fn describe(&self, output: &mut Value) {
        let Value::Object(output) = output else { return };
        match self {
            Self::S3 { .. } => {
                output.insert("ServerSideEncryption".to_owned(), json!("AES256"));
            }
            Self::Customer { key_md5 } => {
                output.insert("SSECustomerAlgorithm".to_owned(), json!("AES256"));
                output.insert("SSECustomerKeyMD5".to_owned(), json!(key_md5));
            }
            Self::Kms { key_arn, bucket_key, .. } => {
                output.insert("ServerSideEncryption".to_owned(), json!("aws:kms"));
                output.insert("SSEKMSKeyId".to_owned(), json!(key_arn));
                if *bucket_key {
                    output.insert("BucketKeyEnabled".to_owned(), json!(true));
                }
            }
        }
    }

    /// As [`Encryption::describe`] on a write, where the caller's own context comes back too.
    pub(super) fn describe_write(&self, output: &mut Value) {
        self.describe(output);
        if let (Self::Kms { given_context: Some(context), .. }, Value::Object(output)) = (self, output) {
            output.insert("SSEKMSEncryptionContext".to_owned(), json!(context));
        }
    }
}

/// The caller, whose use of a key S3 passes on in the key's region: `kms:ViaService`.
fn through_s3(call: &Call, region: &Region) -> Caller {
    call.caller.clone().via(&format!("s3.{}.amazonaws.com", region.name()))
}

fn plaintext(output: &Value) -> Option<DataKey> {
    STANDARD.decode(text(output, "Plaintext")?).ok().and_then(|bytes| DataKey::from_bytes(&bytes))
}

/// KMS's refusals as S3 passes them on: with its own prefix, but for a denial.
fn from_kms(error: AwsError) -> AwsError {
    match error.code.as_str() {
        "AccessDeniedException" | "AccessDenied" => access_denied(error.message),
        _ if error.status >= 500 => error,
        code => AwsError::new(format!("KMS.{code}"), 400, error.message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> Call {
        let region = nightproof_test_region::region("111122223333", std::path::Path::new("none"));
        Call {
            now: region.clock().now(),
            region,
            caller: Caller::root("111122223333"),
            request_id: String::new(),
            source_ip: String::new(),
            user_agent: String::new(),
            tls: true,
            http: None,
        }
    }

    fn wanted(call: &Call, input: &Value, default: Option<&Value>) -> Result<Wanted, AwsError> {
        let (asked, key) = (crate::input::part(input)?, crate::input::part(input)?);
        Wanted::of(call, &asked, &key, default)
    }

    #[tokio::test]
    async fn the_request_wins_over_the_bucket_and_the_bucket_over_nothing() {
        let default = json!({"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}, "BucketKeyEnabled": true}]});
        assert_eq!(wanted(&call(), &json!({}), None).expect("default"), Wanted::S3);
        assert_eq!(
            wanted(&call(), &json!({}), Some(&default)).expect("bucket's"),
            Wanted::Kms { key_id: Some("k".to_owned()), bucket_key: true, given_context: None }
        );
        assert_eq!(wanted(&call(), &json!({"ServerSideEncryption": "AES256"}), Some(&default)).expect("request's"), Wanted::S3);
    }

    #[tokio::test]
    async fn a_key_without_its_algorithm_is_refused() {
        assert_eq!(wanted(&call(), &json!({"SSEKMSKeyId": "k"}), None).expect_err("refused").code, "InvalidArgument");
    }

    #[tokio::test]
    async fn a_client_s_key_is_checked_and_needed_again() {
        let key = STANDARD.encode([7; 32]);
        let md5 = STANDARD.encode(<md5::Md5 as md5::Digest>::digest([7; 32]));
        let input = json!({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key, "SSECustomerKeyMD5": md5});
        let asked = wanted(&call(), &input, None).expect("a key");
        let (encryption, _) = Encryption::begin(&call(), asked, "b", "k").await.expect("begun");
        let given = crate::input::part::<OwnKey>(&input).expect("members").read(&call()).expect("a key");
        assert!(encryption.open(&call(), given.as_ref()).await.is_ok());
        assert_eq!(encryption.open(&call(), None).await.err().expect("refused").code, "InvalidRequest");
        let plain = Call { tls: false, ..call() };
        assert!(wanted(&plain, &input, None).expect_err("refused").message.contains("secure connection"));
        for (member, value, code) in [
            ("SSECustomerAlgorithm", "KMS", "InvalidEncryptionAlgorithmError"),
            ("SSECustomerKey", "c2hvcnQ=", "InvalidArgument"),
            ("SSECustomerKeyMD5", "x", "InvalidArgument"),
            ("ServerSideEncryption", "AES256", "InvalidArgument"),
        ] {
            let mut other = input.clone();
            crate::document::set(&mut other, member, json!(value));
            assert_eq!(wanted(&call(), &other, None).expect_err("refused").code, code, "{member}");
        }
    }
}
