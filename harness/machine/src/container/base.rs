//! The Debian that images are based on: the public image, or one made of Debian's packages where no registry can be reached.

use std::path::Path;
use std::process::Command;

use super::image::{Images, apart};
use super::image_error::ImageError;
use super::packages::run;
use super::recipe::{BASE_PACKAGES, DEBIAN};

/// The public image.
const PUBLIC: &str = "docker.io/library/debian:trixie-slim";

/// Whether a base can be made where none can be pulled.
pub(super) fn have_builder() -> bool {
    Path::new("/usr/bin/mmdebstrap").exists()
}

impl Images<'_> {
    /// The name of a Debian image that is there.
    pub(super) async fn debian(&self) -> Result<String, ImageError> {
        let made = format!("nightproof/debian:{DEBIAN}");
        if self.exists(&made).await? {
            return Ok(made);
        }
        let refusal = match self.pull(PUBLIC).await {
            Ok(()) => return Ok(PUBLIC.to_owned()),
            Err(refusal) => refusal,
        };
        if !have_builder() {
            return Err(ImageError::NoBase { image: PUBLIC, refusal });
        }
        self.say(&format!("making a base image of Debian's packages, as {PUBLIC} cannot be had ({refusal})"));
        let folder = tempfile::tempdir().map_err(ImageError::Folder)?;
        let archive = folder.path().join("debian.tar");
        let packages: Vec<&str> = BASE_PACKAGES.lines().collect();
        let mut command = Command::new("mmdebstrap");
        command
            .args(["--quiet", "--variant=minbase", "--aptopt=Acquire::Retries \"3\""])
            .arg(format!("--include={}", packages.join(",")))
            .arg(DEBIAN)
            .arg(&archive);
        apart(move || run(&mut command)).await?;
        self.import(&archive, &made).await?;
        Ok(made)
    }
}
