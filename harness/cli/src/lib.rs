//! The `nightproof` command, and nightproof as a library for tests: [`Drill`] and [`Region`], which docs/library.md explains.

mod account;
mod allocator;
mod arguments;
mod assembly;
mod commands;
mod containers;
mod drill_file;
mod embedded;
mod error;
mod evidence;
mod exit_code;
mod format;
mod history;
mod interrupt;
mod journal_file;
mod library;
mod local_environment;
mod local_times;
mod machine_choice;
mod operator;
mod outcome;
mod packager;
mod partition;
mod pdf;
mod printer;
mod python;
mod rehearsal;
mod reports;
mod restore_script;
mod setting;
mod state;
mod store;
mod template;
mod template_errors;
mod tools;
mod values;
mod workspace;

use arguments::Command;
use error::Error;
pub use exit_code::Exit;
pub use library::{Calls, Drill, Error as TestError, Region, RegionOptions, Verdict};
pub use nightproof_drill::{FailurePoint, Hop, Outcome};
/// What goes wrong on purpose: which calls, which of them, and what becomes of them.
pub use nightproof_faults as faults;
pub use nightproof_journal::{ApiCall, Record};

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

/// Runs the command line of this process.
///
/// A machine is started by nightproof executing itself with a hidden first argument; that is looked at before anything else, since those
/// processes must stay single-threaded.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(code) = nightproof_guest::dispatch(&arguments) {
        return code;
    }
    allocator::give_back();
    let arguments = match arguments::Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors; clap knows which stream they go to.
            let code = if error.use_stderr() { Exit::Input } else { Exit::Passed };
            let _ = error.print();
            return code.into();
        }
    };
    start_logging();
    let exit = match run_to_end(arguments.command) {
        Ok(exit) => exit,
        Err(error) => {
            printer::error(&error);
            error.exit()
        }
    };
    exit.into()
}

fn run_to_end(command: Command) -> Result<Exit, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Runtime)?;
    let ended = runtime.block_on(async { commands::run(command).await });
    // Blocking threads may sit in a read that never ends; nothing of theirs is needed any more.
    runtime.shutdown_background();
    ended
}

/// Logs go to standard error when `NIGHTPROOF_LOG` asks for them (`debug`, `nightproof_region=trace`).
fn start_logging() {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;

    let asked = std::env::var("NIGHTPROOF_LOG").ok().and_then(|filter| filter.parse::<Targets>().ok());
    let filter = asked.unwrap_or_else(|| Targets::new().with_default(LevelFilter::ERROR));
    tracing_subscriber::registry().with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr)).with(filter).init();
}
