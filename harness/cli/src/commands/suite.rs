//! `nightproof suite`: many drill files, each drilled by a process of its own, with one summary.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use nightproof_drill_file::Suite;
use nightproof_journal::Event;
use nightproof_report::{SuiteDrill, suite_junit, suite_page};
use serde::{Deserialize, Serialize};
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::arguments::SuiteOptions;
use crate::error::Error;
use crate::{Exit, interrupt, journal_file, printer};

/// The file in which a suite keeps what its drills came to, for `nightproof report merge`.
const RESULTS: &str = "suite.json";

const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct Results {
    version: u32,
    drills: Vec<SuiteDrill>,
}

pub(crate) async fn suite(options: &SuiteOptions) -> Result<Exit, Error> {
    check_forms(&options.report)?;
    let suite = Suite::read(&options.file).map_err(Error::DrillFile)?;
    let all = suite.files.len();
    let root = options.file.parent().unwrap_or(Path::new(""));
    // Drills are known by their place in the suite, which is the same on each machine.
    let named = suite.files.into_iter().map(|file| (file.strip_prefix(root).unwrap_or(&file).display().to_string(), file));
    let files: Vec<(String, PathBuf)> = named.filter(|(name, _)| options.partition.is_none_or(|part| part.has(name))).collect();
    if let Some(partition) = options.partition {
        printer::note(&format!("partition {partition} has {} of {all} drills", files.len()));
    }
    let folder = &options.out;
    std::fs::create_dir_all(folder).map_err(|source| Error::WriteFolder { path: folder.clone(), source })?;
    let cancel = interrupt::token()?;
    let begun = Instant::now();
    let mut drills = drill_all(files, options, &cancel).await?;
    drills.sort_by(|one, other| one.name.cmp(&other.name));
    let results = Results { version: VERSION, drills };
    let text = serde_json::to_string_pretty(&results).unwrap_or_default();
    let file = folder.join(RESULTS);
    std::fs::write(&file, text).map_err(|source| Error::WriteReport { path: file, source })?;
    finish(&results.drills, &options.report, Some(begun.elapsed().as_secs_f64()))
}

/// `nightproof report merge`: the parts of a suite that ran apart.
pub(crate) fn merge(parts: &[PathBuf], reports: &[PathBuf]) -> Result<Exit, Error> {
    check_forms(reports)?;
    let mut drills: Vec<SuiteDrill> = Vec::new();
    for part in parts {
        let path = if part.is_dir() { part.join(RESULTS) } else { part.clone() };
        let text = std::fs::read_to_string(&path).map_err(|source| Error::ReadJournal { path: path.clone(), source })?;
        let results: Results =
            serde_json::from_str(&text).map_err(|error| Error::SuiteResults { path: path.clone(), why: error.to_string() })?;
        if results.version != VERSION {
            let why = format!("its version is {}, this nightproof knows {VERSION}", results.version);
            return Err(Error::SuiteResults { path, why });
        }
        for drill in results.drills {
            if drills.iter().any(|known| known.name == drill.name) {
                let why = format!("`{}` is in another part, too", drill.name);
                return Err(Error::SuiteResults { path, why });
            }
            drills.push(drill);
        }
    }
    drills.sort_by(|one, other| one.name.cmp(&other.name));
    finish(&drills, reports, None)
}

async fn drill_all(
    files: Vec<(String, PathBuf)>,
    options: &SuiteOptions,
    cancel: &CancellationToken,
) -> Result<Vec<SuiteDrill>, Error> {
    let program = std::env::current_exe().map_err(Error::OwnProgram)?;
    let jobs = options.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let free = Arc::new(Semaphore::new(jobs));
    let mut running = JoinSet::new();
    for (name, file) in files {
        let (free, program, cancel) = (Arc::clone(&free), program.clone(), cancel.clone());
        let (out, arguments) = (options.out.clone(), options.arguments.clone());
        running.spawn(async move {
            let _place = free.acquire_owned().await;
            if cancel.is_cancelled() {
                return SuiteDrill::not_run(name, "interrupted");
            }
            let drill = drill(name, &program, &file, &out, &arguments).await;
            printer::line(&format!("{:<14} {:>7.1} s  {}", drill.result, drill.seconds, drill.line()));
            drill
        });
    }
    Ok(running.join_all().await)
}

/// Runs one drill. Whatever becomes of it is told by its row.
async fn drill(name: String, program: &Path, file: &Path, out: &Path, arguments: &[String]) -> SuiteDrill {
    let stem = out.join(name.replace(['/', '\\'], "_"));
    let [journal, page, log] =
        ["journal.jsonl", "html", "log"].map(|ending| PathBuf::from(format!("{}.{ending}", stem.display())));
    let begun = Instant::now();
    let mut command = Command::new(program);
    command.arg("run").arg("--file").arg(file).arg("--journal").arg(&journal).arg("--report").arg(&page).args(arguments);
    let ended = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
    let seconds = begun.elapsed().as_secs_f64();
    let output = match ended {
        Ok(output) => output,
        Err(error) => return SuiteDrill::not_run(name, &format!("cannot start nightproof: {error}")),
    };
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    if let Err(error) = std::fs::write(&log, &said) {
        printer::note(&format!("cannot write `{}`: {error}", log.display()));
    }
    let outcome = journal_file::read(&journal).ok().and_then(|records| {
        records.iter().rev().find_map(|record| match &record.event {
            Event::Outcome(document) => nightproof_drill::Outcome::from_event(document),
            _ => None,
        })
    });
    let code = output.status.code().unwrap_or(i32::from(Exit::Failed.code()));
    let page = page.exists().then(|| page.file_name().map(|name| name.to_string_lossy().into_owned())).flatten();
    SuiteDrill::new(name, code, seconds, outcome.as_ref(), page, &last_line(&output.stderr))
}

fn last_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    text.lines().rev().find(|line| line.starts_with("error: ")).unwrap_or_default().to_owned()
}

fn check_forms(reports: &[PathBuf]) -> Result<(), Error> {
    let is_known = |file: &&PathBuf| file.extension().is_some_and(|extension| extension == "html" || extension == "xml");
    match reports.iter().find(|file| !is_known(file)) {
        Some(file) => Err(Error::ReportForm(file.clone())),
        None => Ok(()),
    }
}

/// Writes the reports, prints the summary, and has the exit code of the drill that is worst: one that failed before one that could not be judged.
fn finish(drills: &[SuiteDrill], reports: &[PathBuf], seconds: Option<f64>) -> Result<Exit, Error> {
    for file in reports {
        let text =
            if file.extension().is_some_and(|extension| extension == "html") { suite_page(drills) } else { suite_junit(drills) };
        std::fs::write(file, text).map_err(|source| Error::WriteReport { path: file.clone(), source })?;
    }
    let passed = drills.iter().filter(|drill| drill.code == 0).count();
    let time = seconds.map(|seconds| format!(" in {seconds:.1} s")).unwrap_or_default();
    printer::line(&format!("{passed} of {} drills passed{time}", drills.len()));
    for drill in drills.iter().filter(|drill| drill.code != 0) {
        printer::line(&format!("{}: {}", drill.result, drill.line()));
    }
    let order = [Exit::Failed, Exit::Input, Exit::Missing, Exit::Leftovers, Exit::NotSupported];
    let worst = order.into_iter().find(|exit| drills.iter().any(|drill| drill.code == i32::from(exit.code())));
    let unknown = drills.iter().any(|drill| drill.code != 0);
    Ok(worst.unwrap_or(if unknown { Exit::Failed } else { Exit::Passed }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition::Partition;

    fn results(folder: &Path, drills: &[(&str, i32)]) -> PathBuf {
        let drills =
            drills.iter().map(|(name, code)| SuiteDrill::new((*name).to_owned(), *code, 1.0, None, None, "error: x")).collect();
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join(RESULTS), serde_json::to_string(&Results { version: VERSION, drills }).unwrap()).unwrap();
        folder.to_owned()
    }

    #[test]
    fn parts_are_merged_into_one_report_with_the_worst_code() {
        let folder = tempfile::tempdir().unwrap();
        let parts = [results(&folder.path().join("1"), &[("a", 0), ("c", 5)]), results(&folder.path().join("2"), &[("b", 1)])];
        let [page, junit] = ["page.html", "junit.xml"].map(|name| folder.path().join(name));
        assert_eq!(merge(&parts, &[page.clone(), junit.clone()]).unwrap(), Exit::Failed);
        let junit = std::fs::read_to_string(junit).unwrap();
        assert!(junit.contains("tests=\"3\"") && junit.contains("errors=\"1\"") && junit.contains("<skipped"), "{junit}");
        assert!(std::fs::read_to_string(page).unwrap().contains("1 of 3 drills passed"));
        assert_eq!(merge(&parts[..1], &[]).unwrap(), Exit::NotSupported);
    }

    #[test]
    fn a_drill_that_is_in_two_parts_and_a_file_of_something_else_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let parts = [results(&folder.path().join("1"), &[("a", 0)]), results(&folder.path().join("2"), &[("a", 0)])];
        assert!(merge(&parts, &[]).unwrap_err().to_string().contains("`a` is in another part"));
        let other = folder.path().join("other.json");
        std::fs::write(&other, "{}").unwrap();
        assert!(matches!(merge(&[other], &[]), Err(Error::SuiteResults { .. })));
        assert!(matches!(merge(&parts[..1], &["x.pdf".into()]), Err(Error::ReportForm(_))));
    }

    #[test]
    fn the_parts_of_a_partition_are_apart_and_whole() {
        let names: Vec<String> = (0..200).map(|number| format!("stacks/{number}/nightproof.yaml")).collect();
        let parts: Vec<Partition> = (1..=4).map(|part| format!("hash:{part}/4").parse().unwrap()).collect();
        for name in &names {
            assert_eq!(parts.iter().filter(|part| part.has(name)).count(), 1, "{name}");
        }
        for part in parts {
            let share = names.iter().filter(|name| part.has(name)).count();
            assert!((20..80).contains(&share), "{part}: {share}");
        }
        for wrong in ["hash:0/4", "hash:5/4", "hash:1/0", "count:1/2", "hash:1", "hash:a/b"] {
            assert!(wrong.parse::<Partition>().is_err(), "{wrong}");
        }
    }
}
