//! `aws:downloadContent`: files from a bucket, or a document of Systems Manager.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html#aws-downloadContent>

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::api::Api;
use super::reply::{Outcome, Status};
use super::s3::{self, Place};

/// What the agent says of an object that it does not get: it asks once more without a signature, and tells of that.
const UNSIGNED: &str = "http request failed. status:403 Forbidden statuscode:403";

/// Runs the step. `downloads` is where relative destinations are.
pub(super) fn run(inputs: &Value, downloads: &Path, api: &Api) -> Outcome {
    match download(inputs, downloads, api) {
        Ok(destination) => {
            Outcome::printed(Status::Success, 0, format!("Content downloaded to {}", destination.display()), String::new())
        }
        Err(reason) => Outcome::failed(&reason),
    }
}

fn download(inputs: &Value, downloads: &Path, api: &Api) -> Result<PathBuf, String> {
    let text = |name: &str| inputs.get(name).and_then(Value::as_str).unwrap_or_default();
    let kind = text("sourceType");
    if kind.is_empty() {
        return Err("invalid input: SourceType must be specified".to_owned());
    }
    if !["GitHub", "S3", "SSMDocument", "HTTP", "Git"].contains(&kind) {
        return Err("invalid input: Unsupported source type".to_owned());
    }
    let source = match inputs.get("sourceInfo") {
        Some(Value::String(text)) if !text.is_empty() => serde_json::from_str(text)
            .map_err(|error| format!("SourceInfo could not be unmarshalled for source type {kind}: {error}"))?,
        Some(object @ Value::Object(_)) => object.clone(),
        _ => return Err("invalid input: SourceInfo must be specified".to_owned()),
    };
    let source_text = |name: &str| source.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let asked = text("destinationPath");
    let destination = if asked.starts_with('/') { PathBuf::from(asked) } else { downloads.join(asked) };
    // As a path that ends in a slash, or is there, is a folder.
    let folder = asked.is_empty() || asked.ends_with('/') || destination.is_dir();
    match kind {
        "S3" => {
            let path = source_text("path");
            if path.is_empty() {
                return Err("S3 source path in SourceInfo must be specified".to_owned());
            }
            let place = Place::from_url(&path).ok_or_else(|| format!("{path} is no address of an object"))?;
            from_bucket(&place, &destination, folder, api)?;
        }
        "SSMDocument" => {
            let name = source_text("name");
            if name.is_empty() {
                return Err("SSM Document name in SourceInfo must be specified".to_owned());
            }
            let (name, content) = document(&name, api)?;
            let file = if folder { destination.join(format!("{name}.json")) } else { destination.clone() };
            write(&file, content.as_bytes())?;
        }
        // A machine has no network but AWS's.
        other => return Err(format!("this machine reaches AWS alone: sourceType {other} cannot be downloaded")),
    }
    Ok(destination)
}

/// A document's name and content; `name` may be an ARN, and have a version.
pub(super) fn document(name: &str, api: &Api) -> Result<(String, String), String> {
    let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
    let (name, version) = name.split_once(':').map_or((name, None), |(name, version)| (name, Some(version)));
    let mut input = json!({"Name": name});
    if let (Some(version), Some(input)) = (version, input.as_object_mut()) {
        input.insert("DocumentVersion".to_owned(), json!(version));
    }
    let answer = api.ssm("GetDocument", &input).map_err(|error| error.of_service().unwrap_or_else(|| error.to_string()))?;
    let content = answer.get("Content").and_then(Value::as_str).unwrap_or_default();
    Ok((name.to_owned(), content.to_owned()))
}

/// One object, or all that are below a folder.
fn from_bucket(place: &Place, destination: &Path, folder: bool, api: &Api) -> Result<(), String> {
    let below = Place { key: format!("{}/", place.key.trim_end_matches('/')), ..place.clone() };
    // A role that may not list can still read an object.
    let keys = s3::list(api, &below).unwrap_or_default();
    if keys.is_empty() {
        let bytes = s3::get(api, place).map_err(|_| UNSIGNED.to_owned())?;
        let name = place.key.rsplit('/').next().unwrap_or(&place.key);
        return write(&if folder { destination.join(name) } else { destination.to_owned() }, &bytes);
    }
    for key in keys.iter().filter(|key| !key.ends_with('/')) {
        let relative = key.strip_prefix(&below.key).unwrap_or(key);
        // A key may hold what leads elsewhere.
        if relative.split('/').any(|part| part == ".." || part.is_empty()) {
            return Err(format!("{key} cannot be a file's path"));
        }
        let object = Place { key: key.clone(), ..place.clone() };
        let bytes = s3::get(api, &object).map_err(|error| format!("failed to download file reliably, {error}"))?;
        write(&destination.join(relative), &bytes)?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let write = || {
        fs::create_dir_all(path.parent().unwrap_or(path))?;
        fs::write(path, bytes)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))
    };
    write().map_err(|error: std::io::Error| format!("cannot write {}: {error}", path.display()))
}
