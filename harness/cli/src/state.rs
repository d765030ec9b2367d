//! What nightproof remembers of a person's drills, from one to the next.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use etcetera::base_strategy::{BaseStrategy as _, Xdg};
use serde::Serialize;

/// `$XDG_STATE_HOME/nightproof`; without a home folder, one of that name among the temporary files.
/// <https://specifications.freedesktop.org/basedir-spec/latest/>
pub(crate) fn folder() -> PathBuf {
    let state = Xdg::new().ok().and_then(|folders| folders.state_dir()).filter(|folder| folder.is_absolute());
    state.unwrap_or_else(std::env::temp_dir).join("nightproof")
}

/// Writes `document` into `file`, whole or not at all, and makes the folders above it.
pub(crate) fn write(file: &Path, document: &impl Serialize) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut whole = tempfile::NamedTempFile::new_in(folder)?;
    whole.write_all(serde_json::to_string_pretty(document)?.as_bytes())?;
    whole.as_file().sync_all()?;
    whole.persist(file).map(drop).map_err(|error| error.error)
}
