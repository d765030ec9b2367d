//! A second opinion: reads the store past the drill, and unpacks what it finds by the usual programs.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use http_body_util::BodyExt as _;
use nightproof_drill::{Archive, DrillResult, Outcome};
use nightproof_journal::Event;
use serde_json::{Value, json};

use super::draw::Case;
use super::form::{BUNDLED_FORM, Form};
use super::stage::Stage;

/// What is not as it must be; nothing, if all is well.
pub(super) async fn look(stage: &Stage, case: &Case, outcome: &Outcome) -> Vec<String> {
    let mut wrong = Vec::new();
    if outcome.result == DrillResult::Passed {
        if outcome.nights.len() != case.nights as usize {
            wrong.push(format!("passed after {} of {} nights", outcome.nights.len(), case.nights));
        }
        let mut keys = BTreeSet::new();
        for night in &outcome.nights {
            if night.archives.is_empty() {
                wrong.push(format!("night {} passed without an archive", night.night));
            }
            for archive in &night.archives {
                if !keys.insert((archive.key.clone(), archive.version.clone())) {
                    wrong.push(format!("night {} has the archive of another night", night.night));
                }
                if let Err(reason) = restores(stage, case, archive).await {
                    wrong.push(format!("night {} passed, and {}: {reason}", night.night, archive.key));
                }
            }
        }
    }
    wrong.extend(written_twice(&stage.events()));
    wrong
}

/// Whether the archive, read from the store, is encrypted and holds what was seeded.
async fn restores(stage: &Stage, case: &Case, archive: &Archive) -> Result<(), String> {
    let form = case.drawn.map_or(&BUNDLED_FORM, |drawn| drawn.form);
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (objects, restored) = (folder.path().join("objects"), folder.path().join("restored"));
    fs::create_dir(&restored).map_err(|error| error.to_string())?;
    match case.drawn {
        None => get(stage, archive, (&archive.key, archive.version.as_deref()), &objects.join("archive")).await?,
        Some(_) => {
            // Below a folder of the night's time.
            let place = archive.key.split_inclusive('/').take(3).collect::<String>();
            let listed = stage.call("s3", "ListObjectsV2", json!({"Bucket": archive.bucket, "Prefix": place})).await;
            let listed = listed.map_err(|error| error.to_string())?.output;
            for key in listed["Contents"].as_array().into_iter().flatten().filter_map(|object| object["Key"].as_str()) {
                let name = key.strip_prefix(&place).unwrap_or(key);
                get(stage, archive, (key, None), &objects.join(name)).await?;
            }
        }
    }
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", form.restored]).env("objects", &objects).env("TAR_OPTIONS", "--no-same-owner");
    let ended = command.current_dir(&restored).stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if !ended.status.success() {
        return Err(format!("`{}` ends with {}: {}", form.restored, ended.status, String::from_utf8_lossy(&ended.stderr)));
    }
    compare(form, &stage.data(), &restored, archive)
}

/// Puts an object into a file.
async fn get(stage: &Stage, archive: &Archive, (key, version): (&str, Option<&str>), file: &Path) -> Result<(), String> {
    let mut asked = json!({"Bucket": archive.bucket, "Key": key});
    if let (Some(version), Some(members)) = (version, asked.as_object_mut()) {
        members.insert("VersionId".to_owned(), json!(version));
    }
    let found = stage.call("s3", "GetObject", asked).await.map_err(|error| error.to_string())?;
    if found.output["ServerSideEncryption"].as_str() != Some(archive.encryption.as_str()) {
        return Err(format!("told as {}, `{key}` is encrypted by {}", archive.encryption, found.output["ServerSideEncryption"]));
    }
    let body = found.body.ok_or("no body")?.collect().await.map_err(|error| error.to_string())?.to_bytes();
    fs::create_dir_all(file.parent().ok_or("no folder")?).map_err(|error| error.to_string())?;
    fs::write(file, body).map_err(|error| error.to_string())
}

/// Whether all that was seeded is among what was restored.
fn compare(form: &Form, seeded: &Path, restored: &Path, archive: &Archive) -> Result<(), String> {
    let (seeded, restored) = (files(form, seeded)?, files(form, restored)?);
    for (name, (mode, content)) in &seeded {
        let shown = String::from_utf8_lossy(name.as_encoded_bytes());
        match restored.get(name) {
            None => return Err(format!("`{shown}` is not in it")),
            Some((_, other)) if other != content => return Err(format!("`{shown}` has other bytes")),
            Some((other, _)) if form.keeps_modes && other != mode => {
                return Err(format!("`{shown}` has the mode {other:o} and had {mode:o}"));
            }
            Some(_) => {}
        }
    }
    // What was added since may be in it, if it is told.
    if restored.len() > seeded.len() && archive.differences.is_empty() {
        return Err(format!("{} files, where {} were seeded, and nothing is told of it", restored.len(), seeded.len()));
    }
    Ok(())
}

/// Mode and content of each file of a folder, by its path or, where the form keeps no folders, by its name.
fn files(form: &Form, folder: &Path) -> Result<BTreeMap<OsString, (u32, Vec<u8>)>, String> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).map_err(|error| error.to_string())? {
            let path = entry.map_err(|error| error.to_string())?.path();
            let known = fs::symlink_metadata(&path).map_err(|error| error.to_string())?;
            if known.is_dir() {
                folders.push(path);
                continue;
            }
            let name = if form.keeps_folders { path.strip_prefix(folder).ok().map(Path::as_os_str) } else { path.file_name() };
            let content = fs::read(&path).map_err(|error| error.to_string())?;
            found.insert(name.unwrap_or_default().to_owned(), (known.permissions().mode() & 0o7777, content));
        }
    }
    Ok(found)
}

/// Objects under `backups/` that were written more than once in a night of more than one command. A client writes again itself where an
/// answer of the store was lost: then there is nothing to tell by.
fn written_twice(events: &[Event]) -> Vec<String> {
    if events.iter().any(|event| matches!(event, Event::Fault { detail, .. } if detail.starts_with("s3:"))) {
        return Vec::new();
    }
    let mut writes: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut commands = 0;
    for event in events {
        let Event::ApiCall(call) = event else { continue };
        if call.error_code.is_some() {
            continue;
        }
        let key = call.request_parameters.get("key").and_then(Value::as_str).unwrap_or_default();
        match call.event_name.as_str() {
            "SendCommand" => commands += 1,
            "PutObject" | "CompleteMultipartUpload" if key.starts_with("backups/i-") => {
                writes.entry(key.to_owned()).or_default().push(commands);
            }
            _ => {}
        }
    }
    let twice = writes.into_iter().filter(|(_, after)| after.len() > 1 && commands > 1);
    twice.map(|(key, after)| format!("`{key}` was written {} times, by {commands} commands", after.len())).collect()
}

/// Processes that still have to do with a folder: by their command line, or by what is mounted for them.
pub(super) fn processes_of(folder: &Path) -> Vec<String> {
    let folder = folder.to_string_lossy();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let of_it = processes.filter(|process| {
        // A process that ends meanwhile is none that is left.
        let text = |name: &str| fs::read(process.path().join(name)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        ["cmdline", "mountinfo"].into_iter().any(|name| text(name).is_ok_and(|text| text.contains(&*folder)))
    });
    of_it.map(|process| format!("process {}", process.file_name().to_string_lossy())).collect()
}
