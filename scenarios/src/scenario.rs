//! Runs a drill as a person would, by the command, and reads what it says.

use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use nightproof_drill::Outcome;
use serde_json::Value;
use tempfile::TempDir;

use crate::{Site, Template};

/// A drill to run.
#[derive(Debug)]
pub struct Scenario {
    program: &'static str,
    folder: TempDir,
    arguments: Vec<String>,
    environment: Vec<(String, Option<String>)>,
    /// Whether it is run in its own folder.
    here: bool,
}

/// What a drill came to.
#[derive(Debug)]
pub struct Night {
    /// The command's exit code; -1 if a signal ended it.
    pub code: i32,
    /// The outcome event; absent if the drill did not begin.
    pub outcome: Option<Outcome>,
    /// What it wrote for a person.
    pub errors: String,
    /// What it left in its folder for temporary files.
    pub left: Vec<String>,
}

impl Scenario {
    /// A drill of the bundled stack with made-up data, by `program`.
    ///
    /// # Errors
    /// No temporary folder.
    pub fn new(program: &'static str) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("tmp"))?;
        Ok(Self {
            program,
            folder,
            arguments: ["run", "--format", "json"].map(str::to_owned).to_vec(),
            environment: Vec::new(),
            here: false,
        })
    }

    /// A folder for the scenario's own files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// With further arguments of `nightproof run`.
    #[must_use]
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }

    /// With a drill file of its own, which is found by itself.
    ///
    /// # Errors
    /// It could not be written.
    pub fn drill_file(mut self, text: &str) -> io::Result<Self> {
        std::fs::write(self.folder().join("nightproof.yaml"), text)?;
        self.here = true;
        Ok(self)
    }

    /// With an environment variable.
    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), Some(value.to_owned())));
        self
    }

    /// Without an environment variable that the tests may be run with.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.environment.push((name.to_owned(), None));
        self
    }

    /// With a template of its own.
    ///
    /// # Errors
    /// It could not be written.
    pub fn template(self, template: &Template) -> io::Result<Self> {
        let file = self.folder().join("template.yaml");
        std::fs::write(&file, template.text())?;
        Ok(self.with(&["--template", &file.to_string_lossy()]))
    }

    /// With data of its own, which `fill` puts into an empty folder.
    ///
    /// # Errors
    /// It could not be written.
    pub fn data(self, fill: impl FnOnce(Site) -> io::Result<Site>) -> io::Result<Self> {
        let site = fill(Site::new(self.folder())?)?;
        let path = site.path().to_string_lossy().into_owned();
        Ok(self.with(&["--data", &path]))
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// The program could not be started, or an outcome could not be read.
    pub fn run(self) -> io::Result<Night> {
        self.run_hearing(|_, _| {})
    }

    /// As [`Scenario::run`]; `heard` is given each line of its standard output as it comes, and the id of its process.
    ///
    /// # Errors
    /// As [`Scenario::run`].
    pub fn run_hearing(self, mut heard: impl FnMut(&str, u32)) -> io::Result<Night> {
        let tmp = self.folder().join("tmp");
        let mut command = Command::new(self.program);
        // What is remembered of a person's drills is not of these.
        command.args(&self.arguments).env("TMPDIR", &tmp).env("XDG_STATE_HOME", self.folder().join("state"));
        command.env_remove("AWS_PROFILE");
        if self.here {
            command.current_dir(self.folder());
        }
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let errors = std::thread::spawn(move || stderr.map_or_else(|| Ok(String::new()), io::read_to_string));
        let mut events = Vec::new();
        for line in stdout.into_iter().flat_map(|stdout| BufReader::new(stdout).lines()) {
            let line = line?;
            heard(&line, child.id());
            events.push(line);
        }
        let status = child.wait()?;
        let errors = errors.join().map_err(|_| io::Error::other("standard error could not be read"))??;
        let last = events.iter().rev().find_map(|line| {
            let event: Value = serde_json::from_str(line).ok()?;
            (event.get("event")?.as_str()? == "outcome").then(|| event.get("outcome").cloned()).flatten()
        });
        let outcome = last.map(serde_json::from_value).transpose()?;
        let mut left = Vec::new();
        for entry in std::fs::read_dir(&tmp)? {
            left.push(entry?.file_name().to_string_lossy().into_owned());
        }
        Ok(Night { code: status.code().unwrap_or(-1), outcome, errors, left })
    }
}

impl Night {
    /// The name of the hop that broke, or of another point of failure.
    pub fn hop(&self) -> Option<&str> {
        self.outcome.as_ref()?.failure.as_ref().map(|failure| failure.point.as_str())
    }

    /// Reason and evidence of the failure, or what was written for a person.
    pub fn why(&self) -> String {
        match self.outcome.as_ref().and_then(|outcome| outcome.failure.as_ref()) {
            Some(failure) => format!("{}\n{}", failure.reason, failure.evidence.join("\n")),
            None => self.errors.clone(),
        }
    }

    /// Whether the chain broke at `hop`, for a reason that has `text` in it, and nothing was left behind.
    ///
    /// # Panics
    /// If not: with all that is known.
    pub fn assert_broken(&self, hop: &str, text: &str) {
        assert_eq!((self.code, self.hop()), (1, Some(hop)), "{self:#?}");
        assert!(self.why().contains(text), "`{text}` is not in: {}", self.why());
        self.assert_clean();
    }

    /// Whether the evidence of the failure tells of a denial with both texts in one line.
    ///
    /// # Panics
    /// If not: with all that is known.
    pub fn assert_denied(&self, who_and_what: &str, nearest: &str) {
        let evidence = self.outcome.as_ref().and_then(|outcome| outcome.failure.as_ref()).map(|failure| &failure.evidence);
        let told = |line: &&String| line.starts_with("denied: ") && line.contains(who_and_what) && line.contains(nearest);
        assert!(evidence.is_some_and(|evidence| evidence.iter().any(|line| told(&line))), "{evidence:#?}");
    }

    /// The drill passed, with everything identical and logged.
    ///
    /// # Panics
    /// If not: with all that is known.
    pub fn assert_passed(&self) -> &Outcome {
        assert_eq!((self.code, self.hop()), (0, None), "{self:#?}");
        self.assert_clean();
        let Some(outcome) = &self.outcome else { unreachable!("a drill that passed has an outcome: {self:#?}") };
        for archive in outcome.nights.iter().flat_map(|night| &night.archives) {
            assert!(archive.identical && archive.access_log.is_some(), "{archive:#?}");
            assert_eq!(archive.encryption, "aws:kms");
            assert!(archive.key_id.is_some() && archive.bytes > 0, "{archive:#?}");
        }
        outcome
    }

    fn assert_clean(&self) {
        assert!(self.left.is_empty(), "left in the folder for temporary files: {:?}", self.left);
        let leftovers = self.outcome.as_ref().map(|outcome| &outcome.leftovers);
        assert!(leftovers.is_none_or(Vec::is_empty), "{leftovers:?}");
    }
}
