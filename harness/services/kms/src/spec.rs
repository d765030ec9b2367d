//! Specifications of keys, and what keys of each are for.
//! <https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html>

use nightproof_wire::AwsError;

/// `KeySpec`: of which kind the material of a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeySpec {
    /// AES-256-GCM.
    Symmetric,
    /// HMAC with a hash of so many bits.
    Hmac(u16),
    /// RSA with a modulus of so many bits.
    Rsa(u16),
    /// A key pair on an elliptic curve.
    Ec(Curve),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
    K256,
}

/// `KeyUsage`: the one thing that a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyUsage {
    EncryptDecrypt,
    SignVerify,
    GenerateVerifyMac,
    KeyAgreement,
}

const SPECS: [(&str, KeySpec); 12] = [
    ("SYMMETRIC_DEFAULT", KeySpec::Symmetric),
    ("HMAC_224", KeySpec::Hmac(224)),
    ("HMAC_256", KeySpec::Hmac(256)),
    ("HMAC_384", KeySpec::Hmac(384)),
    ("HMAC_512", KeySpec::Hmac(512)),
    ("RSA_2048", KeySpec::Rsa(2048)),
    ("RSA_3072", KeySpec::Rsa(3072)),
    ("RSA_4096", KeySpec::Rsa(4096)),
    ("ECC_NIST_P256", KeySpec::Ec(Curve::P256)),
    ("ECC_NIST_P384", KeySpec::Ec(Curve::P384)),
    ("ECC_NIST_P521", KeySpec::Ec(Curve::P521)),
    ("ECC_SECG_P256K1", KeySpec::Ec(Curve::K256)),
];

const USAGES: [(&str, KeyUsage); 4] = [
    ("ENCRYPT_DECRYPT", KeyUsage::EncryptDecrypt),
    ("SIGN_VERIFY", KeyUsage::SignVerify),
    ("GENERATE_VERIFY_MAC", KeyUsage::GenerateVerifyMac),
    ("KEY_AGREEMENT", KeyUsage::KeyAgreement),
];

impl KeySpec {
    /// The specification of this name, of those that the region has.
    pub(crate) fn parse(name: &str) -> Result<Self, AwsError> {
        let found = SPECS.iter().find(|(known, _)| *known == name).map(|(_, spec)| *spec);
        found.ok_or_else(|| AwsError::not_implemented("kms", &format!("key spec {name}")))
    }

    pub(crate) fn name(self) -> &'static str {
        SPECS.iter().find(|(_, spec)| *spec == self).map_or("", |(name, _)| name)
    }

    pub(crate) fn allows(self, usage: KeyUsage) -> bool {
        match self {
            Self::Symmetric => usage == KeyUsage::EncryptDecrypt,
            Self::Hmac(_) => usage == KeyUsage::GenerateVerifyMac,
            Self::Rsa(_) => matches!(usage, KeyUsage::EncryptDecrypt | KeyUsage::SignVerify),
            Self::Ec(Curve::K256) => usage == KeyUsage::SignVerify,
            Self::Ec(_) => matches!(usage, KeyUsage::SignVerify | KeyUsage::KeyAgreement),
        }
    }

    /// The algorithms of keys of this kind.
    pub(crate) fn algorithms(self, usage: KeyUsage) -> &'static [&'static str] {
        match (self, usage) {
            (Self::Symmetric, _) => &["SYMMETRIC_DEFAULT"],
            (Self::Hmac(224), _) => &["HMAC_SHA_224"],
            (Self::Hmac(256), _) => &["HMAC_SHA_256"],
            (Self::Hmac(384), _) => &["HMAC_SHA_384"],
            (Self::Hmac(_), _) => &["HMAC_SHA_512"],
            (Self::Rsa(_), KeyUsage::EncryptDecrypt) => &["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"],
            (Self::Rsa(_), _) => &[
                "RSASSA_PKCS1_V1_5_SHA_256",
                "RSASSA_PKCS1_V1_5_SHA_384",
                "RSASSA_PKCS1_V1_5_SHA_512",
                "RSASSA_PSS_SHA_256",
                "RSASSA_PSS_SHA_384",
                "RSASSA_PSS_SHA_512",
            ],
            (Self::Ec(_), KeyUsage::KeyAgreement) => &["ECDH"],
            (Self::Ec(Curve::P256 | Curve::K256), _) => &["ECDSA_SHA_256"],
            (Self::Ec(Curve::P384), _) => &["ECDSA_SHA_384"],
            (Self::Ec(Curve::P521), _) => &["ECDSA_SHA_512"],
        }
    }
}

impl KeyUsage {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        USAGES.iter().find(|(known, _)| *known == name).map(|(_, usage)| *usage)
    }

    pub(crate) fn name(self) -> &'static str {
        USAGES.iter().find(|(_, usage)| *usage == self).map_or("", |(name, _)| name)
    }

    /// The member of a key's metadata that lists its algorithms.
    pub(crate) fn algorithms_member(self) -> &'static str {
        match self {
            Self::EncryptDecrypt => "EncryptionAlgorithms",
            Self::SignVerify => "SigningAlgorithms",
            Self::GenerateVerifyMac => "MacAlgorithms",
            Self::KeyAgreement => "KeyAgreementAlgorithms",
        }
    }
}
