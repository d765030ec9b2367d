//! A page as a PDF, by the browser of this machine.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// Names of browsers that print without a screen.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// A page takes a second; a busy machine, longer.
const BOUND: Duration = Duration::from_secs(60);

/// The PDF of a page; nothing without a browser.
///
/// # Errors
/// What the browser said, or that it took too long.
pub(crate) async fn print(page: &Path) -> Result<Option<Vec<u8>>, String> {
    let Some(browser) = browser() else { return Ok(None) };
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (profile, printed) = (folder.path().join("profile"), folder.path().join("page.pdf"));
    let page = page.canonicalize().map_err(|error| format!("{}: {error}", page.display()))?;
    let mut command = Command::new(&browser);
    command.args(["--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer", "--disable-dev-shm-usage"]);
    // Chromium's own sandbox refuses root. The page runs no script, and loads nothing.
    if std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
        command.arg("--no-sandbox");
    }
    command.arg(format!("--user-data-dir={}", profile.display())).arg(format!("--print-to-pdf={}", printed.display()));
    command.arg(&page).stdin(Stdio::null()).kill_on_drop(true);
    let name = browser.display();
    let ended = tokio::time::timeout(BOUND, command.output()).await;
    let ended = ended.map_err(|_| format!("{name} has not ended after {} s", BOUND.as_secs()))?;
    let output = ended.map_err(|error| format!("{name}: {error}"))?;
    match std::fs::read(&printed) {
        Ok(content) if content.starts_with(b"%PDF-") => Ok(Some(content)),
        _ => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("{name} printed none: {}", said.lines().last().unwrap_or_default()))
        }
    }
}

/// The first browser on the path.
fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    BROWSERS.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|file| file.is_file())
}
