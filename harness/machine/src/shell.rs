//! Which program is `sh` in a sandbox: the one that the machine's platform installs under this name, taken from the host.

use std::path::{Path, PathBuf};

use super::MachineError;
use crate::{Platform, Shell};

/// Where a host has its shells, as every machine sees them.
const FOLDERS: [&str; 2] = ["usr/bin", "bin"];

/// What a machine's `sh` is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sh {
    /// What it is on the host.
    AsOnHost,
    /// This program, by its path.
    Program(PathBuf),
    /// What it is on the host, as that lacks the platform's; in words for a person.
    Other(String),
}

/// Finds the `sh` of a machine of `platform` on the host whose root folder is `root`.
///
/// # Errors
/// [`MachineError::Shell`] if scripts are written for bash and the host has none.
pub(super) fn choose(platform: &Platform, root: &Path) -> Result<Sh, MachineError> {
    let name = platform.shell.program();
    let system = format!("{} {}", platform.name, platform.version);
    let Some(found) = locate(name, root) else {
        // What runs in dash nearly always runs in any other shell too; what is written for bash does not run in others.
        return match platform.shell {
            Shell::Bash => Err(MachineError::Shell { system, program: name }),
            Shell::Dash => Ok(Sh::Other(format!(
                "`sh` is {name} on {system} and this host's own in the drill, which may accept what {name} refuses, such as \
                 `[[ ]]` and `set -o pipefail`: install `{name}` on this host"
            ))),
        };
    };
    let same = locate("sh", root).is_some_and(|sh| sh.canonicalize().ok() == found.canonicalize().ok());
    Ok(if same { Sh::AsOnHost } else { Sh::Program(inside(&found, root)) })
}

/// Where the host has a program, if it does.
pub(super) fn locate(name: &str, root: &Path) -> Option<PathBuf> {
    FOLDERS.iter().map(|folder| root.join(folder).join(name)).find(|path| path.exists())
}

/// The path in a machine of a file below `root`.
fn inside(path: &Path, root: &Path) -> PathBuf {
    Path::new("/").join(path.strip_prefix(root).unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use nightproof_machine_image::{AMAZON_LINUX_2023, DEBIAN_12 as DEBIAN};

    /// A host with these programs, whose `sh` is a link to the first.
    fn host(programs: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let bin = root.path().join("usr/bin");
        std::fs::create_dir_all(&bin).unwrap();
        symlink("usr/bin", root.path().join("bin")).unwrap();
        for program in programs {
            std::fs::write(bin.join(program), "").unwrap();
        }
        symlink(programs[0], bin.join("sh")).unwrap();
        root
    }

    #[test]
    fn a_platform_gets_its_own_sh_where_the_host_has_another() {
        let debian = host(&["dash", "bash"]);
        assert_eq!(choose(&AMAZON_LINUX_2023, debian.path()).unwrap(), Sh::Program("/usr/bin/bash".into()));
        assert_eq!(choose(&DEBIAN, debian.path()).unwrap(), Sh::AsOnHost);
        let fedora = host(&["bash", "dash"]);
        assert_eq!(choose(&AMAZON_LINUX_2023, fedora.path()).unwrap(), Sh::AsOnHost);
        assert_eq!(choose(&DEBIAN, fedora.path()).unwrap(), Sh::Program("/usr/bin/dash".into()));
    }

    #[test]
    fn a_host_without_bash_boots_no_amazon_linux() {
        let error = choose(&AMAZON_LINUX_2023, host(&["dash"]).path()).unwrap_err().to_string();
        assert!(error.contains("Amazon Linux 2023") && error.contains("install `bash`"), "{error}");
    }

    #[test]
    fn a_host_without_dash_boots_debian_and_says_what_may_differ() {
        let Sh::Other(words) = choose(&DEBIAN, host(&["bash"]).path()).unwrap() else { panic!("no words") };
        assert!(words.contains("Debian GNU/Linux 12") && words.contains("install `dash`"), "{words}");
    }
}
