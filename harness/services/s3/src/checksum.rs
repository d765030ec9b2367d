//! Checksums of what is stored.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use md5::Digest as _;
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::{invalid_request, not_implemented};
use crate::input::Text;

/// Algorithms that S3 can store beside an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
    Sha512,
}

const ALL: [Algorithm; 6] =
    [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme, Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];

impl Algorithm {
    /// By its name in `ChecksumAlgorithm`.
    pub(super) fn parse(name: &str) -> Result<Self, AwsError> {
        match ALL.into_iter().find(|algorithm| algorithm.name() == name) {
            Some(found) => Ok(found),
            None if name.starts_with("XXHASH") || name == "MD5" => Err(not_implemented(&format!("checksum algorithm {name}"))),
            None => Err(invalid_request(
                "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
            )),
        }
    }

    /// `CRC64NVME`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }

    /// The member that carries its value: `ChecksumCRC64NVME`.
    pub(super) fn member(self) -> String {
        format!("Checksum{}", self.name())
    }

    /// `x-amz-checksum-crc64nvme`, header or trailer.
    pub(super) fn header(self) -> String {
        format!("x-amz-checksum-{}", self.name().to_ascii_lowercase())
    }

    /// Bytes of a value.
    fn length(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Sha1 | Self::Sha256 | Self::Sha512 => None,
        }
    }

    /// Which types a multipart upload may ask for, the default first.
    pub(super) fn multipart_types(self) -> &'static [Kind] {
        match self {
            Self::Crc32 | Self::Crc32c => &[Kind::Composite, Kind::FullObject],
            Self::Crc64Nvme => &[Kind::FullObject],
            Self::Sha1 | Self::Sha256 | Self::Sha512 => &[Kind::Composite],
        }
    }
}

/// What a multipart object's checksum is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    FullObject,
    Composite,
}

impl Kind {
    /// `FULL_OBJECT` or `COMPOSITE`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::FullObject => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }
}

/// A checksum kept with an object or a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checksum {
    pub(super) algorithm: Algorithm,
    /// Base64; of a composite with `-N` behind it.
    pub(super) value: String,
    pub(super) kind: Kind,
}

impl Checksum {
    /// Adds the value's member, and `ChecksumType` if `with_type`.
    pub(super) fn describe(&self, output: &mut Value, with_type: bool) {
        if let Value::Object(output) = output {
            output.insert(self.algorithm.member(), json!(self.value));
            if with_type {
                output.insert("ChecksumType".to_owned(), json!(self.kind.name()));
            }
        }
    }

    /// Whether a client means this value, with or without the number of parts behind it.
    pub(super) fn is(&self, value: &str) -> bool {
        value == self.value || self.kind == Kind::Composite && Some(value) == self.value.split('-').next()
    }

    pub(super) fn raw(&self) -> Vec<u8> {
        STANDARD.decode(&self.value).unwrap_or_default()
    }
}

/// The checksums of a request.
#[derive(Debug, Default, Deserialize)]
pub(super) struct GivenChecksums {
    #[serde(rename = "ChecksumCRC32", default)]
    pub(super) crc32: Text,
    #[serde(rename = "ChecksumCRC32C", default)]
    pub(super) crc32c: Text,
    #[serde(rename = "ChecksumCRC64NVME", default)]
    pub(super) crc64nvme: Text,
    #[serde(rename = "ChecksumSHA1", default)]
    pub(super) sha1: Text,
    #[serde(rename = "ChecksumSHA256", default)]
    pub(super) sha256: Text,
    #[serde(rename = "ChecksumSHA512", default)]
    pub(super) sha512: Text,
}

/// The digests of a request with a body.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BodyDigests {
    #[serde(default)]
    checksum_algorithm: Text,
    #[serde(rename = "ContentMD5")]
    content_md5: Option<String>,
    pub(super) content_length: Option<i64>,
}

impl GivenChecksums {
    fn of(&self, algorithm: Algorithm) -> Option<&str> {
        match algorithm {
            Algorithm::Crc32 => self.crc32.get(),
            Algorithm::Crc32c => self.crc32c.get(),
            Algorithm::Crc64Nvme => self.crc64nvme.get(),
            Algorithm::Sha1 => self.sha1.get(),
            Algorithm::Sha256 => self.sha256.get(),
            Algorithm::Sha512 => self.sha512.get(),
        }
    }
}

/// The checksums that a request gives in its members: at most one, as AWS demands.
pub(super) fn given(checksums: &GivenChecksums) -> Result<Option<(Algorithm, String)>, AwsError> {
    let mut found = None;
    for algorithm in ALL {
        if let Some(value) = checksums.of(algorithm) {
            if found.is_some() {
                return Err(invalid_request(
                    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
                ));
            }
            found = Some((algorithm, value.to_owned()));
        }
    }
    if let Some((algorithm, value)) = &found {
        // Of a composite value the number of parts is no part.
        check_form(*algorithm, value.split('-').next().unwrap_or_default())?;
    }
    Ok(found)
}

/// The checksum that a trailer carries.
pub(super) fn trailing(trailers: &http::HeaderMap) -> Result<Option<(Algorithm, String)>, AwsError> {
    for algorithm in ALL {
        if let Some(value) = trailers.get(algorithm.header()) {
            let value = value.to_str().unwrap_or_default().trim();
            check_form(algorithm, value)?;
            return Ok(Some((algorithm, value.to_owned())));
        }
    }
    Ok(None)
}

/// The algorithm that a trailer is announced for, before the body is read.
pub(super) fn announced(call: &nightproof_core::service::Call, digests: &BodyDigests) -> Result<Option<Algorithm>, AwsError> {
    let trailer = call.http.as_ref().and_then(|parts| parts.headers.get("x-amz-trailer")).and_then(|value| value.to_str().ok());
    if let Some(trailer) = trailer {
        let trailer = trailer.trim().to_ascii_lowercase();
        return match ALL.into_iter().find(|algorithm| trailer == algorithm.header()) {
            Some(found) => Ok(Some(found)),
            None => Err(invalid_request("The value specified in the x-amz-trailer header is not supported")),
        };
    }
    digests.checksum_algorithm.get().map(Algorithm::parse).transpose()
}

fn check_form(algorithm: Algorithm, value: &str) -> Result<(), AwsError> {
    let whole = STANDARD.decode(value).is_ok_and(|raw| raw.len() == algorithm.length());
    if whole {
        return Ok(());
    }
    Err(invalid_request(format!("Value for {} header is invalid.", algorithm.header())))
}

/// Computes the MD5 and any number of checksums of a stream.
pub(super) struct Hasher {
    md5: md5::Md5,
    running: Vec<(Algorithm, Running)>,
}

enum Running {
    Crc(Box<crc_fast::Digest>),
    Sha(Box<ring::digest::Context>),
}

impl Hasher {
    /// For MD5 and `algorithms`.
    pub(super) fn new(algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        let mut running: Vec<(Algorithm, Running)> = Vec::new();
        for algorithm in algorithms {
            if running.iter().all(|(other, _)| *other != algorithm) {
                running.push((algorithm, start(algorithm)));
            }
        }
        Self { md5: md5::Md5::new(), running }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        for (_, running) in &mut self.running {
            match running {
                Running::Crc(digest) => digest.update(bytes),
                Running::Sha(context) => context.update(bytes),
            }
        }
    }

    /// The MD5, and the checksums in base64.
    pub(super) fn finish(self) -> ([u8; 16], Vec<(Algorithm, String)>) {
        let sums = self
            .running
            .into_iter()
            .map(|(algorithm, running)| {
                let value = match running {
                    Running::Crc(digest) => crc_base64(algorithm, digest.finalize()),
                    Running::Sha(context) => STANDARD.encode(context.finish()),
                };
                (algorithm, value)
            })
            .collect();
        (self.md5.finalize().into(), sums)
    }
}

fn start(algorithm: Algorithm) -> Running {
    let sha = match algorithm {
        Algorithm::Sha1 => &ring::digest::SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha512 => &ring::digest::SHA512,
        _ => &ring::digest::SHA256,
    };
    match algorithm.crc() {
        Some(crc) => Running::Crc(Box::new(crc_fast::Digest::new(crc))),
        None => Running::Sha(Box::new(ring::digest::Context::new(sha))),
    }
}

fn crc_base64(algorithm: Algorithm, value: u64) -> String {
    let bytes = value.to_be_bytes();
    STANDARD.encode(bytes.get(8 - algorithm.length().min(8)..).unwrap_or_default())
}

/// The checksum of the object that parts make: `parts` are their checksums and sizes in order.
pub(super) fn of_parts(algorithm: Algorithm, kind: Kind, parts: &[(Checksum, u64)]) -> Checksum {
    let value = match (kind, algorithm.crc()) {
        (Kind::FullObject, Some(crc)) => {
            let mut whole: Option<u64> = None;
            for (part, size) in parts {
                let sum = part.raw().iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
                whole = Some(whole.map_or(sum, |before| crc_fast::checksum_combine(crc, before, sum, *size)));
            }
            crc_base64(algorithm, whole.unwrap_or_else(|| crc_fast::checksum(crc, b"")))
        }
        _ => {
            let mut hasher = Hasher::new([algorithm]);
            for (part, _) in parts {
                hasher.update(&part.raw());
            }
            let sum = hasher.finish().1.pop().map(|(_, value)| value).unwrap_or_default();
            format!("{sum}-{}", parts.len())
        }
    };
    Checksum { algorithm, value, kind }
}

/// The names of algorithms a listing shows for an object.
pub(super) fn names(checksum: Option<&Checksum>) -> Value {
    checksum.map_or(Value::Null, |checksum| json!([checksum.algorithm.name()]))
}

/// `BadDigest` in the words that S3 uses for checksums.
pub(super) fn mismatch(algorithm: Algorithm) -> AwsError {
    AwsError::new("BadDigest", 400, format!("The {} you specified did not match the calculated checksum.", algorithm.name()))
}

/// Verifies the `Content-MD5` of a request. A document's blobs are base64, and so is the header.
pub(super) fn check_md5(digests: &BodyDigests, computed: &[u8; 16], of_part: bool) -> Result<(), AwsError> {
    let Some(given) = digests.content_md5.as_deref().filter(|given| !given.is_empty()) else { return Ok(()) };
    if STANDARD.decode(given).is_ok_and(|raw| raw == computed) {
        return Ok(());
    }
    // S3 writes it in two ways.
    let expected = if of_part { given.to_owned() } else { STANDARD.decode(given).map(hex::encode).unwrap_or_default() };
    Err(AwsError::new("BadDigest", 400, "The Content-MD5 you specified did not match what we received.")
        .with("ExpectedDigest", expected)
        .with("CalculatedDigest", STANDARD.encode(computed)))
}

/// Refuses a `Content-MD5` that is none, before the body is read.
pub(super) fn check_md5_form(digests: &BodyDigests) -> Result<(), AwsError> {
    match digests.content_md5.as_deref() {
        Some(given) if !STANDARD.decode(given).is_ok_and(|raw| raw.len() == 16) => {
            Err(AwsError::new("InvalidDigest", 400, "The Content-MD5 you specified was invalid.").with("Content-MD5", given))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(algorithm: Algorithm, bytes: &[u8]) -> String {
        let mut hasher = Hasher::new([algorithm]);
        hasher.update(bytes);
        hasher.finish().1.remove(0).1
    }

    #[test]
    fn known_values_of_each_algorithm() {
        // The check values of the CRC catalogue, and FIPS 180's of the empty message.
        assert_eq!(sum(Algorithm::Crc32, b"123456789"), STANDARD.encode(0xcbf4_3926_u32.to_be_bytes()));
        assert_eq!(sum(Algorithm::Crc32c, b"123456789"), STANDARD.encode(0xe306_9283_u32.to_be_bytes()));
        assert_eq!(sum(Algorithm::Crc64Nvme, b"123456789"), STANDARD.encode(0xae8b_1486_0a79_9888_u64.to_be_bytes()));
        assert_eq!(sum(Algorithm::Sha1, b""), "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
        assert_eq!(sum(Algorithm::Sha256, b""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn a_full_object_checksum_of_parts_is_that_of_the_whole() {
        for algorithm in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme] {
            let parts: Vec<(Checksum, u64)> = [b"12345".as_slice(), b"6789"]
                .iter()
                .map(|part| (Checksum { algorithm, value: sum(algorithm, part), kind: Kind::FullObject }, part.len() as u64))
                .collect();
            assert_eq!(of_parts(algorithm, Kind::FullObject, &parts).value, sum(algorithm, b"123456789"));
        }
    }

    #[test]
    fn two_checksums_in_a_request_are_refused() {
        let input = json!({"ChecksumCRC32": "y/Q5Jg==", "ChecksumSHA1": "2jmj7l5rSw0yVb/vlWAYkK/YBwk="});
        assert_eq!(given(&crate::input::part(&input).expect("members")).expect_err("refused").code, "InvalidRequest");
        assert_eq!(
            given(&crate::input::part(&json!({"ChecksumCRC32": "short"})).expect("members")).expect_err("refused").code,
            "InvalidRequest"
        );
    }
}
