//! The evidence that `--evidence` asks for.

use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Timestamp;
use nightproof_drill::{Budgets, Outcome};
use nightproof_evidence::{Commit, Control, DrillFacts, JournalDigest, Product, Record, SigningKey, Template};
use nightproof_journal::Journal;
use nightproof_prove::Proof;

use crate::arguments::EvidenceOptions;
use crate::error::Error;
use crate::{pdf, printer};

/// Evidence of a drill that has begun.
pub(crate) struct Evidence {
    folder: PathBuf,
    key: SigningKey,
    digest: JournalDigest,
    began: Timestamp,
}

/// What a drill was of, and as whom.
pub(crate) struct Subject<'a> {
    /// The template's file; the bundled stack if there is none.
    pub(crate) template: Option<&'a Path>,
    /// Its text.
    pub(crate) text: &'a str,
    /// What it ran against.
    pub(crate) cloud: &'a str,
    /// The account.
    pub(crate) account: &'a str,
    /// ARN of who drilled.
    pub(crate) caller: &'a str,
    /// The negative controls that were tried.
    pub(crate) proof: Option<&'a Proof>,
}

impl Evidence {
    /// Reads the key, before anything is made, and follows the journal.
    pub(crate) fn begin(options: &EvidenceOptions, journal: &Journal) -> Result<Option<Self>, Error> {
        let Some(folder) = &options.evidence else { return Ok(None) };
        let key = options.evidence_key.as_ref().ok_or(Error::NoEvidenceKey)?;
        let key = SigningKey::read(key).map_err(Error::Evidence)?;
        Ok(Some(Self { folder: folder.clone(), key, digest: JournalDigest::follow(journal), began: now() }))
    }

    /// Writes the evidence of a drill that came to `outcome`, and says where. The page is a PDF, too, where this machine has a browser.
    pub(crate) async fn write(&self, outcome: &Outcome, subject: &Subject<'_>, budgets: &Budgets) -> Result<(), Error> {
        let product = Product { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
        let drill = DrillFacts {
            cloud: subject.cloud.to_owned(),
            account: subject.account.to_owned(),
            caller: subject.caller.to_owned(),
            began: format!("{:.0}", self.began),
            ended: format!("{:.0}", now()),
            ..DrillFacts::default()
        };
        let commit = subject.template.and_then(commit);
        let template = Template::new(crate::template::name(subject.template), subject.text, commit);
        let mut record = Record::new(outcome, product, drill, template, budgets, self.digest.facts());
        if let Some(proof) = subject.proof {
            record = record.with_controls(controls(proof));
        }
        let file = nightproof_evidence::write(&self.folder, &record, &self.key).map_err(Error::Evidence)?;
        match pdf::print(&file.with_extension("html")).await {
            Ok(Some(content)) => {
                let name = format!("evidence-{}.pdf", outcome.run);
                nightproof_evidence::add(&self.folder, &name, &content, &self.key).map_err(Error::Evidence)?;
            }
            Ok(None) => {}
            Err(why) => printer::note(&format!("the page of the evidence is no PDF: {why}")),
        }
        printer::note(&format!("evidence {}, signed by key {}", file.display(), self.key.public().id()));
        Ok(())
    }
}

/// The controls as evidence has them.
fn controls(proof: &Proof) -> Vec<Control> {
    let control = |one: &nightproof_prove::Checked| Control {
        id: one.id.clone(),
        title: one.title.clone(),
        result: one.verdict.as_str().to_owned(),
        at: one.at.clone(),
        reason: one.reason.clone(),
        told: one.notified.clone(),
    };
    proof.controls.iter().map(control).collect()
}

/// The time of this machine: that of its drills.
fn now() -> Timestamp {
    nightproof_core::Clock::default().now()
}

/// The commit that a file's folder is at, if it is in a work tree of git and there is a git.
fn commit(file: &Path) -> Option<Commit> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let id = git(&["rev-parse", "HEAD"])?;
    let name = file.file_name()?.to_str()?;
    let changed = git(&["status", "--porcelain", "--", name]).is_none_or(|status| !status.is_empty());
    Some(Commit { id, changed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_of_the_commit_of_its_folder_and_may_differ_from_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("stack.yaml");
        std::fs::write(&file, "a").unwrap();
        assert_eq!(commit(&file), None);
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.arg("-C").arg(folder.path()).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(arguments);
            assert!(command.output().unwrap().status.success(), "{arguments:?}");
        };
        git(&["init", "--quiet"]);
        git(&["add", "."]);
        git(&["commit", "--quiet", "-m", "x"]);
        let clean = commit(&file).unwrap();
        assert!(clean.id.len() == 40 && !clean.changed, "{clean:?}");
        std::fs::write(&file, "b").unwrap();
        assert_eq!(commit(&file), Some(Commit { changed: true, ..clean }));
    }
}
