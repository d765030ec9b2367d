//! How far what a night started is.

use crate::chain::failure::HopFailure;

/// How far the runbooks or the executions of a night are.
#[derive(Debug)]
pub(crate) enum Progress {
    /// None was started.
    None,
    Running,
    Succeeded,
    Failed(HopFailure),
}
