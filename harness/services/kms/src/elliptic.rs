//! Key pairs on elliptic curves.

use nightproof_wire::AwsError;
use p256::ecdsa::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};
use p256::elliptic_curve::Generate as _;
use p256::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _};

use crate::spec::Curve;

/// A private key on one of the curves.
#[derive(Clone)]
pub(crate) enum EllipticKey {
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    P521(p521::SecretKey),
    K256(k256::SecretKey),
}

/// The same expression for the key of each curve, with the curve's crate as `$curve`.
macro_rules! of_curve {
    ($key:expr, $curve:ident, $secret:ident => $value:expr) => {
        match $key {
            EllipticKey::P256($secret) => {
                use p256 as $curve;
                $value
            }
            EllipticKey::P384($secret) => {
                use p384 as $curve;
                $value
            }
            EllipticKey::P521($secret) => {
                use p521 as $curve;
                $value
            }
            EllipticKey::K256($secret) => {
                use k256 as $curve;
                $value
            }
        }
    };
}

fn failed(_: impl std::fmt::Debug) -> AwsError {
    AwsError::internal("kms could not use a key on an elliptic curve")
}

impl EllipticKey {
    pub(crate) fn generate(curve: Curve) -> Self {
        let random = &mut rand::rng();
        match curve {
            Curve::P256 => Self::P256(p256::SecretKey::generate_from_rng(random)),
            Curve::P384 => Self::P384(p384::SecretKey::generate_from_rng(random)),
            Curve::P521 => Self::P521(p521::SecretKey::generate_from_rng(random)),
            Curve::K256 => Self::K256(k256::SecretKey::generate_from_rng(random)),
        }
    }

    /// Reads PKCS #8; `None` if it is none, or of another curve.
    pub(crate) fn read(curve: Curve, der: &[u8]) -> Option<Self> {
        match curve {
            Curve::P256 => p256::SecretKey::from_pkcs8_der(der).ok().map(Self::P256),
            Curve::P384 => p384::SecretKey::from_pkcs8_der(der).ok().map(Self::P384),
            Curve::P521 => p521::SecretKey::from_pkcs8_der(der).ok().map(Self::P521),
            Curve::K256 => k256::SecretKey::from_pkcs8_der(der).ok().map(Self::K256),
        }
    }

    /// PKCS #8 in DER.
    pub(crate) fn private_der(&self) -> Result<Vec<u8>, AwsError> {
        of_curve!(self, curve, secret => {
            let _: &curve::SecretKey = secret;
            secret.to_pkcs8_der().map(|der| der.as_bytes().to_vec()).map_err(failed)
        })
    }

    /// `SubjectPublicKeyInfo` in DER.
    pub(crate) fn public_der(&self) -> Result<Vec<u8>, AwsError> {
        of_curve!(self, curve, secret => {
            let _: &curve::SecretKey = secret;
            secret.public_key().to_public_key_der().map(|der| der.as_bytes().to_vec()).map_err(failed)
        })
    }

    /// The signature of a digest, in DER.
    pub(crate) fn sign(&self, digest: &[u8]) -> Result<Vec<u8>, AwsError> {
        of_curve!(self, curve, secret => {
            let signature: curve::ecdsa::Signature =
                curve::ecdsa::SigningKey::from(secret).sign_prehash(digest).map_err(failed)?;
            Ok(signature.to_der().as_bytes().to_vec())
        })
    }

    pub(crate) fn verifies(&self, digest: &[u8], signature: &[u8]) -> bool {
        of_curve!(self, curve, secret => {
            curve::ecdsa::Signature::from_der(signature)
                .is_ok_and(|read| curve::ecdsa::VerifyingKey::from(&secret.public_key()).verify_prehash(digest, &read).is_ok())
        })
    }

    /// What this key and another's public key, `SubjectPublicKeyInfo` in DER, agree on; `None` if that is no key of the same curve.
    pub(crate) fn agree(&self, public: &[u8]) -> Option<Vec<u8>> {
        macro_rules! agree {
            ($curve:ident, $secret:expr) => {{
                let public = $curve::PublicKey::from_public_key_der(public).ok()?;
                Some($curve::ecdh::diffie_hellman($secret.to_nonzero_scalar(), public.as_affine()).raw_secret_bytes().to_vec())
            }};
        }
        match self {
            Self::P256(secret) => agree!(p256, secret),
            Self::P384(secret) => agree!(p384, secret),
            Self::P521(secret) => agree!(p521, secret),
            // No key of this curve is for agreements.
            Self::K256(_) => None,
        }
    }
}
