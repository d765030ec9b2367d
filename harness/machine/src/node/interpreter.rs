//! The Node.js of this host.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Where AWS's environments have it.
pub(crate) const PROGRAM: &str = "/var/lang/bin/node";

/// What AWS switches off unless a function's `NODE_OPTIONS` ask for it: the flag, and the runtimes.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html>
const EXPERIMENTAL: [(&str, &[u32]); 2] = [("--experimental-require-module", &[20, 22]), ("--experimental-detect-module", &[22])];

/// What an interpreter is asked: its version, its real executable, and which flags it knows.
const QUESTION: &str = "console.log(process.versions.node); console.log(process.execPath); \
                        console.log(process.argv.slice(1).filter((flag) => process.allowedNodeEnvironmentFlags.has(flag)).join(' '))";

/// A Node.js interpreter, 18 or newer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The real interpreter, not a link of a version manager.
    pub executable: PathBuf,
    /// `20.20.2`
    pub version: String,
    /// Those of [`EXPERIMENTAL`] that it knows.
    flags: Vec<&'static str>,
}

impl Node {
    /// The host's, the system's before one of the user's; looked for once.
    pub fn of_host() -> Option<&'static Self> {
        static FOUND: OnceLock<Option<Node>> = OnceLock::new();
        FOUND.get_or_init(Self::find).as_ref()
    }

    fn find() -> Option<Self> {
        let system = ["node", "nodejs"].map(|name| Path::new("/usr/bin").join(name)).into_iter().filter(|path| path.exists());
        system.chain(["node", "nodejs"].map(PathBuf::from)).find_map(|candidate| Self::ask(&candidate))
    }

    fn ask(candidate: &Path) -> Option<Self> {
        let mut command = Command::new(candidate);
        command.env_remove("NODE_OPTIONS").args(["-e", QUESTION, "--"]).args(EXPERIMENTAL.map(|(flag, _)| flag));
        let output = command.output().ok().filter(|output| output.status.success())?;
        let text = String::from_utf8(output.stdout).ok()?;
        let [version, executable, known] = text.lines().collect::<Vec<_>>().try_into().ok()?;
        let flags = EXPERIMENTAL.iter().map(|(flag, _)| *flag).filter(|flag| known.split(' ').any(|known| known == *flag));
        let found = Self { executable: executable.into(), version: version.to_owned(), flags: flags.collect() };
        (found.major() >= 18).then_some(found)
    }

    /// `20`
    pub fn major(&self) -> u32 {
        major(&self.version)
    }

    /// The flags that AWS gives the Node.js of `runtime` to switch something off, as far as this one knows them.
    pub(super) fn switched_off(&self, runtime: &str, node_options: &str) -> impl Iterator<Item = String> {
        let runtime = major(runtime.strip_prefix("nodejs").unwrap_or_default());
        EXPERIMENTAL
            .iter()
            .filter(move |(flag, runtimes)| {
                self.flags.contains(flag) && runtimes.contains(&runtime) && !node_options.contains(flag)
            })
            .map(|(flag, _)| flag.replacen("--", "--no-", 1))
    }
}

/// The number that a version begins with.
fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_runtime_switches_off_goes_by_it_and_by_what_the_interpreter_knows() {
        let node = |flags: &[&'static str]| Node { executable: "n".into(), version: "22.1.0".to_owned(), flags: flags.to_vec() };
        let both = node(&["--experimental-require-module", "--experimental-detect-module"]);
        let off = |runtime, options| both.switched_off(runtime, options).collect::<Vec<_>>().join(" ");
        assert_eq!(off("nodejs22.x", ""), "--no-experimental-require-module --no-experimental-detect-module");
        assert_eq!(off("nodejs20.x", ""), "--no-experimental-require-module");
        assert_eq!(off("nodejs22.x", "--experimental-require-module"), "--no-experimental-detect-module");
        assert_eq!(off("nodejs24.x", ""), "");
        assert_eq!(node(&[]).switched_off("nodejs22.x", "").count(), 0);
    }
}
