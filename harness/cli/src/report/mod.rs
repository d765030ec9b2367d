//! Reports: what a journal tells, as a page for people and as JUnit XML for CI. Any can be made later from the journal's file.

mod chain;
mod html;
mod junit;
mod told;

use std::path::PathBuf;

use nightproof_journal::{Journal, Record};

use crate::arguments::ReportOptions;
use crate::error::Error;
use crate::{Exit, journal_file, printer};
use told::Told;

/// The form of a report, by the ending of its file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Html,
    Junit,
}

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
        for error in self.write_records(&journal.records()).into_iter().filter_map(Result::err) {
            printer::warning(&error);
        }
    }

    /// Writes all reports, whatever becomes of the others.
    fn write_records(&self, records: &[Record]) -> Vec<Result<(), Error>> {
        let told = Told::by(records);
        let text = |file: &PathBuf, form: Form| match form {
            Form::Html => Ok(html::page(&told)),
            Form::Junit if told.run.is_empty() => Err(Error::NoDrillToReport(file.clone())),
            Form::Junit => Ok(junit::xml(&told)),
        };
        let write = |(file, form): &(PathBuf, Form)| {
            std::fs::write(file, text(file, *form)?).map_err(|source| Error::WriteReport { path: file.clone(), source })
        };
        self.0.iter().map(write).collect()
    }
}

/// `nightproof report`: makes reports of a journal that was written earlier.
pub(crate) fn report(options: &ReportOptions) -> Result<Exit, Error> {
    let reports = Reports::new(&options.output)?;
    reports.write_records(&journal_file::read(&options.journal)?).into_iter().collect::<Result<(), _>>()?;
    Ok(Exit::Passed)
}
