//! What an account can tell of a night, without secrets: which hop failed, and the draft of an incident file.
//!
//! The drill asks the account, as it makes all AWS calls. Here, secrets are removed from the evidence before anything else reads it, so that
//! neither the files nor the diagnosis nor the draft have any. [`Night::new`] is the entry; all but [`Night::write`] is pure.

mod chain;
mod diagnose;
mod diagnosis;
mod draft;
mod folder;
mod scrub;
mod secret;
mod service_error;

use std::io;
use std::path::Path;

use nightproof_drill::capture::Evidence;
use serde_json::json;

pub use diagnosis::Diagnosis;
use folder::Folder;
pub use folder::check;

/// The bundled stack.
#[cfg(test)]
const BUNDLED: &str = include_str!("../stack/template.yaml");

/// Version of `capture.json`.
const VERSION: u32 = 1;

/// The evidence of a night, without secrets.
#[derive(Debug)]
pub struct Night {
    evidence: Evidence,
    diagnosis: Option<Diagnosis>,
}

/// Where and when a night was captured.
#[derive(Debug, Clone)]
pub struct Origin {
    /// 12-digit account id.
    pub account: String,
    /// The region.
    pub region: String,
    /// Begin of the night, RFC 3339.
    pub from: String,
    /// Its end.
    pub to: String,
}

impl Night {
    /// Removes the secrets and looks for the hop that failed; `None` if the evidence cannot be read without its secrets.
    pub fn new(evidence: &Evidence) -> Option<Self> {
        let evidence = scrub::scrubbed(evidence)?;
        let diagnosis = diagnose::diagnose(&evidence);
        Some(Self { evidence, diagnosis })
    }

    /// The evidence, without secrets.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// The hop that failed; `None` if nothing in the evidence says that one did.
    pub fn diagnosis(&self) -> Option<&Diagnosis> {
        self.diagnosis.as_ref()
    }

    /// The text of an incident file beside which the template is `template`; `None` without a diagnosis. `times` names the night.
    pub fn draft(&self, template: &str, times: &str) -> Option<String> {
        self.diagnosis.as_ref().map(|found| draft::draft(&self.evidence, found, template, times))
    }

    /// Writes the evidence, `capture.json` and, with a diagnosis, `incident.yaml` into a folder that is empty or not there.
    ///
    /// # Errors
    /// The folder is not empty, or a file of it cannot be written.
    pub fn write(&self, path: &Path, origin: &Origin) -> io::Result<()> {
        let folder = Folder::make(path)?;
        let template = folder.write_evidence(&self.evidence)?;
        let Origin { account, region, from, to } = origin;
        let diagnosis = self.diagnosis.as_ref();
        let diagnosis = diagnosis.map(|found| json!({ "hop": found.hop, "code": found.code, "reason": found.reason }));
        let about = json!({
            "version": VERSION, "account": account, "region": region, "stack": self.evidence.stack.id, "from": from, "to": to,
            "refused": self.evidence.refused, "diagnosis": diagnosis,
        });
        folder.json("capture.json", &about)?;
        self.draft(template, &format!("{from} to {to}")).map_or(Ok(()), |draft| folder.write("incident.yaml", &draft))
    }
}
