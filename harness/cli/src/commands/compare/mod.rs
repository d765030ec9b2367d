//! `nightproof compare`: where two drills differ, by their journals. This is how a local region is held to AWS.

mod normal;
mod summary;

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use crate::arguments::CompareOptions;
use crate::error::Error;
use crate::format::Format;
use crate::{Exit, journal_file, printer};
use summary::Summary;

/// One thing that only one of the two has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Difference {
    /// `step`, `call`, `finding`, `archive`, `result`.
    what: &'static str,
    /// `a` or `b`.
    only_in: &'static str,
    /// With ids and times in normal form.
    text: String,
}

#[derive(Debug, Serialize)]
struct Report {
    version: u32,
    differences: Vec<Difference>,
    /// Whether both journals have calls, which are compared only then.
    calls_compared: bool,
    /// Whether of the calls only the operator's were compared: of a drill on an account no others are known.
    operator_only: bool,
}

pub(crate) fn compare(options: &CompareOptions) -> Result<Exit, Error> {
    let report = between(&read(&options.a)?, &read(&options.b)?);
    match options.format {
        Format::Json => printer::line(&serde_json::to_string(&report).unwrap_or_default()),
        Format::Text => print(&report),
    }
    Ok(if report.differences.is_empty() { Exit::Passed } else { Exit::Failed })
}

fn read(file: &Path) -> Result<Summary, Error> {
    Summary::new(&journal_file::read(file)?).ok_or_else(|| Error::NoDrill(file.to_owned()))
}

fn between(a: &Summary, b: &Summary) -> Report {
    let calls_compared = a.has_calls && b.has_calls;
    let operator_only = calls_compared && (a.on_account || b.on_account);
    let mut differences = Vec::new();
    let mut look = |what: &'static str, a: &BTreeSet<String>, b: &BTreeSet<String>| {
        let only = |only_in: &'static str, text: &String| Difference { what, only_in, text: text.clone() };
        differences.extend(a.difference(b).map(|text| only("a", text)));
        differences.extend(b.difference(a).map(|text| only("b", text)));
    };
    look("result", &a.results, &b.results);
    if a.on_account == b.on_account {
        look("step", &a.steps, &b.steps);
    } else {
        look("step", &a.outside.steps, &b.outside.steps);
    }
    look("archive", &a.archives, &b.archives);
    look("finding", &a.findings, &b.findings);
    if operator_only {
        look("call", &a.outside.calls, &b.outside.calls);
    } else if calls_compared {
        look("call", &a.calls, &b.calls);
    }
    Report { version: 1, differences, calls_compared, operator_only }
}

fn print(report: &Report) {
    for Difference { what, only_in, text } in &report.differences {
        printer::line(&format!("{} {what:<8} {text}", if *only_in == "a" { "-" } else { "+" }));
    }
    if !report.calls_compared {
        printer::note("one of the journals has no calls, so calls were not compared");
    }
    if report.operator_only {
        printer::note("of a drill on an account only the operator's calls are known, so no others were compared");
    }
    match report.differences.len() {
        0 => printer::note("the two are the same"),
        count => printer::note(&format!("{count} differences: - is in the first alone, + in the second")),
    }
}
