//! `nightproof report`: makes reports of a journal that was written earlier.

use super::suite;
use crate::arguments::{ReportCommand, ReportOptions};
use crate::error::Error;
use crate::reports::Reports;
use crate::{Exit, journal_file};

pub(crate) fn report(options: &ReportOptions) -> Result<Exit, Error> {
    let journal = match (&options.command, &options.journal) {
        (Some(ReportCommand::Merge(merged)), _) => return suite::merge(&merged.parts, &merged.output),
        (None, Some(journal)) => journal,
        // The command line requires one.
        (None, None) => return Ok(Exit::Input),
    };
    let reports = Reports::new(&options.output)?;
    reports.write_all(&journal_file::read(journal)?).into_iter().collect::<Result<(), _>>()?;
    Ok(Exit::Passed)
}
