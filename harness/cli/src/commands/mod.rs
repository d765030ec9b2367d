//! The commands, a file or folder each.

mod access;
mod bench;
mod capture;
mod compare;
mod completions;
mod demo;
mod doctor;
mod evidence;
mod explain;
mod fleet;
mod history;
mod images;
mod init;
mod localstack;
mod own_usage;
mod prove;
mod reference;
mod report;
mod reproduce;
mod restore;
mod run;
mod schema;
mod self_check;
mod shell;
mod smoke;
mod suite;
mod sweep;
mod types;
mod up;

use crate::Exit;
use crate::arguments::{Command, SweepCloud};
use crate::drill_file;
use crate::error::Error;

/// Runs a command to its end.
pub(crate) async fn run(command: Command) -> Result<Exit, Error> {
    match command {
        Command::Run(mut options) => {
            drill_file::fill_run(&mut options)?;
            run::run(&options).await
        }
        Command::Init(options) => init::init(&options).await,
        Command::Keys(options) => evidence::keys(&options),
        Command::VerifyEvidence(options) => evidence::verify(&options),
        Command::Evidence(command) => evidence::evidence(&command),
        Command::History(options) => history::history(&options),
        Command::Schema(options) => schema::schema(&options),
        Command::Up(options) => up::up(options).await,
        Command::Shell(options) => shell::shell(&options).await,
        Command::Access(mut options) => {
            drill_file::fill_access(&mut options)?;
            access::access(&options).await
        }
        Command::Bench(options) => bench::bench(options).await,
        Command::SelfCheck(options) => self_check::self_check(options).await,
        Command::Demo(options) => demo::demo(options).await,
        Command::Explain(options) => explain::explain(&options),
        Command::Suite(options) => suite::suite(&options).await,
        Command::Completions(options) => completions::completions(&options),
        Command::Man(options) => completions::man(&options),
        Command::Doctor(options) => doctor::doctor(&options).await,
        Command::Types(options) => types::types(&options),
        Command::Images(options) => images::images(&options).await,
        Command::Localstack(options) => localstack::keep(&options).await,
        Command::Smoke(mut options) => {
            drill_file::fill_smoke(&mut options)?;
            smoke::smoke(&options).await
        }
        Command::Reproduce(options) => reproduce::reproduce(&options).await,
        Command::Restore(mut options) => {
            drill_file::fill_restore(&mut options)?;
            restore::restore(&options).await
        }
        Command::Capture(options) => capture::capture(&options).await,
        Command::Compare(options) => compare::compare(&options),
        Command::Report(options) => report::report(&options),
        Command::Prove(mut options) => {
            drill_file::fill_prove(&mut options)?;
            prove::prove(&options).await
        }
        Command::Resume(options) => smoke::resume(options).await,
        Command::Sweep(options) if options.cloud == SweepCloud::Aws => smoke::sweep(options).await,
        Command::Sweep(options) => sweep::sweep(options).await,
    }
}
