//! `nightproof bench --machines N`: how long a fleet of simulated agents takes to answer one command.

use std::time::Duration;

use nightproof_drill::{FleetPlan, FleetTimes};
use nightproof_journal::Journal;
use serde::Serialize;

use super::own_usage;
use crate::arguments::MachineOptions;
use crate::error::Error;
use crate::format::Format;
use crate::local_environment::LocalEnvironment;
use crate::setting::Setting;
use crate::{Exit, embedded, interrupt, printer};

/// Of each archive, bytes.
const ARCHIVE: usize = 1 << 20;

/// A fleet, measured. Times in milliseconds.
#[derive(Debug, Serialize)]
struct Report {
    version: u32,
    machines: u32,
    /// Optimised or not: figures of a debug build are no measure of the product.
    profile: &'static str,
    /// Until all instances ran.
    launched: f64,
    /// From then until Systems Manager knew all agents.
    online: f64,
    /// From the command until it had succeeded everywhere and all archives were there.
    answered: f64,
    /// The most memory that the process held, agents included, in MiB.
    peak_memory_mib: Option<f64>,
    /// The processor time of the process, agents included.
    processor: Option<f64>,
}

pub(super) async fn fleet(machines: u32, machine: MachineOptions, format: Format) -> Result<Exit, Error> {
    let setting = Setting { simulated_instances: true, ..Setting::new(machine)? };
    let cancel = interrupt::token()?;
    let journal = Journal::default();
    let environment = LocalEnvironment::open(&setting, &journal, &cancel).await?;
    let local = embedded::local(&environment.region);
    let plan = FleetPlan { machines: usize::try_from(machines).unwrap_or(usize::MAX), archive: ARCHIVE };
    let folder = environment.folder().join("fleet");
    let endpoint = environment.root_endpoint();
    let measured = tokio::select! {
        measured = nightproof_drill::measure_fleet(&endpoint, &local, &folder, plan) => Some(measured),
        () = cancel.cancelled() => None,
    };
    environment.close(&journal).await?;
    match measured {
        Some(Ok(times)) => {
            print(&report(machines, times), format);
            Ok(Exit::Passed)
        }
        Some(Err(failure)) => Err(Error::Refused(failure)),
        None => Ok(Exit::Failed),
    }
}

fn report(machines: u32, times: FleetTimes) -> Report {
    let FleetTimes { launched, online, answered } = times;
    Report {
        version: 1,
        machines,
        profile: if cfg!(debug_assertions) { "debug" } else { "release" },
        launched: milliseconds(launched),
        online: milliseconds(online),
        answered: milliseconds(answered),
        peak_memory_mib: own_usage::peak_memory(),
        processor: own_usage::processor_time(),
    }
}

fn print(report: &Report, format: Format) {
    if format == Format::Json {
        return printer::line(&serde_json::to_string(report).unwrap_or_default());
    }
    printer::line(&format!("{} machines, archives of {} MiB, {} build", report.machines, ARCHIVE >> 20, report.profile));
    for (what, time) in [("launched", report.launched), ("online", report.online), ("answered", report.answered)] {
        printer::line(&format!("{what:<12} {time:>9.1} ms"));
    }
    if let Some(processor) = report.processor {
        printer::line(&format!("{:<12} {processor:>9.1} ms", "processor"));
    }
    if let Some(memory) = report.peak_memory_mib {
        printer::line(&format!("{:<12} {memory:>9.1} MiB", "peak memory"));
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
