//! `firedrill run`: a whole drill on the embedded cloud.

use std::path::PathBuf;

use firedrill_drill::{Data, DrillResult, Endpoint, Outcome, Plan};

use crate::arguments::{Format, RunOptions};
use crate::embedded::{self, LocalRegion};
use crate::workspace::Workspace;
use crate::{Exit, containers, interrupt, operator, printer, template};

/// The account of a drill on the embedded cloud.
pub(crate) const ACCOUNT: &str = "123456789012";

pub(crate) async fn run(options: Box<RunOptions>) -> Exit {
    let text = match template::load(options.stack.template.as_deref()) {
        Ok(text) => text,
        Err(exit) => return exit,
    };
    let bundled = options.stack.template.is_none();
    if let Some(folder) = options.stack.data.as_ref().filter(|folder| !folder.is_dir()) {
        return bad_input(
            &format!("`{}` is not a folder", folder.display()),
            Some("--data names a folder whose content the web server gets"),
        );
    }
    let journal = match embedded::open_journal(options.journal.as_deref()) {
        Ok(journal) => journal,
        Err(exit) => return exit,
    };
    let tools = match embedded::ensure_tools() {
        Ok(tools) => tools,
        Err(exit) => return exit,
    };
    let cancel = match interrupt::token() {
        Ok(token) => token,
        Err(exit) => return exit,
    };
    let workspace = match Workspace::new() {
        Ok(workspace) => workspace,
        Err(error) => return missing(&format!("cannot make a temporary folder: {error}")),
    };
    let containers = match containers::prepare(&options.machine, workspace.path(), containers::DRILL, &cancel).await {
        Ok(containers) => containers,
        Err(exit) => return exit,
    };
    printer::follow(&journal, options.format);

    let region = match embedded::start(workspace.path(), ACCOUNT, 0, options.ssm_agent.clone(), tools, &journal).await {
        Ok(region) => region,
        Err(exit) => return exit,
    };
    if let Some(containers) = containers {
        region.region.set_containers(containers);
    }
    let endpoint = match operator::endpoint(&region, ACCOUNT, options.operator_policy.as_deref()).await {
        Ok(endpoint) => endpoint,
        Err(exit) => {
            region.stop().await;
            return exit;
        }
    };
    let plan = plan(&options, text, bundled, endpoint, workspace.path().join("drill"));
    let outcome = firedrill_drill::run(plan, Some(LocalRegion::of(&region)), &journal, cancel.clone()).await;
    if options.format == Format::Text {
        summary(&outcome);
    }
    if options.keep && !cancel.is_cancelled() {
        printer::note(&format!("kept in `{}`; end with Ctrl-C. To look around:", workspace.path().display()));
        match embedded::exports(&region, workspace.path()) {
            Ok(exports) => printer::note(&exports),
            Err(error) => printer::error(&error.to_string(), None),
        }
        cancel.cancelled().await;
    }
    region.stop().await;
    if let Err(error) = journal.flush() {
        printer::error(&format!("the journal is incomplete: {error}"), None);
    }
    let kept = workspace.path().to_owned();
    if let Err(error) = workspace.remove() {
        printer::error(&format!("cannot remove `{}`: {error}", kept.display()), None);
        return Exit::Leftovers;
    }
    exit_of(&outcome)
}

fn plan(options: &RunOptions, template: String, bundled: bool, endpoint: Endpoint, folder: PathBuf) -> Plan {
    Plan {
        endpoint,
        cloud: "embedded".to_owned(),
        template,
        parameters: options.stack.parameters.clone(),
        data: options.stack.data.clone().map_or(Data::Generated, Data::Folder),
        data_path: options.stack.data_path.clone(),
        rule: options.rule.clone(),
        bucket: options.bucket.clone(),
        nights: options.nights,
        // The bundled stack has no excuse.
        strict: options.strict || bundled,
        keep: options.keep,
        folder,
    }
}

fn exit_of(outcome: &Outcome) -> Exit {
    match outcome.result {
        DrillResult::Failed if outcome.failure.as_ref().is_some_and(|failure| failure.hop == "input") => Exit::Input,
        DrillResult::Failed | DrillResult::Interrupted => Exit::Failed,
        DrillResult::Passed if !outcome.leftovers.is_empty() => Exit::Leftovers,
        DrillResult::Passed => Exit::Passed,
    }
}

pub(crate) fn summary(outcome: &Outcome) {
    for archive in outcome.nights.iter().flat_map(|night| &night.archives) {
        printer::line(&format!("\narchive  s3://{}/{}", archive.bucket, archive.key));
        printer::line(&format!(
            "         {} bytes, {} {}",
            archive.bytes,
            archive.encryption,
            archive.key_id.as_deref().unwrap_or("")
        ));
        printer::line(&format!(
            "restore  {} files, {}",
            archive.files,
            if archive.identical { "all identical" } else { "NOT identical" }
        ));
    }
    for leftover in &outcome.leftovers {
        printer::line(&format!("leftover {leftover}"));
    }
    if let Some(failure) = &outcome.failure {
        printer::line(&format!("\nThe chain broke at {}: {}", failure.hop, failure.reason));
        for line in &failure.evidence {
            printer::line(&format!("  {line}"));
        }
    }
    printer::line(match outcome.result {
        DrillResult::Passed => "\nPASSED: the backup restores.",
        DrillResult::Failed => "\nFAILED",
        DrillResult::Interrupted => "\nINTERRUPTED",
    });
}

fn bad_input(text: &str, hint: Option<&str>) -> Exit {
    printer::error(text, hint);
    Exit::Input
}

fn missing(text: &str) -> Exit {
    printer::error(text, Some("`firedrill doctor` says what this machine lacks"));
    Exit::Missing
}
