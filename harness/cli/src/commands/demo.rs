//! `nightproof demo`: a minute's tour of the bundled stack. A good night, a night that lies, and what the report shows of it.

use std::path::{Path, PathBuf};

use nightproof_drill::{ArchiveControl, DrillResult, Outcome};
use nightproof_journal::Journal;
use tokio_util::sync::CancellationToken;

use crate::arguments::{DemoOptions, StackOptions};
use crate::error::Error;
use crate::format::Format;
use crate::rehearsal::{Rehearsal, rehearse};
use crate::reports::Reports;
use crate::setting::Setting;
use crate::{Exit, interrupt, outcome, printer};

pub(crate) async fn demo(options: DemoOptions) -> Result<Exit, Error> {
    let cancel = interrupt::token()?;
    std::fs::create_dir_all(&options.out).map_err(|source| Error::WriteFolder { path: options.out.clone(), source })?;
    let setting = Setting::new(options.machine)?;
    let rehearsal = Rehearsal::new(&StackOptions::default(), None)?;

    printer::line(
        "1. A good night: EventBridge fires, a function sends a command, a script uploads an archive, and the drill restores it.\n",
    );
    let (good, _) = night(&rehearsal, &setting, &options.out.join("good.html"), &cancel).await?;
    if good.result != DrillResult::Passed {
        outcome::summary(&good);
        printer::note("the good night did not pass here; `nightproof doctor` says what this machine lacks");
        return Ok(outcome::exit(&good));
    }

    printer::line(
        "\n2. A night that lies: the same, and half of the archive gets lost on its way. Every service reports success.\n",
    );
    let lying = Rehearsal { control: Some(ArchiveControl::Truncated), ..rehearsal };
    let (bad, page) = night(&lying, &setting, &options.out.join("lies.html"), &cancel).await?;
    let Some(failure) = bad.failure.as_ref().filter(|_| bad.result == DrillResult::Failed) else {
        outcome::summary(&bad);
        return Ok(if bad.result == DrillResult::Passed { Exit::Failed } else { outcome::exit(&bad) });
    };
    printer::line(&format!("\n3. What a dashboard shows is green; the drill broke at `{}`: {}\n", failure.point, failure.reason));
    if let Some(explanation) = nightproof_report::explain_failure(failure.point) {
        printer::line(&format!("{}\n", explanation.meaning));
    }
    printer::line(&format!(
        "The report has the chain, each call and the archive's contents: {}\n\nNext: `nightproof init --template YOUR.yaml`, then `nightproof run`.",
        page.display()
    ));
    Ok(Exit::Passed)
}

async fn night(
    rehearsal: &Rehearsal,
    setting: &Setting,
    page: &Path,
    cancel: &CancellationToken,
) -> Result<(Outcome, PathBuf), Error> {
    let journal = Journal::default();
    printer::follow(&journal, Format::Text);
    let (outcome, _) = rehearse(rehearsal, setting, &journal, cancel).await?;
    Reports::new(&[page.to_owned()])?.write(&journal);
    Ok((outcome, page.to_owned()))
}
