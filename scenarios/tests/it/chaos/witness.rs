//! A second opinion: reads the store past the drill, and unpacks what it finds by its own means.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use http_body_util::BodyExt as _;
use nightproof_drill::{Archive, DrillResult, Outcome};
use nightproof_journal::Event;
use serde_json::{Value, json};

use super::draw::Case;
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
    let mut asked = json!({"Bucket": archive.bucket, "Key": archive.key});
    if let (Some(version), Some(members)) = (&archive.version, asked.as_object_mut()) {
        members.insert("VersionId".to_owned(), json!(version));
    }
    let found = stage.call("s3", "GetObject", asked).await.map_err(|error| error.to_string())?;
    if found.output["ServerSideEncryption"].as_str() != Some(archive.encryption.as_str()) {
        return Err(format!("told as {}, encrypted by {}", archive.encryption, found.output["ServerSideEncryption"]));
    }
    let body = found.body.ok_or("no body")?.collect().await.map_err(|error| error.to_string())?.to_bytes();
    let mut unpacked = BTreeMap::new();
    for entry in tar::Archive::new(GzDecoder::new(body.as_ref())).entries().map_err(|error| error.to_string())? {
        let mut entry = entry.map_err(|error| error.to_string())?;
        if entry.header().entry_type().is_file() {
            let name = entry.path().map_err(|error| error.to_string())?.to_string_lossy().into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(|error| error.to_string())?;
            unpacked.insert(name, content);
        }
    }
    for (name, content) in &case.files {
        match unpacked.iter().find(|(path, _)| path.ends_with(&format!("/{name}")) || *path == name) {
            None => return Err(format!("`{name}` is not in it")),
            Some((_, other)) if other != content => return Err(format!("`{name}` has other bytes")),
            Some(_) => {}
        }
    }
    // What was added since may be in it, if it is told.
    if unpacked.len() > case.files.len() && archive.differences.is_empty() {
        return Err(format!("{} files, where {} were seeded, and nothing is told of it", unpacked.len(), case.files.len()));
    }
    Ok(())
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
