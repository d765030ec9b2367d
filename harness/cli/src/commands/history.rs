//! `nightproof history`: prints the trend of drills.

use crate::arguments::HistoryOptions;
use crate::error::Error;
use crate::{Exit, history, printer};

pub(crate) fn history(options: &HistoryOptions) -> Result<Exit, Error> {
    printer::line(nightproof_report::trend(&history::read(&options.file)?).trim_end());
    Ok(Exit::Passed)
}
