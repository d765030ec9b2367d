//! The signatures of messages, and the certificate that they are verified with.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::service::AwsError;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256};
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::{Pkcs1v15Sign, PrivateKey};
use serde_json::{Map, Value};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

/// The length of AWS's keys.
const BITS: usize = 2048;

/// The ASN.1 head of a SHA-1 digest: RFC 8017, section 9.2, note 1.
const SHA1_PREFIX: [u8; 15] = [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];

/// What a certificate's file name begins with, as on AWS.
const FILE: &str = "/SimpleNotificationService-";

/// Members that are signed, in their order; those that a message lacks are left out.
const NOTIFICATION: [&str; 6] = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
const CONFIRMATION: [&str; 7] = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];

/// The value of a topic's attribute `SignatureVersion`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureVersion {
    /// SHA-1.
    One,
    /// SHA-256.
    Two,
}

impl SignatureVersion {
    pub(crate) fn read(value: &str) -> Option<Self> {
        match value {
            "1" => Some(Self::One),
            "2" => Some(Self::Two),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::Two => "2",
        }
    }
}

/// A key and its certificate.
#[derive(Debug)]
pub(crate) struct Signer {
    key: Box<PrivateKey>,
    /// PEM.
    certificate: String,
    /// The path that the certificate is served at.
    path: String,
}

/// A signer that is made when something is first signed: a new key takes a moment.
pub(crate) type SharedSigner = Arc<OnceCell<Signer>>;

/// The signer, which is made if there is none yet.
pub(crate) async fn signer(shared: &SharedSigner) -> Result<&Signer, AwsError> {
    shared
        .get_or_try_init(|| async {
            let made = tokio::task::spawn_blocking(Signer::generate).await;
            made.map_err(|error| AwsError::internal(format!("no key was made: {error}")))?
        })
        .await
}

fn failed(error: impl std::fmt::Display) -> AwsError {
    AwsError::internal(format!("sns could not make or use its key: {error}"))
}

impl Signer {
    fn generate() -> Result<Self, AwsError> {
        let key = PrivateKey::new(&mut rand::rng(), BITS).map_err(failed)?;
        let der = key.to_pkcs8_der().map_err(failed)?;
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&der.as_bytes().into(), &PKCS_RSA_SHA256).map_err(failed)?;
        let mut parameters = CertificateParams::new(vec!["sns.amazonaws.com".to_owned()]).map_err(failed)?;
        parameters.distinguished_name.push(DnType::CommonName, "sns.amazonaws.com");
        let certificate = parameters.self_signed(&pair).map_err(failed)?;
        let id = hex::encode(Sha256::digest(certificate.der()));
        let path = format!("{FILE}{}.pem", id.get(..32).unwrap_or_default());
        Ok(Self { key: Box::new(key), certificate: certificate.pem(), path })
    }

    /// The URL of the certificate at an address of the service.
    pub(crate) fn url(&self, address: &str) -> String {
        format!("{address}{}", self.path)
    }

    /// The certificate that a path leads to.
    pub(crate) fn certificate(&self, path: &str) -> Option<&str> {
        (path == self.path).then_some(self.certificate.as_str())
    }

    /// The signature of an envelope that has all of the members that are signed, in base64.
    pub(crate) fn sign(&self, version: SignatureVersion, envelope: &Map<String, Value>) -> Result<String, AwsError> {
        let text = signed_text(envelope);
        let signature = match version {
            SignatureVersion::One => {
                let scheme = Pkcs1v15Sign { hash_len: Some(20), prefix: SHA1_PREFIX.into() };
                self.key.sign(scheme, &Sha1::digest(text.as_bytes()))
            }
            SignatureVersion::Two => self.key.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(text.as_bytes())),
        };
        signature.map(|bytes| STANDARD.encode(bytes)).map_err(failed)
    }
}

/// Whether a path may be one of a certificate.
pub(crate) fn is_certificate(path: &str) -> bool {
    path.strip_prefix(FILE)
        .and_then(|rest| rest.strip_suffix(".pem"))
        .is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What of an envelope is signed: each name and each value on a line.
fn signed_text(envelope: &Map<String, Value>) -> String {
    let members: &[&str] = if envelope.contains_key("Token") { &CONFIRMATION } else { &NOTIFICATION };
    let values = members.iter().filter_map(|name| Some((name, envelope.get(*name)?.as_str()?)));
    values.fold(String::new(), |text, (name, value)| text + name + "\n" + value + "\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_signed_is_each_member_by_its_name_and_nothing_that_is_absent() {
        let notification = json!({ "Type": "Notification", "TopicArn": "t", "Message": "m\n", "Timestamp": "now", "MessageId": "i", "Other": "o" });
        let text = signed_text(notification.as_object().unwrap());
        assert_eq!(text, "Message\nm\n\nMessageId\ni\nTimestamp\nnow\nTopicArn\nt\nType\nNotification\n");
        let confirmation = json!({ "Message": "m", "MessageId": "i", "SubscribeURL": "u", "Subject": "s", "Timestamp": "now", "Token": "k", "TopicArn": "t", "Type": "T" });
        let text = signed_text(confirmation.as_object().unwrap());
        assert_eq!(text, "Message\nm\nMessageId\ni\nSubscribeURL\nu\nTimestamp\nnow\nToken\nk\nTopicArn\nt\nType\nT\n");
    }

    #[test]
    fn both_versions_verify_with_the_key_of_the_certificate() {
        let signer = Signer::generate().unwrap();
        let envelope = json!({ "Message": "m", "MessageId": "i", "Timestamp": "now", "TopicArn": "t", "Type": "Notification" });
        let (envelope, public) = (envelope.as_object().unwrap(), signer.key.to_public_key());
        let text = signed_text(envelope);
        let old = STANDARD.decode(signer.sign(SignatureVersion::One, envelope).unwrap()).unwrap();
        public.verify(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(text.as_bytes()), &old).unwrap();
        let new = STANDARD.decode(signer.sign(SignatureVersion::Two, envelope).unwrap()).unwrap();
        public.verify(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(text.as_bytes()), &new).unwrap();
        public.verify(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(b"another text"), &new).unwrap_err();
        assert!(signer.certificate(&signer.path).unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
        assert!(is_certificate(&signer.path) && !is_certificate("/SimpleNotificationService-x.pem"));
    }
}
