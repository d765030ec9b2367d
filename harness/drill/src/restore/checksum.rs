//! Checksums beside archives and in their names.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

/// Ends of names of files of checksums, in lower case.
const ENDS: &[&str] = &[
    ".sha256",
    ".sha256sum",
    ".sha512",
    ".sha512sum",
    ".sha1",
    ".sha1sum",
    ".sha",
    ".md5",
    ".md5sum",
    ".sum",
    "sha256sums",
    "sha512sums",
    "sha1sums",
    "md5sums",
    "checksums.txt",
    "checksums",
];

/// How a checksum is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

impl Algorithm {
    /// By the number of hexadecimal digits.
    const fn from_digits(count: usize) -> Option<Self> {
        match count {
            32 => Some(Self::Md5),
            40 => Some(Self::Sha1),
            64 => Some(Self::Sha256),
            128 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// Its name, as people write it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
        }
    }
}

/// A line of a file of checksums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) algorithm: Algorithm,
    /// In lower case.
    pub(crate) hex: String,
    /// The last component of the name that it is of, if it has one.
    pub(crate) name: Option<String>,
}

/// Whether an object of this key is a file of checksums.
pub(crate) fn is_checksum(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ENDS.iter().any(|end| key.ends_with(end))
}

/// The key of what a file of checksums goes with, by its own.
pub(crate) fn companion_of(key: &str) -> Option<&str> {
    let lower = key.to_ascii_lowercase();
    let end = ENDS.iter().filter(|end| end.starts_with('.')).find(|end| lower.ends_with(*end))?;
    key.get(..key.len() - end.len())
}

/// The checksums in the text of such a file: `HEX  NAME` and `SHA256 (NAME) = HEX`, as coreutils and BSD write them, or a checksum alone.
pub(crate) fn lines(text: &str) -> Vec<Line> {
    text.lines().filter_map(line).collect()
}

fn line(text: &str) -> Option<Line> {
    let text = text.trim().trim_start_matches('\\');
    let (hex, name) = match text.split_once(" = ") {
        Some((left, hex)) => (hex, left.split_once('(').and_then(|(_, name)| name.strip_suffix(')'))),
        None => match text.split_once([' ', '\t']) {
            Some((hex, name)) => (hex, Some(name.trim_start().trim_start_matches('*'))),
            None => (text, None),
        },
    };
    let algorithm = Algorithm::from_digits(hex.len()).filter(|_| is_hex(hex))?;
    let name = name.map(|name| name.rsplit('/').next().unwrap_or_default().to_owned());
    Some(Line { algorithm, hex: hex.to_ascii_lowercase(), name: name.filter(|name| !name.is_empty() && name != "-") })
}

/// A checksum in a key's last component: 64 digits are SHA-256, 32 are MD5 where the name says so.
pub(crate) fn in_name(key: &str) -> Option<Line> {
    let name = key.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let runs = name.split(|character: char| !character.is_ascii_hexdigit());
    runs.filter_map(|run| {
        let algorithm = Algorithm::from_digits(run.len())?;
        let sure = match algorithm {
            Algorithm::Sha256 | Algorithm::Sha512 => true,
            // An id may be as long.
            Algorithm::Md5 => name.contains("md5"),
            Algorithm::Sha1 => name.contains("sha1"),
        };
        sure.then(|| Line { algorithm, hex: run.to_owned(), name: None })
    })
    .next()
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Digests of what goes by.
pub(crate) struct Digests {
    sha256: Sha256,
    others: Vec<(Algorithm, Box<dyn digest_of::Any>)>,
}

mod digest_of {
    use sha2::digest::DynDigest;

    /// Any digest.
    pub(crate) trait Any: DynDigest + Send {}
    impl<T: DynDigest + Send> Any for T {}
}

impl Digests {
    /// SHA-256 and these.
    pub(crate) fn new(algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        let mut others: Vec<(Algorithm, Box<dyn digest_of::Any>)> = Vec::new();
        for algorithm in algorithms {
            if others.iter().any(|(known, _)| *known == algorithm) {
                continue;
            }
            match algorithm {
                Algorithm::Sha256 => {}
                Algorithm::Md5 => others.push((algorithm, Box::new(Md5::default()))),
                Algorithm::Sha1 => others.push((algorithm, Box::new(Sha1::default()))),
                Algorithm::Sha512 => others.push((algorithm, Box::new(Sha512::default()))),
            }
        }
        Self { sha256: Sha256::default(), others }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        for (_, digest) in &mut self.others {
            digest.update(bytes);
        }
    }

    /// SHA-256, and each of the others in hexadecimal.
    pub(crate) fn finish(self) -> ([u8; 32], Vec<(Algorithm, String)>) {
        let sha256: [u8; 32] = self.sha256.finalize().into();
        let mut all = vec![(Algorithm::Sha256, hex::encode(sha256))];
        all.extend(self.others.into_iter().map(|(algorithm, digest)| (algorithm, hex::encode(digest.finalize()))));
        (sha256, all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";
    const SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[rstest]
    #[case::coreutils(&format!("{SHA256}  /tmp/site.tgz\n"), Algorithm::Sha256, SHA256, Some("site.tgz"))]
    #[case::binary(&format!("{MD5} *site.tgz"), Algorithm::Md5, MD5, Some("site.tgz"))]
    #[case::bsd(&format!("SHA256 (site.tgz) = {SHA256}"), Algorithm::Sha256, SHA256, Some("site.tgz"))]
    #[case::openssl(&format!("SHA2-256(site.tgz) = {}", SHA256.to_uppercase()), Algorithm::Sha256, SHA256, Some("site.tgz"))]
    #[case::standard_input(&format!("{MD5}  -"), Algorithm::Md5, MD5, None)]
    #[case::alone(&format!("{MD5}\n"), Algorithm::Md5, MD5, None)]
    fn checksums_are_read_as_tools_write_them(
        #[case] text: &str,
        #[case] algorithm: Algorithm,
        #[case] hex: &str,
        #[case] name: Option<&str>,
    ) {
        assert_eq!(lines(text), [Line { algorithm, hex: hex.to_owned(), name: name.map(str::to_owned) }]);
    }

    #[test]
    fn a_name_holds_a_checksum_where_that_is_sure() {
        assert_eq!(in_name(&format!("b/site-{SHA256}.tgz")).unwrap().hex, SHA256);
        assert_eq!(in_name(&format!("site.md5-{MD5}.tgz")).unwrap().algorithm, Algorithm::Md5);
        assert_eq!(in_name(&format!("{MD5}.tgz")), None);
        assert_eq!(in_name(&format!("{SHA256}/site.tgz")), None);
    }

    #[test]
    fn digests_are_those_of_the_tools() {
        let (sha256, all) = Digests::new([Algorithm::Md5, Algorithm::Md5, Algorithm::Sha256]).finish();
        assert_eq!(hex::encode(sha256), SHA256);
        assert_eq!(all, [(Algorithm::Sha256, SHA256.to_owned()), (Algorithm::Md5, MD5.to_owned())]);
    }

    #[test]
    fn a_sidecar_goes_with_the_key_before_its_end() {
        assert_eq!(companion_of("a/site.tgz.sha256"), Some("a/site.tgz"));
        assert_eq!(companion_of("a/SHA256SUMS"), None);
        assert!(is_checksum("a/SHA256SUMS") && is_checksum("x.MD5") && !is_checksum("sumo.tgz"));
    }
}
