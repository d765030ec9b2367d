//! The note of a run on this disk, written before anything is made and removed when nothing is left.

use std::fs;
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use nightproof_drill::{Plan, Run};
use serde::{Deserialize, Serialize};

use crate::state;

const VERSION: u32 = 1;

/// What is needed to end a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RunFile {
    version: u32,
    pub(super) run: String,
    pub(super) account: String,
    pub(super) region: String,
    stack: String,
    seed_bucket: String,
    expires: String,
    /// The step that was begun last.
    step: String,
}

impl RunFile {
    pub(super) fn of(plan: &Plan, account: &str, expires: Timestamp) -> Self {
        Self {
            version: VERSION,
            run: plan.run.clone(),
            account: account.to_owned(),
            region: plan.endpoint.region.clone(),
            stack: plan.stack(),
            seed_bucket: plan.seed_bucket(),
            expires: expires.to_string(),
            step: "none".to_owned(),
        }
    }

    /// Reads the note of a run.
    pub(super) fn read(run: &str) -> io::Result<Self> {
        let text = fs::read_to_string(folder().join(format!("{run}.json")))?;
        let file: Self = serde_json::from_str(&text)?;
        if file.version != VERSION {
            let why = format!("its version is {}, this nightproof knows {VERSION}", file.version);
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(file)
    }

    /// Where it is.
    pub(super) fn path(&self) -> PathBuf {
        folder().join(format!("{}.json", self.run))
    }

    /// Writes it, whole or not at all.
    pub(super) fn write(&self) -> io::Result<()> {
        state::write(&self.path(), self)
    }

    /// Notes which step runs.
    pub(super) fn at_step(&self, step: &str) -> io::Result<()> {
        Self { step: step.to_owned(), ..self.clone() }.write()
    }

    /// Forgets the run.
    pub(super) fn remove(&self) -> io::Result<()> {
        fs::remove_file(self.path())
    }

    /// What the run has, or may have.
    pub(super) fn made(&self) -> Run {
        Run {
            run: self.run.clone(),
            expires: self.expires.clone(),
            stack: Some(self.stack.clone()),
            seed_bucket: Some(self.seed_bucket.clone()),
        }
    }

    /// What a person types to remove it.
    pub(super) fn commands(&self) -> [String; 2] {
        let (region, stack, bucket) = (&self.region, &self.stack, &self.seed_bucket);
        [
            format!("aws s3 rb --force s3://{bucket}"),
            format!("aws cloudformation delete-stack --region {region} --stack-name {stack}   # its buckets must be empty"),
        ]
    }
}

/// Where notes of runs are.
fn folder() -> PathBuf {
    state::folder().join("runs")
}

/// AWS's time: a run on a real account has no other.
pub(super) fn now() -> Timestamp {
    nightproof_core::Clock::default().now()
}
