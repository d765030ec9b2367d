//! `nightproof bench`: how long a drill of the bundled stack takes, and where.

mod large_tree;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nightproof_drill::{Data, DrillResult};
use nightproof_journal::{Event, Journal};
use parking_lot::Mutex;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{fleet, own_usage};
use crate::arguments::{BenchOptions, StackOptions};
use crate::error::Error;
use crate::format::Format;
use crate::python::{Meter, Watch};
use crate::rehearsal::{Rehearsal, rehearse};
use crate::setting::Setting;
use crate::workspace::Workspace;
use crate::{Exit, interrupt, outcome, printer};

/// One drill, measured. Times in milliseconds.
#[derive(Debug, Clone, Serialize)]
struct Sample {
    /// From the first line of code of the region to open endpoints.
    region_start: f64,
    /// Mean time of a call that came over a connection.
    call: f64,
    /// Mean time of its authorization, which is part of it.
    authorization: f64,
    /// From an empty folder to an empty folder, the end of the last machine included.
    total: f64,
    /// Processor time of Python in all of it.
    python: f64,
    /// The steps in their order, with their wall time and Python's processor time.
    steps: Vec<Step>,
    /// The parts of the restore that took longest, with their wall time.
    restore: Vec<(String, f64)>,
}

#[derive(Debug, Clone, Serialize)]
struct Step {
    step: String,
    wall: f64,
    python: f64,
}

/// Medians of all samples.
#[derive(Debug, Serialize)]
struct Report {
    version: u32,
    runs: usize,
    /// Optimised or not: figures of a debug build are no measure of the product.
    profile: &'static str,
    median: Sample,
    /// What is left of the total without Python.
    without_python: f64,
    /// The most memory that nightproof's own process held at any time of all runs, in MiB; machines are processes of their own.
    peak_memory_mib: Option<f64>,
    /// How the restore compares with `diff -r`, if files were asked for.
    comparison: Option<Comparison>,
}

/// A restore beside `diff -r` of the same files and their copy, which are both in the memory of the kernel.
#[derive(Debug, Serialize)]
struct Comparison {
    files: u64,
    bytes: u64,
    /// To open the archive and compare all that is in it, milliseconds.
    restore: f64,
    /// To compare two folders, milliseconds.
    diff: f64,
    /// The first by the second.
    ratio: f64,
}

pub(crate) async fn bench(options: BenchOptions) -> Result<Exit, Error> {
    if let Some(machines) = options.machines {
        return fleet::fleet(machines, options.machine, options.format).await;
    }
    let mut rehearsal = Rehearsal { nights: options.nights, ..Rehearsal::new(&StackOptions::default(), None)? };
    let large = options.files.zip(options.bytes);
    let workspace = large.map(|_| Workspace::new()).transpose()?;
    if let (Some((files, bytes)), Some(workspace)) = (large, &workspace) {
        let data = large_tree::places(workspace.path()).0;
        large_tree::generate(&data, files, bytes).map_err(|source| Error::WriteFolder { path: data.clone(), source })?;
        rehearsal.data = Data::Folder(data);
    }
    let setting = Setting::new(options.machine)?;
    let cancel = interrupt::token()?;
    let watch = Watch::start();
    let mut samples = Vec::new();
    for run in 1..=options.runs {
        let sample = measure(&rehearsal, &setting, &cancel, &watch.meter()).await?;
        printer::note(&format!("drill {run} of {}: {:.0} ms", options.runs, sample.total));
        samples.push(sample);
    }
    let median = median(&samples);
    // Before anything else is held in memory.
    let peak_memory_mib = own_usage::peak_memory();
    let comparison = match (large, workspace) {
        (Some(large), Some(workspace)) => {
            let comparison = beside_diff(&median, large, workspace.path())?;
            workspace.remove().map_err(Error::Workspace)?;
            Some(comparison)
        }
        _ => None,
    };
    let report = Report {
        version: 1,
        runs: samples.len(),
        profile: if cfg!(debug_assertions) { "debug" } else { "release" },
        without_python: median.total - median.python,
        median,
        peak_memory_mib,
        comparison,
    };
    match options.format {
        Format::Text => print(&report),
        Format::Json => printer::line(&serde_json::to_string(&report).unwrap_or_default()),
    }
    Ok(Exit::Passed)
}

async fn measure(rehearsal: &Rehearsal, setting: &Setting, cancel: &CancellationToken, python: &Meter) -> Result<Sample, Error> {
    let journal = Journal::default();
    let steps = by_step(&journal, python.clone());
    let (begun, python_before) = (Instant::now(), python.so_far());
    let (outcome, measured) = rehearse(rehearsal, setting, &journal, cancel).await?;
    let total = milliseconds(begun.elapsed());
    if outcome.result != DrillResult::Passed {
        outcome::summary(&outcome);
        return Err(Error::Drill(outcome.result));
    }
    let python = milliseconds(python.so_far().saturating_sub(python_before));
    let steps = steps.lock().clone();
    let restore = outcome.numbers.rto.into_iter().flat_map(|rto| rto.parts).map(|part| (part.part, part.milliseconds)).collect();
    Ok(Sample {
        restore,
        region_start: milliseconds(measured.start),
        call: milliseconds(measured.call),
        authorization: milliseconds(measured.authorization),
        total,
        python,
        steps,
    })
}

/// Collects the steps of a journal as they end, with Python's part of each.
fn by_step(journal: &Journal, python: Meter) -> Arc<Mutex<Vec<Step>>> {
    let steps: Arc<Mutex<Vec<Step>>> = Arc::default();
    let (found, before) = (Arc::clone(&steps), Mutex::new(Duration::ZERO));
    journal.subscribe(move |record| match &record.event {
        Event::StepStarted { .. } => *before.lock() = python.so_far(),
        Event::StepFinished { step, milliseconds: wall, .. } => {
            let before = *before.lock();
            let python = milliseconds(python.so_far().saturating_sub(before));
            let step = Step { step: step.clone(), wall: *wall, python };
            found.lock().push(step);
        }
        _ => {}
    });
    steps
}

/// The median of each figure by itself.
fn median(samples: &[Sample]) -> Sample {
    let of = |figure: &dyn Fn(&Sample) -> f64| {
        let mut figures: Vec<f64> = samples.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied().unwrap_or_default()
    };
    let steps = samples.iter().take(1).flat_map(|first| &first.steps).enumerate().map(|(index, step)| Step {
        step: step.step.clone(),
        wall: of(&|sample| sample.steps.get(index).map_or(0.0, |step| step.wall)),
        python: of(&|sample| sample.steps.get(index).map_or(0.0, |step| step.python)),
    });
    let restore = samples
        .iter()
        .take(1)
        .flat_map(|first| &first.restore)
        .enumerate()
        .map(|(index, (part, _))| (part.clone(), of(&|sample| sample.restore.get(index).map_or(0.0, |(_, wall)| *wall))));
    Sample {
        region_start: of(&|sample| sample.region_start),
        call: of(&|sample| sample.call),
        authorization: of(&|sample| sample.authorization),
        total: of(&|sample| sample.total),
        python: of(&|sample| sample.python),
        steps: steps.collect(),
        restore: restore.collect(),
    }
}

/// How long the archive of the files takes to be opened and compared, beside `diff -r`.
fn beside_diff(median: &Sample, (files, bytes): (u64, u64), folder: &Path) -> Result<Comparison, Error> {
    let (data, copy) = large_tree::places(folder);
    let diff = large_tree::diff(&data, &copy).map_err(Error::Diff)?;
    let (restore, diff) =
        (median.restore.iter().filter(|(part, _)| part != "fetch").map(|(_, wall)| wall).sum::<f64>(), milliseconds(diff));
    Ok(Comparison { files, bytes, restore, diff, ratio: restore / diff })
}

fn print(report: &Report) {
    printer::line(&format!(
        "{:<12} {:>9} {:>9}   ({} drills, medians, {} build)",
        "", "wall ms", "Python ms", report.runs, report.profile
    ));
    printer::line(&format!("{:<12} {:>9.1}", "region", report.median.region_start));
    for step in &report.median.steps {
        printer::line(&format!("{:<12} {:>9.1} {:>9.1}", step.step, step.wall, step.python));
    }
    printer::line(&format!("{:<12} {:>9.1} {:>9.1}", "total", report.median.total, report.median.python));
    printer::line(&format!("{:<12} {:>9.1}", "not Python", report.without_python));
    let share = 100.0 * report.median.authorization / report.median.call;
    printer::line(&format!(
        "{:<12} {:>9.3} of which authorization {:.3} ({share:.1} %)",
        "a call", report.median.call, report.median.authorization
    ));
    if let Some(memory) = report.peak_memory_mib {
        printer::line(&format!("{:<12} {memory:>9.1} MiB", "peak memory"));
    }
    if let Some(Comparison { files, bytes, restore, diff, ratio }) = &report.comparison {
        let parts: Vec<String> = report.median.restore.iter().map(|(part, wall)| format!("{part} {wall:.0} ms")).collect();
        printer::line(&format!("{files} files, {bytes} bytes: {}", parts.join(", ")));
        printer::line(&format!(
            "opened and compared in {restore:.0} ms, `diff -r` of the files and a copy takes {diff:.0} ms: {ratio:.2} times as long"
        ));
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(total: f64) -> Sample {
        Sample {
            region_start: 1.0,
            call: 1.0,
            authorization: 0.1,
            total,
            python: total / 2.0,
            steps: vec![Step { step: "deploy".to_owned(), wall: total / 10.0, python: 0.0 }],
            restore: vec![("fetch".to_owned(), 99.0), ("open".to_owned(), total * 2.0), ("compare".to_owned(), total)],
        }
    }

    #[test]
    fn the_median_is_of_each_figure() {
        let median = median(&[sample(30.0), sample(10.0), sample(20.0)]);
        assert_eq!((median.total, median.python, median.steps[0].wall), (20.0, 10.0, 2.0));
        assert_eq!(median.restore[1], ("open".to_owned(), 40.0));
    }

    #[test]
    fn what_is_opened_and_compared_is_held_against_diff_without_the_download() {
        let folder = tempfile::tempdir().unwrap();
        large_tree::generate(&large_tree::places(folder.path()).0, 3, 100).unwrap();
        let beside = beside_diff(&sample(10.0), (3, 100), folder.path()).unwrap();
        assert!(beside.restore == 30.0 && beside.diff > 0.0 && beside.ratio == 30.0 / beside.diff, "{beside:?}");
    }
}
