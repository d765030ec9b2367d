//! The material of keys: made here, or imported.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use nightproof_wire::AwsError;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};

use crate::elliptic::EllipticKey;
use crate::rsa_key::RsaKey;
use crate::spec::KeySpec;

/// What a key consists of.
#[derive(Clone)]
pub(crate) enum Material {
    Symmetric(Versions),
    Hmac(u16, Vec<u8>),
    Rsa(RsaKey),
    Elliptic(EllipticKey),
}

impl Material {
    /// New material. That of RSA takes a moment: not under a lock.
    pub(crate) fn generate(spec: KeySpec) -> Result<Self, AwsError> {
        Ok(match spec {
            KeySpec::Symmetric => Self::Symmetric(Versions::of(Version::generate())),
            KeySpec::Hmac(bits) => Self::Hmac(bits, std::iter::repeat_with(rand::random).take(usize::from(bits / 8)).collect()),
            KeySpec::Rsa(bits) => Self::Rsa(RsaKey::generate(bits)?),
            KeySpec::Ec(curve) => Self::Elliptic(EllipticKey::generate(curve)),
        })
    }

    /// Material that was imported; `None` if it is not of the specification's kind.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-conceptual.html>
    pub(crate) fn read(spec: KeySpec, bytes: &[u8]) -> Option<Self> {
        match spec {
            KeySpec::Symmetric => Version::read(bytes).map(|version| Self::Symmetric(Versions::of(version))),
            KeySpec::Hmac(bits) => (bytes.len() == usize::from(bits / 8)).then(|| Self::Hmac(bits, bytes.to_vec())),
            KeySpec::Rsa(bits) => RsaKey::read(bits, bytes).map(Self::Rsa),
            KeySpec::Ec(curve) => EllipticKey::read(curve, bytes).map(Self::Elliptic),
        }
    }

    /// The public key, `SubjectPublicKeyInfo` in DER; `None` if there is none.
    pub(crate) fn public_der(&self) -> Result<Option<Vec<u8>>, AwsError> {
        match self {
            Self::Symmetric(_) | Self::Hmac(..) => Ok(None),
            Self::Rsa(key) => key.public_der().map(Some),
            Self::Elliptic(key) => key.public_der().map(Some),
        }
    }

    /// The private key, PKCS #8 in DER; `None` if there is none.
    pub(crate) fn private_der(&self) -> Result<Option<Vec<u8>>, AwsError> {
        match self {
            Self::Symmetric(_) | Self::Hmac(..) => Ok(None),
            Self::Rsa(key) => key.private_der().map(Some),
            Self::Elliptic(key) => key.private_der().map(Some),
        }
    }

    /// The message's code by an HMAC key; `None` of any other.
    pub(crate) fn mac(&self, message: &[u8]) -> Option<Vec<u8>> {
        macro_rules! mac {
            ($hash:ty, $key:expr) => {{
                let mut mac = Hmac::<$hash>::new_from_slice($key).ok()?;
                mac.update(message);
                Some(mac.finalize().into_bytes().to_vec())
            }};
        }
        match self {
            Self::Hmac(224, key) => mac!(Sha224, key),
            Self::Hmac(256, key) => mac!(Sha256, key),
            Self::Hmac(384, key) => mac!(Sha384, key),
            Self::Hmac(_, key) => mac!(Sha512, key),
            _ => None,
        }
    }
}

/// All material that a symmetric key ever encrypted by.
#[derive(Clone)]
pub(crate) struct Versions {
    /// The last one is the current.
    all: Vec<Version>,
    /// Imported, and current after the next rotation.
    pub(crate) pending: Option<Version>,
}

/// One material of a symmetric key.
#[derive(Clone)]
pub(crate) struct Version {
    bytes: [u8; 32],
    /// When it became current by a rotation.
    pub(crate) rotated: Option<Timestamp>,
}

impl Version {
    pub(crate) fn generate() -> Self {
        Self { bytes: rand::random(), rotated: None }
    }

    /// `None`: not of 256 bits.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self { bytes: bytes.try_into().ok()?, rotated: None })
    }

    /// Its id, by which the same material of the same key is known again. It tells nothing of the material.
    pub(crate) fn id(&self, key_arn: &str) -> String {
        let digest = Sha256::new().chain_update(key_arn).chain_update(self.bytes).finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn cipher(&self) -> Result<LessSafeKey, AwsError> {
        UnboundKey::new(&AES_256_GCM, &self.bytes).map(LessSafeKey::new).map_err(|_| AwsError::internal("no AES-256 key"))
    }

    fn open(&self, nonce: [u8; 12], sealed: &[u8], context: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = sealed.to_vec();
        let plain = self.cipher().ok()?;
        let length = plain.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut bytes).ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }
}

impl Versions {
    fn of(version: Version) -> Self {
        Self { all: vec![version], pending: None }
    }

    pub(crate) fn current(&self) -> Option<&Version> {
        self.all.last()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Version> {
        self.all.iter()
    }

    /// Encrypts by `next` from now on. What was encrypted before still opens.
    pub(crate) fn rotate(&mut self, mut next: Version, now: Timestamp) {
        next.rotated = Some(now);
        self.all.push(next);
    }

    /// A new nonce, and `plain` sealed by the current material and bound to `context`.
    pub(crate) fn seal(&self, plain: &[u8], context: &[u8]) -> Result<([u8; 12], Vec<u8>), AwsError> {
        let nonce: [u8; 12] = rand::random();
        let current = self.current().ok_or_else(|| AwsError::internal("a key has no material"))?;
        let mut sealed = plain.to_vec();
        current
            .cipher()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut sealed)
            .map_err(|_| AwsError::internal("kms could not encrypt"))?;
        Ok((nonce, sealed))
    }

    /// What was sealed by any of the material, and by which; `None` if by none.
    pub(crate) fn open(&self, nonce: [u8; 12], sealed: &[u8], context: &[u8]) -> Option<(Vec<u8>, &Version)> {
        self.all.iter().rev().find_map(|version| version.open(nonce, sealed, context).map(|plain| (plain, version)))
    }
}
