//! Evidence as files: a record and its page, and a signature beside each.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::key::{PublicKey, SigningKey};
use crate::record::Record;
use crate::{EvidenceError, page};

/// What the name of a signature's file ends with.
const SIGNATURE: &str = ".minisig";

/// A file that is as it was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Which.
    pub path: PathBuf,
    /// SHA-256 of it, in hexadecimal digits.
    pub sha256: String,
    content: Vec<u8>,
}

/// Writes the record and its page into `folder`, which is made, each with its signature. Returns the record's file.
///
/// # Errors
/// A file cannot be written.
pub fn write(folder: &Path, record: &Record, key: &SigningKey) -> Result<PathBuf, EvidenceError> {
    std::fs::create_dir_all(folder).map_err(|source| EvidenceError::Write { path: folder.to_owned(), source })?;
    let mut json = serde_json::to_vec_pretty(record)
        .map_err(|error| EvidenceError::Write { path: folder.to_owned(), source: error.into() })?;
    json.push(b'\n');
    let page = page::page(record, &hex::encode(Sha256::digest(&json)), &key.public().id());
    let name = |end: &str| format!("evidence-{}.{end}", record.drill.run);
    let file = signed(folder, &name("json"), &json, key)?;
    signed(folder, &name("html"), page.as_bytes(), key)?;
    Ok(file)
}

/// Adds a file to evidence in `folder`, with its signature.
///
/// # Errors
/// It cannot be written.
pub fn add(folder: &Path, name: &str, content: &[u8], key: &SigningKey) -> Result<PathBuf, EvidenceError> {
    signed(folder, name, content, key)
}

fn signed(folder: &Path, name: &str, content: &[u8], key: &SigningKey) -> Result<PathBuf, EvidenceError> {
    let path = folder.join(name);
    let signature = key.sign(&path, name, content)?;
    let put = |path: &Path, content: &[u8]| {
        std::fs::write(path, content).map_err(|source| EvidenceError::Write { path: path.to_owned(), source })
    };
    put(&path, content)?;
    put(&folder.join(format!("{name}{SIGNATURE}")), signature.as_bytes())?;
    Ok(path)
}

/// Verifies a file, or all files of a folder, by their signatures: each has one, and each signature its file.
///
/// # Errors
/// The first that is not as it was signed by `key`; or there is none.
pub fn verify(path: &Path, key: &PublicKey) -> Result<Vec<Verified>, EvidenceError> {
    if !path.is_dir() {
        return Ok(vec![verify_file(path, key)?]);
    }
    let unreadable = |source| EvidenceError::Read { path: path.to_owned(), source };
    let entries = std::fs::read_dir(path).map_err(unreadable)?;
    let mut files = Vec::new();
    for entry in entries {
        let found = entry.map_err(unreadable)?.path();
        match found.to_str().and_then(|name| name.strip_suffix(SIGNATURE)) {
            Some(signed) if !Path::new(signed).exists() => {
                return Err(EvidenceError::Refused { path: PathBuf::from(signed), why: "it was signed, and is gone".to_owned() });
            }
            Some(_) => {}
            None => files.push(found),
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(EvidenceError::Nothing(path.to_owned()));
    }
    files.iter().map(|file| verify_file(file, key)).collect()
}

fn verify_file(path: &Path, key: &PublicKey) -> Result<Verified, EvidenceError> {
    let refused = |why: &str| EvidenceError::Refused { path: path.to_owned(), why: why.to_owned() };
    let content = std::fs::read(path).map_err(|source| EvidenceError::Read { path: path.to_owned(), source })?;
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| refused("its name is no text"))?;
    let beside = path.with_file_name(format!("{name}{SIGNATURE}"));
    let signature = std::fs::read_to_string(&beside).map_err(|error| refused(&format!("it has no signature: {error}")))?;
    key.verify(name, &content, &signature).map_err(|why| refused(&why))?;
    let verified = Verified { path: path.to_owned(), sha256: hex::encode(Sha256::digest(&content)), content };
    // What was signed as a record is one.
    if name.ends_with(".json") {
        read(&verified)?;
    }
    Ok(verified)
}

/// The record that a file is; nothing for a page.
///
/// # Errors
/// It is of another form or version.
pub fn read(verified: &Verified) -> Result<Option<Record>, EvidenceError> {
    if verified.path.extension().is_none_or(|end| end != "json") {
        return Ok(None);
    }
    let refused = |why: String| EvidenceError::Refused { path: verified.path.clone(), why };
    let text = std::str::from_utf8(&verified.content).map_err(|error| refused(error.to_string()))?;
    Record::parse(text).map(Some).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::record;

    struct Written {
        folder: tempfile::TempDir,
        key: PublicKey,
    }

    impl Written {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let keys = tempfile::tempdir().unwrap();
            let (secret, public) = (keys.path().join("k"), keys.path().join("k.pub"));
            SigningKey::make(&secret, &public).unwrap();
            write(folder.path(), &record("2026-11-29"), &SigningKey::read(&secret).unwrap()).unwrap();
            Self { folder, key: PublicKey::read(&public).unwrap() }
        }

        fn verify(&self) -> Result<Vec<Verified>, EvidenceError> {
            verify(self.folder.path(), &self.key)
        }

        fn file(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }
    }

    #[test]
    fn what_was_written_is_verified_and_read() {
        let written = Written::new();
        let files = written.verify().unwrap();
        assert_eq!(files.len(), 2);
        let records: Vec<Record> = files.iter().filter_map(|file| read(file).unwrap()).collect();
        assert_eq!(records, [record("2026-11-29")]);
        assert!(verify(&written.file("evidence-0a1b2c3d.json"), &written.key).is_ok());
    }

    #[test]
    fn one_changed_character_anywhere_is_refused() {
        let written = Written::new();
        for name in ["evidence-0a1b2c3d.json", "evidence-0a1b2c3d.html"] {
            let path = written.file(name);
            let whole = std::fs::read(&path).unwrap();
            // Each takes a signature's time: every 29th, and the last.
            for at in (0..whole.len()).step_by(29).chain([whole.len() - 1]) {
                let mut changed = whole.clone();
                changed[at] ^= 1;
                std::fs::write(&path, &changed).unwrap();
                let refused = written.verify().unwrap_err().to_string();
                assert!(refused.contains("is not to be believed"), "{name} {at}: {refused}");
            }
            std::fs::write(&path, &whole).unwrap();
        }
        assert!(written.verify().is_ok());
    }

    #[test]
    fn what_is_gone_added_renamed_or_of_another_key_is_refused() {
        let because = |written: &Written| written.verify().unwrap_err().to_string();
        let written = Written::new();
        std::fs::remove_file(written.file("evidence-0a1b2c3d.json")).unwrap();
        assert!(because(&written).contains("it was signed, and is gone"));
        let written = Written::new();
        std::fs::remove_file(written.file("evidence-0a1b2c3d.json.minisig")).unwrap();
        assert!(because(&written).contains("it has no signature"));
        let written = Written::new();
        std::fs::write(written.file("more.json"), "{}").unwrap();
        assert!(because(&written).contains("it has no signature"));
        let written = Written::new();
        for end in ["json", "json.minisig"] {
            std::fs::rename(written.file(&format!("evidence-0a1b2c3d.{end}")), written.file(&format!("evidence-other.{end}")))
                .unwrap();
        }
        assert!(because(&written).contains("of a file of another name"));
        let (written, other) = (Written::new(), Written::new());
        assert!(verify(written.folder.path(), &other.key).unwrap_err().to_string().contains("is not to be believed"));
        let empty = tempfile::tempdir().unwrap();
        assert!(matches!(verify(empty.path(), &written.key), Err(EvidenceError::Nothing(_))));
    }
}
