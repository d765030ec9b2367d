//! Restore: downloads an archive as the operator would, decompresses it and compares it with what was seeded.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use crate::account::clients::Clients;
use crate::archive::manifest::Manifest;
use crate::chain::failure::{HopFailure, at};
use crate::restore::budget::Budget;
use crate::restore::comparison::{self, Comparison};
use crate::restore::opening;
use crate::restore::unreadable::Unreadable;
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
) -> Result<(String, Comparison), HopFailure> {
    let file = tempfile::tempfile_in(folder)
        .map_err(|error| HopFailure::at(FailurePoint::Drill, format!("no temporary file: {error}")))?;
    let (file, digest) = download(clients, stored, file).await?;
    if let Some(expected) = &stored.sha256
        && *expected != digest
    {
        return Err(HopFailure::at(Hop::Restore, format!("its metadata promises SHA-256 {expected}, its bytes have {digest}")));
    }
    let (manifest, data_path) = (Arc::clone(manifest), data_path.to_owned());
    let key = stored.archive.key.clone();
    let compared = tokio::task::spawn_blocking(move || unpack(file, &key, &manifest, &data_path))
        .await
        .map_err(|error| HopFailure::at(FailurePoint::Drill, format!("the comparison ended early: {error}")))?;
    let name = format!("s3://{}/{}", stored.archive.bucket, stored.archive.key);
    compared.map_err(|error| HopFailure::at(Hop::Restore, format!("{name} {error}")))
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

/// Opens the file and compares what it holds.
fn unpack(file: File, name: &str, manifest: &Manifest, data_path: &str) -> Result<(String, Comparison), Unreadable> {
    let opened = opening::open(file, name, &Budget::new(manifest))?;
    let prefix = comparison::prefix(&opened.entries, manifest, data_path);
    Ok((opened.form, comparison::compare_entries(&opened.entries, manifest, &prefix)))
}

#[cfg(test)]
mod tests;
