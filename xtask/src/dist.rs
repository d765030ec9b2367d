//! What a release consists of: the wheel, a tarball, and their checksums. Pages of the manual and completions are in both.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::step::{self, StepError};

/// The packages that make a wheel: maturin, and zig, whose linker knows the symbols of older C libraries.
const MATURIN: &str = "maturin==1.16.0";
const ZIG: &str = "ziglang==0.17.1";

/// The C library that a portable build asks for: of 2018, and so that of Debian 10, Ubuntu 20.04 and RHEL 8.
/// <https://peps.python.org/pep-0600/>
const PORTABLE: &str = "manylinux_2_28";

/// What the wheel installs beside the program: <https://www.maturin.rs/config>, `data`. Not in the repository.
const DATA: &str = "nightproof.data";

/// Where each shell looks for completions, below `share`.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "bash-completion/completions/nightproof"),
    ("zsh", "zsh/site-functions/_nightproof"),
    ("fish", "fish/vendor_completions.d/nightproof.fish"),
];

/// What is built.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Cargo's profile.
    #[arg(long, default_value = "release")]
    profile: String,
    /// Links against an older C library than this machine's, by zig, so that the program runs on older systems.
    #[arg(long)]
    portable: bool,
    /// Leaves the tarball out.
    #[arg(long)]
    wheel_only: bool,
}

/// Builds into `target/dist`.
pub(crate) fn build(options: &Options) -> Result<(), StepError> {
    let (root, out) = (root(), step::target().join("dist"));
    let maturin = Maturin { environment: environment(options.portable)?, options };
    let _ = std::fs::remove_dir_all(&out);
    std::fs::create_dir_all(&out).map_err(cannot_write(&out))?;
    let program = maturin.program(&out)?;
    let data = root.join(DATA);
    let _ = std::fs::remove_dir_all(&data);
    let packed =
        pages(&program, &data.join("data/share")).and_then(|()| maturin.pack(&out)).and_then(|()| match options.wheel_only {
            true => Ok(()),
            false => tarball(&root, &program, &data.join("data/share"), &out),
        });
    let _ = std::fs::remove_dir_all(&data);
    packed?;
    checksums(&out)
}

struct Maturin<'a> {
    environment: PathBuf,
    options: &'a Options,
}

impl Maturin<'_> {
    /// Builds the program that the wheel will have, and returns its path.
    fn program(&self, out: &Path) -> Result<PathBuf, StepError> {
        let profile = &self.options.profile;
        if self.options.portable {
            self.pack(out)?;
        } else {
            step::run(step::cargo_command().args(["build", "--package", "nightproof", "--profile", profile]))?;
        }
        // The profile `dev` has another folder than its name.
        let folder = if profile == "dev" { "debug" } else { profile };
        let target = step::target();
        let target = if self.options.portable { target.join(triple()) } else { target };
        Ok(target.join(folder).join("nightproof"))
    }

    /// Makes the wheel. Its tag is the oldest that what the program asks of the C library allows.
    fn pack(&self, out: &Path) -> Result<(), StepError> {
        let mut maturin = step::without_package(Command::new(self.environment.join("bin/maturin")));
        maturin.current_dir(root()).args(["build", "--quiet", "--profile", &self.options.profile, "--out"]).arg(out);
        if self.options.portable {
            maturin.args(["--zig", "--target", &triple(), "--compatibility", PORTABLE]);
            let path = std::env::var_os("PATH").unwrap_or_default();
            let paths = std::iter::once(self.environment.join("bin")).chain(std::env::split_paths(&path));
            maturin.env("PATH", std::env::join_paths(paths).unwrap_or(path.clone()));
        }
        step::run(&mut maturin)
    }
}

/// The environment that has maturin, made below `target/` once.
fn environment(zig: bool) -> Result<PathBuf, StepError> {
    let venv = std::path::absolute(step::target().join("maturin")).map_err(cannot_write(&step::target()))?;
    if !venv.join("bin/maturin").exists() {
        step::run(Command::new("python3").arg("-m").arg("venv").arg(&venv))?;
        step::run(Command::new(venv.join("bin/pip")).args(["install", "--quiet", MATURIN]))?;
    }
    if zig {
        step::run(Command::new(venv.join("bin/pip")).args(["install", "--quiet", ZIG]))?;
    }
    Ok(venv)
}

/// Writes pages of the manual, and completions, below `share`.
fn pages(program: &Path, share: &Path) -> Result<(), StepError> {
    step::run(Command::new(program).arg("man").arg(share.join("man/man1")))?;
    for (shell, path) in COMPLETIONS {
        let path = share.join(path);
        let script = step::output(Command::new(program).args(["completions", shell]))?;
        std::fs::create_dir_all(path.parent().unwrap_or(share)).map_err(cannot_write(share))?;
        std::fs::write(&path, script).map_err(cannot_write(&path))?;
    }
    Ok(())
}

/// A folder to be unpacked below `/usr/local` or `~/.local`: `bin` and `share`.
fn tarball(root: &Path, program: &Path, share: &Path, out: &Path) -> Result<(), StepError> {
    let name = format!("nightproof-{}-{}", env!("CARGO_PKG_VERSION"), triple());
    let folder = out.join(&name);
    let documents = folder.join("share/doc/nightproof");
    for made in [&folder.join("bin"), &documents] {
        std::fs::create_dir_all(made).map_err(cannot_write(made))?;
    }
    step::run(Command::new("cp").arg("-r").arg(share.join(".")).arg(folder.join("share")))?;
    step::run(Command::new("install").arg("-m755").arg(program).arg(folder.join("bin/nightproof")))?;
    let files = ["LICENSE", "NOTICE", "README.md", "CHANGELOG.md"].map(|file| root.join(file));
    step::run(Command::new("cp").args(files).arg(&documents))?;
    // The same files give the same tarball: https://reproducible-builds.org/docs/archives/
    let time = step::said(Command::new("git").current_dir(root).args(["log", "-1", "--format=%ct"]))?;
    let archive = out.join(format!("{name}.tar.gz"));
    step::run(
        Command::new("tar")
            .args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mode=u+rw,go+r-w"])
            .arg(format!("--mtime=@{}", time.trim()))
            .args(["--use-compress-program", "gzip -n"])
            .arg("-cf")
            .arg(&archive)
            .arg("-C")
            .arg(out)
            .arg(&name),
    )?;
    std::fs::remove_dir_all(&folder).map_err(cannot_write(&folder))
}

/// `SHA256SUMS` of all that is there, as `sha256sum --check` reads it.
fn checksums(out: &Path) -> Result<(), StepError> {
    let entries = std::fs::read_dir(out).map_err(cannot_write(out))?;
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    let sums = step::said(Command::new("sha256sum").current_dir(out).args(names))?;
    step::tell(sums.trim_end());
    std::fs::write(out.join("SHA256SUMS"), sums).map_err(cannot_write(out))
}

/// What this machine's programs are compiled for.
fn triple() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

fn cannot_write(path: &Path) -> impl FnOnce(std::io::Error) -> StepError {
    let path = path.display().to_string();
    move |error| StepError::Found(format!("cannot write `{path}`: {error}"))
}
