//! The files that `--report` names.

use std::path::PathBuf;

use nightproof_journal::{Journal, Record};
use nightproof_report::Form;

use crate::error::Error;
use crate::printer;

/// Files to write reports into when a drill has ended.
#[derive(Debug)]
pub(crate) struct Reports(Vec<(PathBuf, Form)>);

impl Reports {
    /// Refuses names that do not say which form is meant.
    pub(crate) fn new(files: &[PathBuf]) -> Result<Self, Error> {
        let form = |file: &PathBuf| match file.extension().and_then(|extension| extension.to_str()) {
            Some("html") => Ok((file.clone(), Form::Html)),
            Some("xml") => Ok((file.clone(), Form::Junit)),
            _ => Err(Error::ReportForm(file.clone())),
        };
        files.iter().map(form).collect::<Result<_, _>>().map(Self)
    }

    /// As [`Reports::new`], for a command that rehearses nothing: JUnit would be empty.
    pub(crate) fn pages(files: &[PathBuf]) -> Result<Self, Error> {
        let reports = Self::new(files)?;
        match reports.0.iter().find(|(_, form)| *form == Form::Junit) {
            Some((file, _)) => Err(Error::NoDrillToReport(file.clone())),
            None => Ok(reports),
        }
    }

    /// Writes the reports of `journal`. A failure is a warning: it does not change how the drill ended.
    pub(crate) fn write(&self, journal: &Journal) {
        if self.0.is_empty() {
            return;
        }
        for error in self.write_all(&journal.records()).into_iter().filter_map(Result::err) {
            printer::warning(&error);
        }
    }

    /// Writes all reports, whatever becomes of the others.
    pub(crate) fn write_all(&self, records: &[Record]) -> Vec<Result<(), Error>> {
        let write = |(file, form): &(PathBuf, Form)| {
            let text = nightproof_report::report(records, *form).ok_or_else(|| Error::NoDrillToReport(file.clone()))?;
            std::fs::write(file, text).map_err(|source| Error::WriteReport { path: file.clone(), source })
        };
        self.0.iter().map(write).collect()
    }
}
