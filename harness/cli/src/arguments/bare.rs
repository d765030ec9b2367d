//! Options of a command that is given no argument.

use clap::{Args, Parser};

/// The options of a command that is given no argument: those that have defaults, and those that the environment names.
#[derive(Debug, Parser)]
pub(super) struct Bare<T: Args> {
    #[command(flatten)]
    options: T,
}

impl<T: Args> Bare<T> {
    /// A value of the environment that is wrong ends the program with what is wrong with it, as it ends the command.
    pub(super) fn from_environment() -> T {
        Self::parse_from(["nightproof"]).options
    }
}
