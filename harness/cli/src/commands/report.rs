//! `nightproof report`: makes reports of a journal that was written earlier.

use crate::arguments::ReportOptions;
use crate::error::Error;
use crate::reports::Reports;
use crate::{Exit, journal_file};

pub(crate) fn report(options: &ReportOptions) -> Result<Exit, Error> {
    let reports = Reports::new(&options.output)?;
    reports.write_all(&journal_file::read(&options.journal)?).into_iter().collect::<Result<(), _>>()?;
    Ok(Exit::Passed)
}
