//! The folder that a capture becomes. Nobody else may read it: what is no secret may still be private.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use nightproof_drill::capture::Evidence;
use serde::Serialize;

/// Checks that a folder is empty or not there.
///
/// # Errors
/// It is not empty, or cannot be read.
pub fn check(path: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    if entries.count() > 0 { Err(io::Error::other("it is not empty")) } else { Ok(()) }
}

/// A folder that was empty.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes it, or takes an empty one.
    pub(crate) fn make(path: &Path) -> io::Result<Self> {
        check(path)?;
        DirBuilder::new().mode(0o700).recursive(true).create(path)?;
        Ok(Self(path.to_owned()))
    }

    /// Writes a file of it.
    pub(crate) fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.0.join(name))?;
        file.write_all(text.as_bytes())
    }

    /// Writes what was captured, a file for each kind, and returns the template's name.
    pub(crate) fn write_evidence(&self, evidence: &Evidence) -> io::Result<&'static str> {
        let template = if evidence.template.trim_start().starts_with('{') { "template.json" } else { "template.yaml" };
        self.write(template, &evidence.template)?;
        self.json("stack.json", &evidence.stack)?;
        self.json("stack-events.json", &evidence.stack_events)?;
        self.json("resources.json", &evidence.resources)?;
        self.json("rules.json", &evidence.rules)?;
        let configurations: Vec<_> = evidence
            .functions
            .iter()
            .map(|function| nightproof_drill::capture::FunctionState { log: Vec::new(), ..function.clone() })
            .collect();
        self.json("functions.json", &configurations)?;
        for function in &evidence.functions {
            let lines = function.log.iter().map(|line| format!("{} {}\n", line.time, line.message));
            self.write(&format!("log-of-{}.txt", function.logical_id), &lines.collect::<String>())?;
        }
        self.json("commands.json", &evidence.commands)?;
        self.json("instances.json", &evidence.instances)?;
        self.json("objects.json", &evidence.objects)?;
        self.json("event-history.json", &evidence.history)?;
        Ok(template)
    }

    /// Writes a file of JSON for people.
    pub(crate) fn json(&self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.write(name, &format!("{}\n", serde_json::to_string_pretty(value)?))
    }
}
