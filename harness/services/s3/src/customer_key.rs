//! Keys that clients send with each request and S3 forgets: SSE-C.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Digest as _;
use nightproof_core::service::Call;
use nightproof_wire::AwsError;
use serde::Deserialize;

use crate::blob::DataKey;
use crate::error::{access_denied, invalid_argument, invalid_request};
use crate::input::Text;

/// The header that refusals name.
const HEADER: &str = "x-amz-server-side-encryption";

/// The key of a request's own object.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct OwnKey {
    #[serde(rename = "SSECustomerAlgorithm", default)]
    pub(crate) algorithm: Text,
    #[serde(rename = "SSECustomerKey", default)]
    pub(crate) key: Text,
    #[serde(rename = "SSECustomerKeyMD5", default)]
    pub(crate) md5: Text,
}

/// The key of a copy's source.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct SourceKey {
    #[serde(rename = "CopySourceSSECustomerAlgorithm", default)]
    algorithm: Text,
    #[serde(rename = "CopySourceSSECustomerKey", default)]
    key: Text,
    #[serde(rename = "CopySourceSSECustomerKeyMD5", default)]
    md5: Text,
}

impl OwnKey {
    /// The key, if there is one.
    pub(crate) fn read(&self, call: &Call) -> Result<Option<CustomerKey>, AwsError> {
        CustomerKey::new(call, self.algorithm.get(), self.key.get(), self.md5.get())
    }
}

impl SourceKey {
    /// The key, if there is one.
    pub(crate) fn read(&self, call: &Call) -> Result<Option<CustomerKey>, AwsError> {
        CustomerKey::new(call, self.algorithm.get(), self.key.get(), self.md5.get())
    }
}

/// A client's key.
#[derive(Clone)]
pub(crate) struct CustomerKey {
    pub(crate) key: DataKey,
    /// Of the key, in base64: what S3 keeps of it.
    pub(crate) md5: String,
}

impl std::fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomerKey").field("md5", &self.md5).finish_non_exhaustive()
    }
}

impl PartialEq for CustomerKey {
    fn eq(&self, other: &Self) -> bool {
        self.md5 == other.md5
    }
}

impl CustomerKey {
    /// The key of a request; `None` without one.
    fn new(call: &Call, algorithm: Option<&str>, key: Option<&str>, md5: Option<&str>) -> Result<Option<Self>, AwsError> {
        if algorithm.is_none() && key.is_none() && md5.is_none() {
            return Ok(None);
        }
        let refused = |message: &str| AwsError::new("InvalidArgument", 400, message).with("ArgumentName", HEADER);
        match algorithm {
            Some("AES256") => {}
            Some(other) => {
                let message = "The Encryption request you specified is not valid. Supported value: AES256.";
                return Err(AwsError::new("InvalidEncryptionAlgorithmError", 400, message)
                    .with("ArgumentName", HEADER)
                    .with("ArgumentValue", other));
            }
            None => {
                return Err(refused(
                    "Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.",
                ));
            }
        }
        let key = key.ok_or_else(|| {
            refused(
                "Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key.",
            )
        })?;
        let invalid = || refused("The secret key was invalid for the specified algorithm.");
        let bytes = STANDARD.decode(key).map_err(|_| invalid())?;
        let data_key = DataKey::from_bytes(&bytes).ok_or_else(invalid)?;
        let computed = STANDARD.encode(md5::Md5::digest(&bytes));
        if md5.ok_or_else(invalid)? != computed {
            return Err(refused("The calculated MD5 hash of the key did not match the hash that was provided."));
        }
        if !call.tls {
            return Err(invalid_request(
                "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.",
            ));
        }
        Ok(Some(Self { key: data_key, md5: computed }))
    }

    /// Refuses a key beside another kind of encryption.
    pub(crate) fn refuse_beside(requested: Option<&str>) -> Result<(), AwsError> {
        requested.map_or(Ok(()), |requested| {
            let message =
                "Server Side Encryption with Customer provided key is incompatible with the encryption method specified";
            Err(invalid_argument(message, HEADER, requested))
        })
    }
}

/// Checks the key of a request against the digest of the one that an object was stored with, if it was.
pub(crate) fn check(stored: Option<&str>, given: Option<&CustomerKey>) -> Result<(), AwsError> {
    match (stored, given) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(invalid_request("The encryption parameters are not applicable to this object.")),
        (Some(_), None) => Err(invalid_request(
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.",
        )),
        (Some(stored), Some(given)) if stored == given.md5 => Ok(()),
        (Some(_), Some(_)) => Err(access_denied(
            "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.",
        )),
    }
}

/// As [`check`] for a part of an upload.
pub(crate) fn check_part(stored: Option<&str>, given: Option<&CustomerKey>) -> Result<(), AwsError> {
    match (stored, given) {
        (None, None) => Ok(()),
        (Some(stored), Some(given)) if stored == given.md5 => Ok(()),
        (Some(_), Some(_)) => Err(invalid_request("The provided encryption parameters did not match the ones used originally.")),
        _ => Err(invalid_request(
            "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.",
        )),
    }
}
