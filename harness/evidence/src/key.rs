//! Ed25519 keys and signatures in minisign's form, which its own tool reads, too. <https://jedisct1.github.io/minisign/>

use std::fs::OpenOptions;
use std::io::{Cursor, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use minisign::{KeyPair, PublicKeyBox, SecretKeyBox, SignatureBox};

use crate::EvidenceError;

/// What stands before a signature, where no signature protects it: nothing else is believed.
const UNTRUSTED_COMMENT: &str = "signature of evidence by nightproof";

/// Length of the signature of signature and comment, in base64.
const GLOBAL: usize = 88;

/// A key that signs evidence.
pub struct SigningKey {
    secret: minisign::SecretKey,
    public: minisign::PublicKey,
}

/// A key that evidence is verified by.
pub struct PublicKey(minisign::PublicKey);

impl SigningKey {
    /// Makes a key pair: a secret key that only its owner may read, and a public one.
    ///
    /// # Errors
    /// A file is there already, or cannot be written.
    pub fn make(secret: &Path, public: &Path) -> Result<(), EvidenceError> {
        let sign = |error: minisign::PError| EvidenceError::Sign { path: secret.to_owned(), why: error.to_string() };
        let KeyPair { pk, sk } = KeyPair::generate_unencrypted_keypair().map_err(sign)?;
        let secret_text = sk.to_box(Some("secret key of evidence by nightproof")).map_err(sign)?.into_string();
        let public_text = pk.to_box().map_err(sign)?.into_string();
        create(secret, &secret_text, 0o600)?;
        create(public, &public_text, 0o644)
    }

    /// Reads a secret key without a password.
    ///
    /// # Errors
    /// It cannot be read, is none, or has a password.
    pub fn read(path: &Path) -> Result<Self, EvidenceError> {
        let text = text(path)?;
        let wrong = |error: minisign::PError| EvidenceError::Key {
            path: path.to_owned(),
            kind: "secret key without a password",
            why: error.to_string(),
        };
        let secret = SecretKeyBox::from_string(&text).and_then(SecretKeyBox::into_unencrypted_secret_key).map_err(wrong)?;
        let public = minisign::PublicKey::from_secret_key(&secret).map_err(wrong)?;
        Ok(Self { secret, public })
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.public.clone())
    }

    /// The signature of `content`, whose file is called `name`.
    pub(crate) fn sign(&self, path: &Path, name: &str, content: &[u8]) -> Result<String, EvidenceError> {
        let comment = trusted_comment(name);
        let signed =
            minisign::sign(Some(&self.public), &self.secret, Cursor::new(content), Some(&comment), Some(UNTRUSTED_COMMENT));
        let wrong = |error: minisign::PError| EvidenceError::Sign { path: path.to_owned(), why: error.to_string() };
        signed.map(SignatureBox::into_string).map_err(wrong)
    }
}

impl PublicKey {
    /// Reads a public key.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn read(path: &Path) -> Result<Self, EvidenceError> {
        let text = text(path)?;
        let wrong =
            |error: minisign::PError| EvidenceError::Key { path: path.to_owned(), kind: "public key", why: error.to_string() };
        PublicKeyBox::from_string(&text).and_then(PublicKeyBox::into_public_key).map(Self).map_err(wrong)
    }

    /// Its id: 16 hexadecimal digits, as minisign's own tool prints it.
    pub fn id(&self) -> String {
        self.0.keynum().iter().rev().map(|byte| format!("{byte:02X}")).collect()
    }

    /// Whether `signature` is this key's, of a file of this name and content. A signature has one way to be written.
    pub(crate) fn verify(&self, name: &str, content: &[u8], signature: &str) -> Result<(), String> {
        let signed = SignatureBox::from_string(signature).map_err(|error| error.to_string())?;
        let verified = minisign::verify(&self.0, &signed, Cursor::new(content), true, false, false);
        verified.map_err(|error| error.to_string())?;
        if signed.trusted_comment().ok() != Some(trusted_comment(name)) {
            return Err("its signature is of a file of another name".to_owned());
        }
        let is_ours = signed.untrusted_comment().is_ok_and(|comment| comment == UNTRUSTED_COMMENT);
        // The last line is 64 bytes; what comes after them would be signed by nobody.
        let is_exact = signature.lines().nth(3).is_some_and(|line| line.len() == GLOBAL && line.ends_with("=="));
        if is_ours && is_exact && signed.into_string() == signature {
            Ok(())
        } else {
            Err("its signature was changed".to_owned())
        }
    }
}

fn trusted_comment(name: &str) -> String {
    format!("file:{name}")
}

fn text(path: &Path) -> Result<String, EvidenceError> {
    std::fs::read_to_string(path).map_err(|source| EvidenceError::Read { path: path.to_owned(), source })
}

/// Writes a file that is not there yet.
fn create(path: &Path, text: &str, mode: u32) -> Result<(), EvidenceError> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let written = opened.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| EvidenceError::Write { path: PathBuf::from(path), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> (tempfile::TempDir, SigningKey, PublicKey) {
        let folder = tempfile::tempdir().unwrap();
        let (secret, public) = (folder.path().join("k"), folder.path().join("k.pub"));
        SigningKey::make(&secret, &public).unwrap();
        let (signing, public) = (SigningKey::read(&secret).unwrap(), PublicKey::read(&public).unwrap());
        (folder, signing, public)
    }

    #[test]
    fn a_signature_holds_for_its_key_name_and_content_alone() {
        let (_folder, signing, public) = keys();
        let signature = signing.sign(Path::new("a"), "a.json", b"content").unwrap();
        assert_eq!(public.verify("a.json", b"content", &signature), Ok(()));
        assert!(public.verify("b.json", b"content", &signature).unwrap_err().contains("another name"));
        assert!(public.verify("a.json", b"Content", &signature).is_err());
        assert!(keys().2.verify("a.json", b"content", &signature).is_err());
        assert_eq!(signing.public().id(), public.id());
        assert_eq!(public.id().len(), 16);
    }

    #[test]
    fn a_signature_with_one_changed_character_is_refused() {
        let (_folder, signing, public) = keys();
        let signature = signing.sign(Path::new("a"), "a.json", b"content").unwrap();
        for at in 0..signature.len() {
            let mut changed = signature.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(public.verify("a.json", b"content", &changed).is_err(), "{at}: {changed}");
        }
        assert!(public.verify("a.json", b"content", &format!("{signature}\n")).is_err());
        assert!(public.verify("a.json", b"content", "").is_err());
    }

    #[test]
    fn keys_are_not_overwritten_and_the_secret_one_is_its_owners() {
        use std::os::unix::fs::PermissionsExt as _;
        let (folder, ..) = keys();
        let secret = folder.path().join("k");
        assert_eq!(std::fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(SigningKey::make(&secret, &folder.path().join("other.pub")).is_err());
        assert!(SigningKey::read(&folder.path().join("k.pub")).is_err());
        assert!(PublicKey::read(&secret).is_err());
    }
}
