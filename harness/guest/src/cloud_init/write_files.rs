//! `write_files`. <https://cloudinit.readthedocs.io/en/latest/reference/modules.html#write-files>

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::Value;

use crate::commands::accounts;

const USUAL: u32 = 0o644;

/// A file to be written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    path: String,
    #[serde(default)]
    content: Value,
    #[serde(default)]
    encoding: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    permissions: Value,
    #[serde(default)]
    append: bool,
    #[serde(default)]
    defer: bool,
}

/// Writes those files that are written early, or those that are `deferred` until users and packages are there.
pub(super) fn write(files: &[&Value], deferred: bool) -> Result<(), String> {
    for entry in files {
        let file: File = serde_json::from_value((*entry).clone()).map_err(|error| format!("write_files: {error}"))?;
        if file.defer == deferred {
            place(&file).map_err(|reason| format!("write_files: {}: {reason}", file.path))?;
        }
    }
    Ok(())
}

fn place(file: &File) -> Result<(), String> {
    let bytes = content(file)?;
    let path = Path::new(&file.path);
    let mode = mode(&file.permissions)?;
    let write = || {
        fs::create_dir_all(path.parent().unwrap_or(path))?;
        let mut opened = OpenOptions::new().create(true).write(true).append(file.append).truncate(!file.append).open(path)?;
        opened.write_all(&bytes)?;
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
    };
    write().map_err(|error: io::Error| error.to_string())?;
    if file.owner.is_empty() {
        return Ok(());
    }
    let (user, group) = file.owner.split_once(':').unwrap_or((&file.owner, ""));
    let user =
        (!user.is_empty()).then(|| accounts::user(user).ok_or_else(|| format!("Unknown user or group: {user}"))).transpose()?;
    let group = (!group.is_empty())
        .then(|| accounts::group(group).ok_or_else(|| format!("Unknown user or group: {group}")))
        .transpose()?;
    accounts::own(path, user.map(|(id, _)| id), group).map_err(|error| error.to_string())
}

/// A number as it is, a text by its octal digits.
fn mode(permissions: &Value) -> Result<u32, String> {
    let read = match permissions {
        Value::Null => Some(USUAL),
        Value::Number(number) => number.as_u64().and_then(|mode| u32::try_from(mode).ok()),
        Value::String(text) => u32::from_str_radix(text.trim().trim_start_matches("0o"), 8).ok(),
        _ => None,
    };
    read.map(|mode| mode & 0o7777).ok_or_else(|| format!("permissions {permissions} are no octal number"))
}

/// By its encodings: `base64`, `gzip` or both.
fn content(file: &File) -> Result<Vec<u8>, String> {
    let mut bytes = match &file.content {
        Value::Null => Vec::new(),
        Value::String(text) => text.clone().into_bytes(),
        other => return Err(format!("the content is a text, and not {other}")),
    };
    let encoding = file.encoding.trim().to_lowercase();
    let (packed, encoded) = match encoding.as_str() {
        "" | "text/plain" => (false, false),
        "b64" | "base64" => (false, true),
        "gz" | "gzip" => (true, false),
        "gz+base64" | "gzip+base64" | "gz+b64" | "gzip+b64" => (true, true),
        other => return Err(format!("unknown encoding {other}")),
    };
    if encoded {
        bytes.retain(|byte| !byte.is_ascii_whitespace());
        bytes = STANDARD.decode(&bytes).map_err(|error| error.to_string())?;
    }
    if packed {
        let mut unpacked = Vec::new();
        GzDecoder::new(bytes.as_slice()).read_to_end(&mut unpacked).map_err(|error| error.to_string())?;
        bytes = unpacked;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn files_are_written_with_their_permissions_appended_to_or_deferred() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let files = [
            json!({"path": at("deep/a"), "content": "one\n", "permissions": "0600"}),
            json!({"path": at("deep/a"), "content": "two\n", "append": true, "permissions": 0o640}),
            json!({"path": at("b"), "encoding": "gz+b64", "content": "H4sIAAAAAAAC/8vIBACsKpPYAgAAAA=="}),
            json!({"path": at("late"), "content": "late", "defer": true}),
        ];
        let files: Vec<&Value> = files.iter().collect();
        write(&files, false).unwrap();
        let read = |name: &str| fs::read_to_string(at(name)).unwrap_or_default();
        assert_eq!((read("deep/a"), read("b"), read("late")), ("one\ntwo\n".into(), "hi".into(), String::new()));
        let mode = |name: &str| fs::metadata(at(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("deep/a"), mode("b")), (0o640, 0o644));
        write(&files, true).unwrap();
        assert_eq!(read("late"), "late");
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let refused = |file: Value| write(&[&file], false).unwrap_err();
        assert!(refused(json!({"path": "/tmp/x", "source": {"uri": "https://x"}})).contains("unknown field `source`"));
        assert!(refused(json!({"path": "/tmp/x", "encoding": "rot13"})).contains("unknown encoding rot13"));
        assert!(refused(json!({"path": "/tmp/x", "permissions": "rw"})).contains("no octal number"));
        assert!(refused(json!({"content": "x"})).contains("missing field `path`"));
    }
}
