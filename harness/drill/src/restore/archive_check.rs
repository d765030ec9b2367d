//! Restore: downloads what a night left as the operator would, opens it, and compares what it holds together with what was seeded.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use crate::account::dynamic_client::DynamicClient;
use crate::account::objects::Download;
use crate::archive::bucket::Object;
use crate::archive::manifest::{Entry, Kind, Manifest};
use crate::chain::failure::{HopFailure, at};
use crate::restore::budget::Budget;
use crate::restore::checksum::{Algorithm, Digests};
use crate::restore::comparison::Comparison;
use crate::restore::ignored::IgnoredPaths;
use crate::restore::opening;
use crate::restore::path::normal;
use crate::restore::promise::Promise;
use crate::restore::timing::{COMPARE, FETCH, Timing};
use crate::restore::tree::Tree;
use crate::restore::unreadable::Unreadable;
use crate::steps::verify::{Part, Source, Stored, not_encrypted};
use crate::{FailurePoint, Hop};

/// As many differences are listed.
const LISTED: usize = 50;

/// What one instance's backup restores to.
#[derive(Debug)]
pub(crate) struct Restored {
    pub(crate) comparison: Comparison,
    /// What each of its archives is, in their order.
    pub(crate) forms: Vec<String>,
    /// Archives that hold all of the data, each by itself, and are no copies of each other.
    complete: Vec<String>,
    /// What could not be opened, each with why.
    pub(crate) unopened: Vec<String>,
}

/// An archive as it was downloaded.
pub(crate) struct Downloaded {
    pub(crate) file: File,
    pub(crate) sha256: [u8; 32],
}

/// Downloads what one instance left, one archive at a time into `folder`, and compares it.
pub(crate) async fn restore(
    client: &DynamicClient,
    stored: &[&Stored],
    (promises, data_path): (&[Promise], &str),
    manifest: &Arc<Manifest>,
    folder: &Path,
    ignored: &IgnoredPaths,
    timing: &mut Timing,
) -> Result<Restored, HopFailure> {
    let mut state = (Tree::new(Arc::clone(manifest)).ignoring(ignored.clone()), Budget::new(manifest));
    let (mut forms, mut complete, mut unopened) = (Vec::new(), Vec::new(), Vec::new());
    let mut opened_before: Vec<([u8; 32], &str)> = Vec::new();
    for one in stored {
        let parts = match &one.source {
            Source::Parts(parts) => parts,
            Source::Plain { prefix, objects } => {
                let found = timing.of(FETCH, plain(client, prefix, objects)).await?;
                state.0.add_plain(found);
                forms.push("plain files".to_owned());
                continue;
            }
        };
        let downloaded = timing.of(FETCH, download(client, one, parts, promises, folder)).await?;
        let copied = opened_before.iter().find(|(sha256, key)| *sha256 == downloaded.sha256 && is_copy(key, one.stem()));
        if let Some((_, key)) = copied {
            forms.push(format!("a copy of {key}"));
            continue;
        }
        opened_before.push((downloaded.sha256, one.stem()));
        let (key, data_path) = (one.stem().to_owned(), data_path.to_owned());
        let name = format!("s3://{}/{key}", one.archive.bucket);
        let work = tokio::task::spawn_blocking(move || {
            let (mut tree, budget) = state;
            let begun = Instant::now();
            let opened = opening::open(downloaded.file, &key, &budget);
            let took = begun.elapsed();
            let added = opened.map(|opened| {
                let form = opened.form.clone();
                (form, tree.add(opened, &key, &data_path))
            });
            (added, (tree, budget), (took, begun.elapsed().saturating_sub(took)))
        });
        let ended =
            work.await.map_err(|error| HopFailure::at(FailurePoint::Drill, format!("the comparison ended early: {error}")));
        let (added, after, (open, compare)) = ended?;
        state = after;
        timing.add("open", open);
        timing.add(COMPARE, compare);
        match added {
            Ok((form, is_whole)) => {
                forms.push(form);
                if is_whole {
                    complete.push(name);
                }
            }
            Err(unknown @ Unreadable::Unknown { .. }) => {
                forms.push("unknown".to_owned());
                unopened.push(format!("{name} {unknown}"));
            }
            Err(error) => return Err(HopFailure::at(Hop::Restore, format!("{name} {error}"))),
        }
    }
    let begun = Instant::now();
    let comparison = state.0.compared();
    timing.add(COMPARE, begun.elapsed());
    Ok(Restored { comparison, forms, complete, unopened })
}

/// What a restore by the user's own script came to.
pub(crate) fn by_script(stored: &[&Stored], comparison: Comparison) -> Restored {
    let forms = stored.iter().map(|_| "by the restore script".to_owned()).collect();
    Restored { comparison, forms, complete: Vec::new(), unopened: Vec::new() }
}

/// What the restored data means for the drill.
pub(crate) fn judge(stored: &[&Stored], restored: &Restored) -> Result<(), HopFailure> {
    let comparison = &restored.comparison;
    if restored.complete.len() > 1 {
        let instance = stored.first().map_or("nobody", |one| one.archive.instance.as_str());
        let reason = format!("one night made {} archives for {instance} where one was due", restored.complete.len());
        return Err(HopFailure::at(Hop::Object, reason).with("new objects", &restored.complete.join("\n")));
    }
    if comparison.is_identical() {
        return Ok(());
    }
    if let Some(unopened) = restored.unopened.first() {
        return Err(HopFailure::at(Hop::Restore, unopened.clone()).with("differences", &differences(comparison).join("\n")));
    }
    let reason = format!(
        "{} does not restore: of {} entries {} are missing and {} differ",
        names(stored),
        comparison.seeded,
        comparison.missing.len(),
        comparison.different.len()
    );
    Err(HopFailure::at(Hop::Restore, reason).with("differences", &differences(comparison).join("\n")))
}

/// The archives by their names, the first ones of many.
fn names(stored: &[&Stored]) -> String {
    let name = |one: &&Stored| format!("s3://{}/{}", one.archive.bucket, one.archive.key);
    let mut names: Vec<String> = stored.iter().take(3).map(name).collect();
    if stored.len() > names.len() {
        names.push(format!("{} more", stored.len() - names.len()));
    }
    names.join(", ")
}

/// The first differences, each with its kind.
pub(crate) fn differences(comparison: &Comparison) -> Vec<String> {
    let missing = comparison.missing.iter().map(|name| format!("missing: {name}"));
    let different = comparison.different.iter().map(|name| format!("different: {name}"));
    let extra = comparison.extra.iter().map(|name| format!("extra: {name}"));
    let not_kept = comparison.not_kept.iter().map(|name| format!("not kept: {name}"));
    missing.chain(different).chain(extra).chain(not_kept).take(LISTED).collect()
}

/// Whether of two archives with the same bytes one is there for its name alone: `latest.tgz`, or the same name in another folder. Two that are
/// named after their time are two archives.
fn is_copy(one: &str, other: &str) -> bool {
    let name = |key: &str| key.rsplit('/').next().unwrap_or_default().to_owned();
    let is_dated = |name: &str| name.split(|character: char| !character.is_ascii_digit()).map(str::len).sum::<usize>() >= 4;
    let (one, other) = (name(one), name(other));
    one == other || is_dated(&one) != is_dated(&other)
}

/// Downloads the parts of an archive, one after the other, and holds them against what is promised.
pub(crate) async fn download(
    client: &DynamicClient,
    stored: &Stored,
    parts: &[Part],
    promises: &[Promise],
    folder: &Path,
) -> Result<Downloaded, HopFailure> {
    let file = tempfile::tempfile_in(folder)
        .map_err(|error| HopFailure::at(FailurePoint::Drill, format!("no temporary file: {error}")))?;
    let mut file = tokio::fs::File::from_std(file);
    let algorithms = || promises.iter().map(|promise| promise.algorithm);
    let mut whole = Digests::new(algorithms());
    for Part { object, .. } in parts {
        let mut digests = Digests::new(algorithms());
        let broken = |error: &dyn std::fmt::Display| {
            HopFailure::at(Hop::Restore, format!("the download of {} broke off: {error}", object.key))
        };
        let mut answer = get(client, object).await?;
        let mut bytes = 0_u64;
        while let Some(chunk) = answer.next().await.map_err(|error| broken(&error))? {
            let chunk = chunk.as_ref();
            digests.update(chunk);
            whole.update(chunk);
            bytes += chunk.len() as u64;
            file.write_all(chunk).await.map_err(|error| broken(&error))?;
        }
        if bytes != object.bytes {
            return Err(HopFailure::at(Hop::Restore, format!("{} has {} bytes, {bytes} came", object.key, object.bytes)));
        }
        check(promises, &object.key, &digests.finish().1)?;
    }
    file.flush().await.map_err(|error| HopFailure::at(FailurePoint::Drill, format!("no temporary file: {error}")))?;
    let (sha256, digests) = whole.finish();
    if parts.len() > 1 {
        check(promises, stored.stem(), &digests)?;
    }
    Ok(Downloaded { file: file.into_std().await, sha256 })
}

/// Downloads an object of bucket, key and version into a file in `folder`.
pub(crate) async fn download_object(
    client: &DynamicClient,
    (bucket, key, version): (&str, &str, Option<&str>),
    folder: &Path,
) -> Result<File, HopFailure> {
    let broken =
        |error: &dyn std::fmt::Display| HopFailure::at(FailurePoint::Drill, format!("the download of {key} broke off: {error}"));
    let mut file = tokio::fs::File::from_std(tempfile::tempfile_in(folder).map_err(|error| broken(&error))?);
    let answer = client.download(&json!({ "Bucket": bucket, "Key": key, "VersionId": version })).await;
    let mut answer = answer.map_err(at(FailurePoint::Drill, "GetObject"))?;
    while let Some(chunk) = answer.next().await.map_err(|error| broken(&error))? {
        file.write_all(chunk.as_ref()).await.map_err(|error| broken(&error))?;
    }
    file.flush().await.map_err(|error| broken(&error))?;
    Ok(file.into_std().await)
}

fn check(promises: &[Promise], key: &str, digests: &[(Algorithm, String)]) -> Result<(), HopFailure> {
    promises.iter().filter(|promise| promise.key == key).try_for_each(|promise| promise.check(digests))
}

async fn get(client: &DynamicClient, object: &Object) -> Result<Download, HopFailure> {
    client.download(&object.input()).await.map_err(at(Hop::Restore, "GetObject"))
}

/// Digests plain objects as they come, and keeps none.
async fn plain(client: &DynamicClient, prefix: &str, objects: &[Object]) -> Result<Manifest, HopFailure> {
    let mut found = Manifest::new();
    for object in objects {
        let rest = object.key.strip_prefix(prefix).unwrap_or(&object.key);
        let path = normal(rest.as_bytes());
        if path.is_empty() {
            continue;
        }
        if rest.ends_with('/') {
            found.insert(path, Entry::bare(Kind::Folder));
            continue;
        }
        let mut answer = get(client, object).await?;
        if answer.head.get("ServerSideEncryption").is_none() {
            return Err(not_encrypted(object));
        }
        let (mut digests, mut bytes) = (Digests::new([]), 0_u64);
        let broken = |error| HopFailure::at(Hop::Restore, format!("the download of {} broke off: {error}", object.key));
        while let Some(chunk) = answer.next().await.map_err(broken)? {
            digests.update(chunk.as_ref());
            bytes += chunk.as_ref().len() as u64;
        }
        found.insert(path, Entry::bare(Kind::File { bytes, sha256: digests.finish().0 }));
    }
    Ok(found)
}

/// Opens the file and compares what it holds.
#[cfg(test)]
fn unpack(file: File, name: &str, manifest: &Manifest, data_path: &str) -> Result<(String, Comparison), Unreadable> {
    let mut tree = Tree::new(Arc::new(manifest.clone()));
    let opened = opening::open(file, name, &Budget::new(manifest))?;
    let form = opened.form.clone();
    tree.add(opened, name, data_path);
    Ok((form, tree.compared()))
}

#[cfg(test)]
mod tests;
