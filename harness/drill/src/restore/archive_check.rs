//! Restore: downloads an archive as the operator would, decompresses it and compares it with what was seeded.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _};
use std::path::Path;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use crate::account::clients::Clients;
use crate::archive::manifest::Manifest;
use crate::chain::failure::{HopFailure, at};
use crate::restore::comparison::{Comparison, compare};
use crate::steps::verify::Stored;
use crate::{FailurePoint, Hop};

/// As many differences are listed.
const LISTED: usize = 50;

/// Downloads the archive into `folder` and compares it.
pub(crate) async fn restore(
    clients: &Clients,
    stored: &Stored,
    manifest: &Arc<Manifest>,
    data_path: &str,
    folder: &Path,
) -> Result<Comparison, HopFailure> {
    let file = tempfile::tempfile_in(folder)
        .map_err(|error| HopFailure::at(FailurePoint::Drill, format!("no temporary file: {error}")))?;
    let (file, digest) = download(clients, stored, file).await?;
    if let Some(expected) = &stored.sha256
        && *expected != digest
    {
        return Err(HopFailure::at(Hop::Restore, format!("its metadata promises SHA-256 {expected}, its bytes have {digest}")));
    }
    let (manifest, data_path) = (Arc::clone(manifest), data_path.to_owned());
    let compared = tokio::task::spawn_blocking(move || unpack(file, &manifest, &data_path))
        .await
        .map_err(|error| HopFailure::at(FailurePoint::Drill, format!("the comparison ended early: {error}")))?;
    let name = format!("s3://{}/{}", stored.archive.bucket, stored.archive.key);
    compared.map_err(|error| HopFailure::at(Hop::Restore, format!("{name} cannot be unpacked: {error}")))
}

/// What a comparison that is not identical means for the drill.
pub(crate) fn judge(stored: &Stored, comparison: &Comparison) -> Result<(), HopFailure> {
    if comparison.is_identical() {
        return Ok(());
    }
    let reason = format!(
        "s3://{}/{} does not restore: of {} entries {} are missing and {} differ",
        stored.archive.bucket,
        stored.archive.key,
        comparison.seeded,
        comparison.missing.len(),
        comparison.different.len()
    );
    Err(HopFailure::at(Hop::Restore, reason).with("differences", &differences(comparison).join("\n")))
}

/// The first differences, each with its kind.
pub(crate) fn differences(comparison: &Comparison) -> Vec<String> {
    let missing = comparison.missing.iter().map(|name| format!("missing: {name}"));
    let different = comparison.different.iter().map(|name| format!("different: {name}"));
    let extra = comparison.extra.iter().map(|name| format!("extra: {name}"));
    missing.chain(different).chain(extra).take(LISTED).collect()
}

async fn download(clients: &Clients, stored: &Stored, file: File) -> Result<(File, String), HopFailure> {
    let archive = &stored.archive;
    let mut answer = clients
        .s3
        .get_object()
        .bucket(&archive.bucket)
        .key(&archive.key)
        .set_version_id(archive.version.clone())
        .send()
        .await
        .map_err(at(Hop::Restore, "GetObject"))?;
    let broken = |error: &dyn std::fmt::Display| {
        HopFailure::at(Hop::Restore, format!("the download of {} broke off: {error}", archive.key))
    };
    let mut file = tokio::fs::File::from_std(file);
    let (mut digest, mut bytes) = (Sha256::new(), 0_u64);
    while let Some(chunk) = answer.body.try_next().await.map_err(|error| broken(&error))? {
        digest.update(&chunk);
        bytes += chunk.len() as u64;
        file.write_all(&chunk).await.map_err(|error| broken(&error))?;
    }
    file.flush().await.map_err(|error| broken(&error))?;
    if bytes != archive.bytes {
        return Err(HopFailure::at(Hop::Restore, format!("{} has {} bytes, {bytes} came", archive.key, archive.bytes)));
    }
    Ok((file.into_std().await, hex::encode(digest.finalize())))
}

/// Compares the file by what it is: tar, or tar in gzip.
fn unpack(mut file: File, manifest: &Manifest, data_path: &str) -> io::Result<Comparison> {
    file.rewind()?;
    let mut magic = [0_u8; 6];
    let mut filled = 0;
    while let Some(rest) = magic.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            count => filled += count,
        }
    }
    file.rewind()?;
    let reader = BufReader::new(file);
    let unknown =
        |what: &str| Err(io::Error::new(io::ErrorKind::Unsupported, format!("it is {what}, which this drill cannot unpack")));
    match magic {
        [0x1f, 0x8b, ..] => compare(MultiGzDecoder::new(reader), manifest, data_path),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => unknown("zstd"),
        [0xfd, b'7', b'z', b'X', b'Z', 0] => unknown("xz"),
        [b'B', b'Z', b'h', ..] => unknown("bzip2"),
        [b'P', b'K', ..] => unknown("zip"),
        _ => compare(reader, manifest, data_path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::manifest::Entry;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write as _;

    fn archive() -> (Vec<u8>, Manifest) {
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(5);
        tar.append_data(&mut header, "a", &b"alpha"[..]).unwrap();
        let entry = Entry::File { mode: 0o644, bytes: 5, sha256: Sha256::digest(b"alpha").into() };
        (tar.into_inner().unwrap().finish().unwrap(), Manifest::from([(b"a".to_vec(), entry)]))
    }

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn a_whole_archive_is_identical() {
        let (bytes, manifest) = archive();
        assert!(unpack(file(&bytes), &manifest, "/srv").unwrap().is_identical());
    }

    #[test]
    fn an_archive_cut_in_its_checksum_is_refused() {
        let (bytes, manifest) = archive();
        let cut = bytes.get(..bytes.len() - 4).unwrap();
        assert!(unpack(file(cut), &manifest, "/srv").is_err());
    }

    #[test]
    fn a_flipped_bit_is_refused() {
        let (mut bytes, manifest) = archive();
        let last = bytes.len() - 7;
        bytes[last] ^= 1;
        assert!(unpack(file(&bytes), &manifest, "/srv").is_err());
    }

    #[test]
    fn another_compression_is_named() {
        let error = unpack(file(b"PK\x03\x04...."), &Manifest::new(), "/srv").unwrap_err();
        assert!(error.to_string().contains("zip"), "{error}");
    }

    #[test]
    fn text_in_place_of_an_archive_is_refused() {
        let (_, manifest) = archive();
        assert!(unpack(file(&b"An error occurred (AccessDenied)".repeat(40)), &manifest, "/srv").is_err());
    }
}
