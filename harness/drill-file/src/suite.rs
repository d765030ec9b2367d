//! Suites: which drill files are drilled together.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::DrillFileError;

/// The drills of a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// Their files, sorted, each once; as the suite's folder and their place in it.
    pub files: Vec<PathBuf>,
}

/// A suite file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct File {
    /// Drill files, or globs of them (`stacks/*/nightproof.yaml`, `**` for any depth), relative to this file.
    drills: Vec<String>,
}

impl Suite {
    /// Reads a suite file.
    ///
    /// # Errors
    /// It cannot be read, is not of the form, or names a drill file or a glob with nothing behind it.
    pub fn read(path: &Path) -> Result<Self, DrillFileError> {
        let text = std::fs::read_to_string(path).map_err(|source| DrillFileError::Read { path: path.to_owned(), source })?;
        let file: File = serde_saphyr::from_str(&text).map_err(|error| DrillFileError::format(path, error.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut files = Vec::new();
        for pattern in &file.drills {
            let found = expand(folder, pattern).map_err(|why| DrillFileError::format(path, format!("`{pattern}`: {why}")))?;
            if found.is_empty() {
                return Err(DrillFileError::format(path, format!("`{pattern}` names no file")));
            }
            files.extend(found);
        }
        files.sort();
        files.dedup();
        if files.is_empty() {
            return Err(DrillFileError::format(path, "`drills` names no file".to_owned()));
        }
        Ok(Self { files })
    }
}

fn expand(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let folder = glob::Pattern::escape(&folder.to_string_lossy());
    let whole = Path::new(&folder).join(pattern);
    let found = glob::glob(&whole.to_string_lossy()).map_err(|error| error.to_string())?;
    let files: Result<Vec<PathBuf>, _> = found.collect();
    Ok(files.map_err(|error| error.to_string())?.into_iter().filter(|file| file.is_file()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(text: &str) -> (tempfile::TempDir, Result<Vec<String>, String>) {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b/nightproof.yaml", "a/nightproof.yaml", "a/deep/er/nightproof.yaml", "a/other.yaml"] {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        }
        let path = folder.path().join("nightproof.suite.yaml");
        std::fs::write(&path, text).unwrap();
        let read = Suite::read(&path).map_err(|error| error.to_string());
        let short = |file: &PathBuf| file.strip_prefix(folder.path()).unwrap().display().to_string();
        let read = read.map(|suite| suite.files.iter().map(short).collect());
        (folder, read)
    }

    #[test]
    fn files_and_globs_are_sorted_and_each_is_there_once() {
        let read = suite("drills: ['*/nightproof.yaml', b/nightproof.yaml]\n").1;
        assert_eq!(read.unwrap(), ["a/nightproof.yaml", "b/nightproof.yaml"]);
        assert_eq!(suite("drills: ['**/nightproof.yaml']\n").1.unwrap().len(), 3);
    }

    #[test]
    fn what_names_nothing_and_what_is_no_suite_is_refused() {
        assert!(suite("drills: [c/nightproof.yaml]\n").1.unwrap_err().contains("`c/nightproof.yaml` names no file"));
        assert!(suite("drills: []\n").1.unwrap_err().contains("names no file"));
        assert!(suite("drills: ['a[']\n").1.unwrap_err().contains("`a[`"));
        assert!(suite("drils: []\n").1.unwrap_err().contains("drils"));
    }
}
