//! RSA key pairs.

use nightproof_wire::AwsError;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _};
use rsa::traits::PublicKeyParts as _;
use rsa::{Oaep, Pkcs1v15Sign, PrivateKey, Pss};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

/// A private key.
#[derive(Clone)]
pub(crate) struct RsaKey(Box<PrivateKey>);

fn failed(_: impl std::fmt::Debug) -> AwsError {
    AwsError::internal("kms could not use an RSA key")
}

impl RsaKey {
    /// A new key of so many bits. It takes a moment: not under a lock.
    pub(crate) fn generate(bits: u16) -> Result<Self, AwsError> {
        PrivateKey::new(&mut rand::rng(), usize::from(bits)).map(Box::new).map(Self).map_err(failed)
    }

    /// Reads PKCS #8; `None` if it is none, or of another length.
    pub(crate) fn read(bits: u16, der: &[u8]) -> Option<Self> {
        let key = PrivateKey::from_pkcs8_der(der).ok()?;
        (key.size() * 8 == usize::from(bits)).then(|| Self(Box::new(key)))
    }

    /// PKCS #8 in DER.
    pub(crate) fn private_der(&self) -> Result<Vec<u8>, AwsError> {
        self.0.to_pkcs8_der().map(|der| der.as_bytes().to_vec()).map_err(failed)
    }

    /// `SubjectPublicKeyInfo` in DER.
    pub(crate) fn public_der(&self) -> Result<Vec<u8>, AwsError> {
        self.0.to_public_key().to_public_key_der().map(|der| der.as_bytes().to_vec()).map_err(failed)
    }

    /// How many bytes the algorithm can encrypt: RFC 8017, section 7.1.1.
    pub(crate) fn capacity(&self, algorithm: &str) -> usize {
        let hash = if algorithm.ends_with("SHA_1") { 20 } else { 32 };
        self.0.size().saturating_sub(2 * hash + 2)
    }

    pub(crate) fn encrypt(&self, algorithm: &str, plain: &[u8]) -> Result<Vec<u8>, AwsError> {
        let (random, public) = (&mut rand::rng(), self.0.to_public_key());
        match algorithm {
            "RSAES_OAEP_SHA_1" => public.encrypt(random, Oaep::<Sha1>::new(), plain),
            _ => public.encrypt(random, Oaep::<Sha256>::new(), plain),
        }
        .map_err(failed)
    }

    /// `None`: not encrypted by this key and algorithm.
    pub(crate) fn decrypt(&self, algorithm: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        match algorithm {
            "RSAES_OAEP_SHA_1" => self.0.decrypt(Oaep::<Sha1>::new(), sealed),
            _ => self.0.decrypt(Oaep::<Sha256>::new(), sealed),
        }
        .ok()
    }

    /// The signature of a digest by an algorithm of KMS's: `RSASSA_PSS_SHA_256`.
    pub(crate) fn sign(&self, algorithm: &str, digest: &[u8]) -> Result<Vec<u8>, AwsError> {
        let random = &mut rand::rng();
        match algorithm {
            "RSASSA_PSS_SHA_256" => self.0.sign_with_rng(random, Pss::<Sha256>::new(), digest),
            "RSASSA_PSS_SHA_384" => self.0.sign_with_rng(random, Pss::<Sha384>::new(), digest),
            "RSASSA_PSS_SHA_512" => self.0.sign_with_rng(random, Pss::<Sha512>::new(), digest),
            "RSASSA_PKCS1_V1_5_SHA_384" => self.0.sign(Pkcs1v15Sign::new::<Sha384>(), digest),
            "RSASSA_PKCS1_V1_5_SHA_512" => self.0.sign(Pkcs1v15Sign::new::<Sha512>(), digest),
            _ => self.0.sign(Pkcs1v15Sign::new::<Sha256>(), digest),
        }
        .map_err(failed)
    }

    pub(crate) fn verifies(&self, algorithm: &str, digest: &[u8], signature: &[u8]) -> bool {
        let public = self.0.to_public_key();
        match algorithm {
            "RSASSA_PSS_SHA_256" => public.verify(Pss::<Sha256>::new(), digest, signature),
            "RSASSA_PSS_SHA_384" => public.verify(Pss::<Sha384>::new(), digest, signature),
            "RSASSA_PSS_SHA_512" => public.verify(Pss::<Sha512>::new(), digest, signature),
            "RSASSA_PKCS1_V1_5_SHA_384" => public.verify(Pkcs1v15Sign::new::<Sha384>(), digest, signature),
            "RSASSA_PKCS1_V1_5_SHA_512" => public.verify(Pkcs1v15Sign::new::<Sha512>(), digest, signature),
            _ => public.verify(Pkcs1v15Sign::new::<Sha256>(), digest, signature),
        }
        .is_ok()
    }
}
