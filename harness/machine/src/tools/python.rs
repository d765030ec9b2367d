//! Which Python runs the tools.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A Python interpreter that can install packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    /// The real interpreter, not a shim or link of a version manager.
    pub executable: PathBuf,
    /// Its installation: standard library and shared libraries are below it.
    pub prefix: PathBuf,
    /// `3.11`
    pub version: String,
}

/// What an interpreter is asked: its version, its prefix, its real executable; and whether it can make a venv with pip in it.
const QUESTION: &str = "import sys, os, venv, ensurepip\n\
                        print('%d.%d' % sys.version_info[:2])\n\
                        print(sys.base_prefix)\n\
                        print(os.path.realpath(sys._base_executable if hasattr(sys, '_base_executable') else sys.executable))";

impl Python {
    /// The first interpreter, 3.10 or newer, that has `venv` and `ensurepip`: the system's, the one that this program was installed by, one of
    /// the user's.
    pub fn find() -> Option<Self> {
        let itself = std::env::current_exe().ok();
        candidates(itself.as_deref()).into_iter().find_map(|candidate| Self::ask(&candidate))
    }

    fn ask(candidate: &Path) -> Option<Self> {
        let output =
            Command::new(candidate).args(["-I", "-c", QUESTION]).output().ok().filter(|output| output.status.success())?;
        let text = String::from_utf8(output.stdout).ok()?;
        let [version, prefix, executable] = text.lines().collect::<Vec<_>>().try_into().ok()?;
        let minor: u32 = version.strip_prefix("3.")?.parse().ok()?;
        (minor >= 10).then(|| Self { executable: executable.into(), prefix: prefix.into(), version: version.to_owned() })
    }

    /// Whether its files are among those that every machine sees.
    pub fn is_systems(&self) -> bool {
        self.prefix.starts_with("/usr") && !self.prefix.starts_with("/usr/local/bin")
    }
}

/// Where an interpreter may be, the most wanted first. A wheel puts the program beside the interpreter of its environment, whose own may be
/// none of the system: <https://docs.astral.sh/uv/concepts/python-versions/>.
fn candidates(itself: Option<&Path>) -> Vec<PathBuf> {
    let named = ["python3", "python3.13", "python3.12", "python3.11", "python3.10"];
    let beside = itself.and_then(Path::parent).map(|folder| folder.join("python3"));
    let there = named.iter().map(|name| Path::new("/usr/bin").join(name)).chain(beside).filter(|path| path.exists());
    there.chain(named.iter().map(PathBuf::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interpreter_beside_the_program_comes_after_the_systems_and_before_those_of_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let beside = folder.path().join("python3");
        let without = candidates(Some(&folder.path().join("nightproof")));
        assert!(!without.contains(&beside), "it is not there");
        std::fs::write(&beside, "").unwrap();
        let with = candidates(Some(&folder.path().join("nightproof")));
        let at = |wanted: &Path| with.iter().position(|found| found == wanted).unwrap();
        assert!(at(&beside) < at(Path::new("python3")), "{with:?}");
        assert!(with.iter().take(at(&beside)).all(|path| path.starts_with("/usr/bin")), "{with:?}");
        assert_eq!(with.len(), without.len() + 1);
    }
}
