//! The section `files`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-init.html#aws-resource-init-files>

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize as _;
use serde_json::ser::{Formatter, Serializer};
use serde_json::{Map, Value};

use super::authentication::Authentication;
use super::log::Log;
use super::mustache;
use super::users::sorted;
use crate::commands::accounts;

/// Of a mode: what kind of file it is, and that it is a symbolic link.
const KIND: u32 = 0o170_000;
const LINK: u32 = 0o120_000;

/// Writes files in the order of their names; returns the paths of those that have changed.
pub(super) fn write(section: &Map<String, Value>, authentication: &Authentication, log: &Log) -> Result<Vec<String>, String> {
    let mut changed = Vec::new();
    for (name, attributes) in sorted(section) {
        let path = Path::new(name);
        if !path.is_absolute() {
            return Err(format!("File specified with non-absolute path: {name}"));
        }
        let mode = mode(attributes)?;
        let target = match mode.map(|mode| mode & KIND) {
            Some(LINK) => Some(text(attributes, "content").ok_or("Symbolic link specified without a destination")?),
            _ => None,
        };
        if let Some(target) = target.filter(|target| fs::canonicalize(path).is_ok_and(|found| found == Path::new(target))) {
            log.info(format!("Symbolic link {name} to {target} already exists"));
            continue;
        }
        let parent = path.parent().unwrap_or(path);
        if parent.exists() && !parent.is_dir() {
            return Err(format!("Parent directory {} exists and is a file", parent.display()));
        }
        fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
        let content = match target {
            Some(_) => Vec::new(),
            None => content(attributes, authentication, log)?,
        };
        let backup = Backup::make(path)?;
        let place = || {
            match target {
                Some(target) => symlink(target, path)?,
                None => {
                    fs::write(path, &content)?;
                    if let Some(mode) = mode {
                        fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o7777))?;
                    }
                }
            }
            Ok::<_, io::Error>(())
        };
        let placed = place().map_err(|error| format!("{name}: {error}")).and_then(|()| own(path, attributes));
        if let Err(reason) = placed {
            backup.restore(path, log);
            return Err(reason);
        }
        log.debug(format!("Wrote {name}"));
        if target.is_some() || !backup.had(&content) {
            changed.push(name.clone());
        }
    }
    Ok(changed)
}

fn text<'a>(attributes: &'a Value, name: &str) -> Option<&'a str> {
    attributes.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The six octal digits of `mode`.
fn mode(attributes: &Value) -> Result<Option<u32>, String> {
    let given = match attributes.get("mode") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let invalid = |_| format!("invalid literal for int() with base 8: '{given}'");
    u32::from_str_radix(given.trim(), 8).map(Some).map_err(invalid)
}

fn own(path: &Path, attributes: &Value) -> Result<(), String> {
    let user = text(attributes, "owner")
        .map(|name| accounts::user(name).map(|(id, _)| id).ok_or_else(|| format!("{name} is not a valid user name")));
    let group =
        text(attributes, "group").map(|name| accounts::group(name).ok_or_else(|| format!("{name} is not a valid group name")));
    let (user, group) = (user.transpose()?, group.transpose()?);
    if user.is_none() && group.is_none() {
        return Ok(());
    }
    accounts::own(path, user, group).map_err(|error| format!("{}: {error}", path.display()))
}

/// The bytes of a file: of its content, which may be an object, or of its source.
fn content(attributes: &Value, authentication: &Authentication, log: &Log) -> Result<Vec<u8>, String> {
    let context = attributes.get("context").filter(|context| !context.is_null());
    let filled = |text: String| match context {
        Some(context) => mustache::render(&text, context).map(String::into_bytes),
        None => Ok(text.into_bytes()),
    };
    match attributes.get("content") {
        Some(Value::String(text)) if !text.is_empty() => {
            if attributes.get("encoding").and_then(Value::as_str) != Some("base64") {
                return filled(text.clone());
            }
            let compact: String = text.split_whitespace().collect();
            STANDARD.decode(compact).map_err(|_| format!("Malformed base64: {text}"))
        }
        Some(object @ (Value::Object(_) | Value::Array(_))) => Ok(as_python(object).into_bytes()),
        _ => {
            let source = text(attributes, "source").ok_or("File specified without source or content")?;
            let bytes = authentication.fetch(source, text(attributes, "authentication"), log)?;
            if context.is_none() {
                return Ok(bytes);
            }
            String::from_utf8(bytes).map_err(|error| format!("{source}: {error}")).and_then(filled)
        }
    }
}

/// A document as Python's `json.dump` writes it: a blank after each comma and colon, and ASCII alone.
fn as_python(value: &Value) -> String {
    struct Python;
    impl Formatter for Python {
        fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
            if first { Ok(()) } else { writer.write_all(b", ") }
        }

        fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
            self.begin_array_value(writer, first)
        }

        fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
            writer.write_all(b": ")
        }

        fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
            for character in fragment.chars() {
                if character.is_ascii() {
                    write!(writer, "{character}")?;
                    continue;
                }
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
            Ok(())
        }
    }
    let mut text = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut text, Python));
    // Into memory nothing fails.
    written.map(|()| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
}

/// What was at a file's place before: it is kept beside as `.bak`.
struct Backup(Option<PathBuf>);

impl Backup {
    fn make(path: &Path) -> Result<Self, String> {
        if fs::symlink_metadata(path).is_err() {
            return Ok(Self(None));
        }
        let mut beside = path.as_os_str().to_owned();
        beside.push(".bak");
        fs::rename(path, &beside).map_err(|error| format!("Could not rename {}: {error}", path.display()))?;
        Ok(Self(Some(beside.into())))
    }

    fn restore(self, path: &Path, log: &Log) {
        if let Some(beside) = self.0
            && let Err(error) = fs::rename(beside, path)
        {
            log.warn(format!("Error restoring {} from backup: {error}", path.display()));
        }
    }

    fn had(&self, content: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|beside| !beside.is_symlink() && fs::read(beside).is_ok_and(|before| before == content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn write_all(section: &Value) -> Result<Vec<String>, String> {
        write(section.as_object().unwrap(), &Authentication::default(), &Log::none())
    }

    #[test]
    fn files_are_written_with_their_content_mode_and_context() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let section = json!({
            at("deep/er/plain"): {"content": "text\n", "mode": "000600"},
            at("base64"): {"content": "aGk=", "encoding": "base64", "mode": "000755"},
            at("object"): {"content": {"a": [1, "ä"], "b": {"c": null}}},
            at("filled"): {"content": "{{x}}!", "context": {"x": "y"}},
            at("link"): {"content": at("base64"), "mode": "120644"},
        });
        let mut changed = write_all(&section).unwrap();
        changed.sort();
        assert_eq!(changed.len(), 5);
        let read = |name: &str| fs::read_to_string(at(name)).unwrap();
        assert_eq!((read("deep/er/plain"), read("base64"), read("filled")), ("text\n".into(), "hi".into(), "y!".into()));
        assert_eq!(read("object"), r#"{"a": [1, "\u00e4"], "b": {"c": null}}"#);
        assert_eq!(fs::read_link(at("link")).unwrap(), Path::new(&at("base64")));
        let mode = |name: &str| fs::metadata(at(name)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("deep/er/plain"), mode("base64")), (0o600, 0o755));
        assert_eq!(write_all(&section).unwrap(), [] as [&str; 0], "nothing is different now");
    }

    #[test]
    fn what_was_there_is_kept_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").to_str().unwrap().to_owned();
        fs::write(&path, "old").unwrap();
        let mut section = json!({});
        section[&path] = json!({"content": "new"});
        assert_eq!(write_all(&section).unwrap(), [path.as_str()]);
        assert_eq!(fs::read_to_string(format!("{path}.bak")).unwrap(), "old");
        section[&path] = json!({"content": "newer", "owner": "nobody-here"});
        assert_eq!(write_all(&section).unwrap_err(), "nobody-here is not a valid user name");
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn what_is_no_file_is_refused() {
        for (section, reason) in [
            (json!({"relative": {"content": "x"}}), "File specified with non-absolute path: relative"),
            (json!({"/tmp/x": {}}), "File specified without source or content"),
            (json!({"/tmp/x": {"mode": "120644"}}), "Symbolic link specified without a destination"),
            (json!({"/tmp/x": {"content": "x", "mode": "rw"}}), "invalid literal for int() with base 8: 'rw'"),
            (json!({"/tmp/x": {"content": "?", "encoding": "base64"}}), "Malformed base64: ?"),
        ] {
            assert_eq!(write_all(&section).unwrap_err(), reason);
        }
    }
}
