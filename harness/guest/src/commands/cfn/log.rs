//! What the helper scripts write down, in the form of Python's `logging`.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};

use crate::agent::clock;

const FOLDER: &str = "/var/log";
const RULE: &str = "============================================================";
const LINE: &str = "------------------------------------------------------------";

/// A script's log, and that of the commands that it runs.
pub(super) struct Log {
    main: Option<File>,
    commands: Option<File>,
    verbose: bool,
}

impl Log {
    /// Opens `/var/log/NAME.log`, and `cfn-init-cmd.log` beside it. Where that cannot be written nothing is lost but the log.
    pub(super) fn open(name: &str, verbose: bool) -> Self {
        let open = |name: &str| {
            fs::create_dir_all(FOLDER)?;
            OpenOptions::new().create(true).append(true).open(format!("{FOLDER}/{name}.log"))
        };
        Self { main: open(name).ok(), commands: open("cfn-init-cmd").ok(), verbose }
    }

    /// What is written only with `--verbose`.
    pub(super) fn debug(&self, text: impl Display) {
        if self.verbose {
            self.write("DEBUG", text);
        }
    }

    pub(super) fn info(&self, text: impl Display) {
        self.write("INFO", text);
    }

    pub(super) fn warn(&self, text: impl Display) {
        self.write("WARNING", text);
    }

    pub(super) fn error(&self, text: impl Display) {
        self.write("ERROR", text);
    }

    fn write(&self, level: &str, text: impl Display) {
        if let Some(mut file) = self.main.as_ref() {
            let _: io::Result<()> = writeln!(file, "{} [{level}] {text}", time());
        }
    }

    /// A command with its output and end.
    pub(super) fn command(&self, command: &str, output: &[u8], code: i32) {
        let Some(mut file) = self.commands.as_ref() else { return };
        let mut line = |level: &str, text: &str| {
            let _: io::Result<()> = writeln!(file, "{} P{} [{level}] {text}", time(), std::process::id());
        };
        line("INFO", RULE);
        line("INFO", &format!("Command {command}"));
        if !output.is_empty() {
            line("INFO", "-----------------------Command Output-----------------------");
            for one in String::from_utf8_lossy(output).lines() {
                line("INFO", &format!("\t{one}"));
            }
            line("INFO", LINE);
        }
        if code == 0 {
            line("INFO", "Completed successfully.");
        } else {
            line("ERROR", &format!("Exited with error code {code}"));
        }
    }
}

/// `2026-11-29 22:00:00,123`, in UTC as the machine's clock is.
fn time() -> String {
    clock::now().strftime("%Y-%m-%d %H:%M:%S,%3f").to_string()
}

#[cfg(test)]
impl Log {
    /// One that is written nowhere.
    pub(super) fn none() -> Self {
        Self { main: None, commands: None, verbose: false }
    }
}
