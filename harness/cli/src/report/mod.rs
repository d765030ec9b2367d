//! Reports: what a journal tells, as a page for people and as JUnit XML for CI. Any can be made later from the journal's file.

mod chain;
mod html;
mod junit;
mod told;

use std::path::{Path, PathBuf};

use nightproof_journal::{Journal, Record};

use crate::arguments::ReportOptions;
use crate::{Exit, printer};
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
    pub(crate) fn named(files: &[PathBuf]) -> Result<Self, Exit> {
        let form = |file: &PathBuf| match file.extension().and_then(|extension| extension.to_str()) {
            Some("html") => Ok((file.clone(), Form::Html)),
            Some("xml") => Ok((file.clone(), Form::Junit)),
            _ => {
                let hint = "a report's name ends in .html (a page) or .xml (JUnit)";
                printer::error(&format!("the form of the report `{}` is not known", file.display()), Some(hint));
                Err(Exit::Input)
            }
        };
        files.iter().map(form).collect::<Result<_, _>>().map(Self)
    }

    /// As [`Reports::named`], of what rehearses nothing: JUnit would have nothing to say.
    pub(crate) fn pages(files: &[PathBuf]) -> Result<Self, Exit> {
        let reports = Self::named(files)?;
        match reports.0.iter().find(|(_, form)| *form == Form::Junit) {
            Some((file, _)) => Err(no_drill(file)),
            None => Ok(reports),
        }
    }

    /// Writes what `journal` tells; what cannot be written is said, and does not change how the drill ended.
    pub(crate) fn write(&self, journal: &Journal) {
        if !self.0.is_empty() {
            // Said already.
            let _ = self.write_records(&journal.records());
        }
    }

    fn write_records(&self, records: &[Record]) -> Result<(), Exit> {
        let told = Told::by(records);
        let mut result = Ok(());
        for (file, form) in &self.0 {
            let text = match form {
                Form::Html => html::page(&told),
                Form::Junit if told.run.is_empty() => {
                    result = Err(no_drill(file));
                    continue;
                }
                Form::Junit => junit::xml(&told),
            };
            if let Err(error) = std::fs::write(file, text) {
                printer::error(&format!("cannot write the report `{}`: {error}", file.display()), None);
                result = Err(Exit::Missing);
            }
        }
        result
    }
}

fn no_drill(file: &Path) -> Exit {
    let hint = "JUnit tells of the steps of a drill; a name that ends in .html gets a page of all calls";
    printer::error(&format!("there is no drill for `{}` to tell of", file.display()), Some(hint));
    Exit::Input
}

/// `nightproof report`: makes reports of a journal that was written earlier.
pub(crate) fn report(options: &ReportOptions) -> Exit {
    match reported(&options.journal, &options.output) {
        Ok(()) => Exit::Passed,
        Err(exit) => exit,
    }
}

fn reported(journal: &Path, output: &[PathBuf]) -> Result<(), Exit> {
    let reports = Reports::named(output)?;
    let bad = |why: String| {
        printer::error(&why, None);
        Exit::Input
    };
    let text = std::fs::read_to_string(journal)
        .map_err(|error| bad(format!("cannot read the journal `{}`: {error}", journal.display())))?;
    let records = nightproof_journal::read(&text).map_err(|error| bad(format!("`{}`, {error}", journal.display())))?;
    reports.write_records(&records)
}
