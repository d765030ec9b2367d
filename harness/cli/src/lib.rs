//! The `nightproof` command.

mod access;
mod account;
mod arguments;
mod bench;
mod capture;
mod compare;
mod containers;
mod doctor;
mod embedded;
mod exit_code;
#[cfg(fuzzing)]
pub mod fuzzed;
mod incident;
mod interrupt;
mod local_times;
mod localstack;
mod operator;
mod printer;
mod python;
mod rehearse;
mod report;
mod run;
mod smoke;
mod stage;
mod state;
mod sweep;
mod template;
mod up;
mod workspace;

use arguments::SweepCloud;
pub use exit_code::Exit;

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
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            printer::error(&format!("cannot start the runtime: {error}"), None);
            return Exit::Missing.into();
        }
    };
    let exit = runtime.block_on(async {
        match arguments.command {
            arguments::Command::Run(options) => run::run(options).await,
            arguments::Command::Up(options) => up::up(options).await,
            arguments::Command::Access(options) => access::access(options).await,
            arguments::Command::Bench(options) => bench::bench(options).await,
            arguments::Command::Doctor => doctor::doctor().await,
            arguments::Command::Images(options) => containers::images(options.pull).await,
            arguments::Command::Smoke(options) => smoke::smoke(options).await,
            arguments::Command::Reproduce(options) => incident::reproduce(options).await,
            arguments::Command::Capture(options) => capture::capture(options).await,
            arguments::Command::Compare(options) => compare::compare(&options),
            arguments::Command::Report(options) => report::report(&options),
            arguments::Command::Resume(options) => smoke::resume(options).await,
            arguments::Command::Sweep(options) if options.cloud == SweepCloud::Aws => smoke::sweep(options).await,
            arguments::Command::Sweep(options) => sweep::sweep(options).await,
        }
    });
    // Blocking threads may sit in a read that never ends; nothing of theirs is needed any more.
    runtime.shutdown_background();
    exit.into()
}

/// Logs go to standard error when `NIGHTPROOF_LOG` asks for them (`debug`, `nightproof_region=trace`).
fn start_logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("NIGHTPROOF_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
