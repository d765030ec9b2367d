//! Packages from PyPI for an image, installed outside of it: builds then need neither network nor this machine's certificates.

use std::path::Path;
use std::process::Command;

use super::image_error::ImageError;
use super::recipe::{PYTHON, Packages};
use crate::tools::{Python, to_its_end};

/// Installs `packages` for the images' Python into `folder`.
pub(super) fn install(packages: &Packages, folder: &Path) -> Result<(), ImageError> {
    if std::env::consts::ARCH != "x86_64" {
        return Err(ImageError::Architecture(std::env::consts::ARCH));
    }
    let python = Python::find().ok_or(ImageError::Python)?;
    let temporary = tempfile::tempdir().map_err(ImageError::Folder)?;
    let requirements = temporary.path().join("requirements.txt");
    std::fs::write(&requirements, packages.chosen()).map_err(ImageError::Folder)?;
    let venv = temporary.path().join("venv");
    run(Command::new(&python.executable).args(["-I", "-m", "venv"]).arg(&venv))?;
    let pip = || {
        let mut pip = Command::new(venv.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]);
        pip
    };
    let mut install = pip();
    install.args(["--no-compile", "--only-binary", ":all:", "--no-deps", "--implementation", "cp", "--python-version", PYTHON]);
    install.args(["--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_28_x86_64"]);
    if let Some(source) = &packages.source {
        let builders = temporary.path().join("build-requirements.txt");
        std::fs::write(&builders, source.builders).map_err(ImageError::Folder)?;
        run(pip().arg("--requirement").arg(builders))?;
        install.args(["--no-build-isolation", "--no-binary", source.names]);
    }
    run(install.arg("--target").arg(folder).arg("--requirement").arg(requirements))
}

/// Runs a program to its end; the end of what it said is in the error.
pub(super) fn run(command: &mut Command) -> Result<(), ImageError> {
    to_its_end(command).map_err(|output| ImageError::Command { command: format!("{command:?}"), output })
}
