//! One drill from an empty folder to an empty folder, for commands that run several.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use firedrill_drill::{Data, Outcome, Plan};
use firedrill_journal::Journal;
use firedrill_region::tools::Tools;
use tokio_util::sync::CancellationToken;

use crate::embedded::{self, LocalRegion};
use crate::workspace::Workspace;
use crate::{Exit, printer, run};

/// What is rehearsed.
#[derive(Clone)]
pub(crate) struct Rehearsal {
    /// Text of the template.
    pub(crate) template: String,
    /// Its parameters.
    pub(crate) parameters: Vec<(String, String)>,
    /// Folder that the web server gets; made up if there is none.
    pub(crate) data: Option<PathBuf>,
    /// Where it goes.
    pub(crate) data_path: String,
    /// Findings fail the drill.
    pub(crate) strict: bool,
    /// Python's part.
    pub(crate) tools: Tools,
    /// Ends it.
    pub(crate) cancel: CancellationToken,
}

/// What was measured of a region.
pub(crate) struct Measured {
    /// From its first line of code to open endpoints.
    pub(crate) start: Duration,
    /// Mean time of a call.
    pub(crate) call: Duration,
    /// Mean time of a call's authorization.
    pub(crate) authorization: Duration,
}

/// Runs it in a region of its own, which is gone afterwards. Also answers what it measured of the region.
pub(crate) async fn rehearse(rehearsal: &Rehearsal, journal: &Journal) -> Result<(Outcome, Measured), Exit> {
    let workspace = Workspace::new().map_err(|error| {
        printer::error(&format!("cannot make a temporary folder: {error}"), None);
        Exit::Missing
    })?;
    let begun = Instant::now();
    let region = embedded::start(workspace.path(), run::ACCOUNT, 0, None, rehearsal.tools.clone(), journal).await?;
    let region_start = begun.elapsed();
    let plan = Plan {
        endpoint: embedded::endpoint(&region),
        cloud: "embedded".to_owned(),
        template: rehearsal.template.clone(),
        parameters: rehearsal.parameters.clone(),
        data: rehearsal.data.clone().map_or(Data::Generated, Data::Folder),
        data_path: rehearsal.data_path.clone(),
        rule: None,
        bucket: None,
        nights: 1,
        strict: rehearsal.strict,
        keep: false,
        folder: workspace.path().join("drill"),
    };
    let outcome = firedrill_drill::run(plan, Some(LocalRegion::of(&region)), journal, rehearsal.cancel.clone()).await;
    let timing = region.region.timing();
    let measured = Measured { start: region_start, call: timing.call(), authorization: timing.authorization() };
    region.stop().await;
    workspace.remove().map_err(|error| {
        printer::error(&error.to_string(), None);
        Exit::Leftovers
    })?;
    Ok((outcome, measured))
}
