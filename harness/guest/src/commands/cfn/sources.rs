//! The section `sources`: archives that are unpacked.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-init.html#aws-resource-init-sources>

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path};

use serde_json::{Map, Value};
use zip::ZipArchive;

use super::authentication::Authentication;
use super::log::Log;
use super::program;
use super::users::sorted;

/// Where an archive is kept while it is unpacked.
const KEPT: &str = "/var/lib/cfn-init/source";

/// Unpacks archives; returns the folders.
pub(super) fn unpack(section: &Map<String, Value>, authentication: &Authentication, log: &Log) -> Result<Vec<String>, String> {
    let mut folders = Vec::new();
    for (folder, source) in sorted(section) {
        let source = source.as_str().ok_or_else(|| format!("the source of {folder} is a text, and not {source}"))?;
        let remote = ["http://", "https://"].iter().any(|scheme| source.to_lowercase().starts_with(scheme));
        if remote {
            let bytes = authentication.fetch(source, None, log)?;
            let keep = || {
                fs::create_dir_all("/var/lib/cfn-init")?;
                fs::write(KEPT, bytes)
            };
            keep().map_err(|error: io::Error| format!("{KEPT}: {error}"))?;
        } else if !Path::new(source).is_file() {
            return Err(format!("{source} does not exist"));
        }
        let file = if remote { KEPT } else { source };
        log.debug(format!("Expanding {source} into {folder}"));
        let unpacked = extract(file, source, folder);
        if remote {
            let _ = fs::remove_file(KEPT);
        }
        unpacked?;
        folders.push(folder.clone());
    }
    Ok(folders)
}

fn extract(file: &str, source: &str, folder: &str) -> Result<(), String> {
    let unable = |error: &dyn std::fmt::Display| format!("{folder}: {error}");
    let listed = program::named("tar", &["-tf", file])?;
    if listed.code == 0 && !listed.output.is_empty() {
        let names = listed.text();
        names.lines().try_for_each(|name| check(name, folder))?;
        fs::create_dir_all(folder).map_err(|error| unable(&error))?;
        let unpacked = program::named("tar", &["-xf", file, "-C", folder, "--no-same-owner"])?;
        return if unpacked.code == 0 { Ok(()) } else { Err(unable(&unpacked.text())) };
    }
    let opened = File::open(file).map_err(|error| format!("{source}: {error}"))?;
    let mut archive = ZipArchive::new(opened).map_err(|_| format!("Unsupported source file (not zip or tarball): {source}"))?;
    let names: Result<Vec<String>, _> = archive.file_names().map(|name| name.map(std::borrow::Cow::into_owned)).collect();
    let names = names.map_err(|error| unable(&error))?;
    names.iter().try_for_each(|name| check(name, folder))?;
    for name in names {
        let mut entry = archive.by_name(&name).map_err(|error| unable(&error))?;
        let path = Path::new(folder).join(&name);
        // As Python's `zipfile`, which takes no permissions from an archive.
        let written = if entry.is_dir() {
            fs::create_dir_all(&path)
        } else {
            fs::create_dir_all(path.parent().unwrap_or(&path))
                .and_then(|()| io::copy(&mut entry, &mut File::create(&path)?).map(drop))
        };
        written.map_err(|error| unable(&error))?;
    }
    Ok(())
}

/// Refuses a member that would be put elsewhere.
fn check(name: &str, folder: &str) -> Result<(), String> {
    let leads_out = Path::new(name).components().any(|part| matches!(part, Component::ParentDir | Component::RootDir));
    if leads_out && !Path::new(name).starts_with(folder) {
        return Err(format!("{name} is not a sub-path of {folder}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use serde_json::json;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    #[test]
    fn tars_of_any_compression_and_zips_are_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        fs::create_dir_all(at("in/deep")).unwrap();
        fs::write(at("in/deep/a"), "a").unwrap();
        let made = program::named("tar", &["-czf", &at("a.tgz"), "-C", &at("in"), "."]).unwrap();
        assert_eq!(made.code, 0, "{}", made.text());
        let mut zip = ZipWriter::new(File::create(at("b.zip")).unwrap());
        zip.start_file("deep/b", SimpleFileOptions::default()).unwrap();
        zip.write_all(b"b").unwrap();
        zip.finish().unwrap();
        let section = json!({at("one"): at("a.tgz"), at("two"): at("b.zip")});
        let unpacked = unpack(section.as_object().unwrap(), &Authentication::default(), &Log::none()).unwrap();
        assert_eq!(unpacked, [at("one"), at("two")]);
        assert_eq!(fs::read_to_string(at("one/deep/a")).unwrap() + &fs::read_to_string(at("two/deep/b")).unwrap(), "ab");
    }

    #[test]
    fn what_is_no_archive_or_leads_out_of_its_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        fs::write(at("text"), "text").unwrap();
        let refused = |source: String| {
            let section = json!({"/srv/x": source});
            unpack(section.as_object().unwrap(), &Authentication::default(), &Log::none()).unwrap_err()
        };
        assert!(refused(at("text")).starts_with("Unsupported source file (not zip or tarball)"));
        assert_eq!(refused("/no/such".to_owned()), "/no/such does not exist");
        assert_eq!(check("../a", "/srv/x").unwrap_err(), "../a is not a sub-path of /srv/x");
        assert_eq!((check("a/b", "/srv/x"), check("/srv/x/a", "/srv/x")), (Ok(()), Ok(())));
    }
}
