//! `nightproof capture`: collects what an account tells of a night into a folder without secrets, and drafts an incident file.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nightproof_capture::{Night, Origin};
use nightproof_drill::capture::Window;

use crate::arguments::CaptureOptions;
use crate::error::Error;
use crate::{Exit, account, interrupt, printer, template};

pub(crate) async fn capture(options: &CaptureOptions) -> Result<Exit, Error> {
    if options.from >= options.to {
        return Err(Error::EmptyWindow { from: options.from, to: options.to });
    }
    let path = options.out.clone().unwrap_or_else(|| own_name(&options.stack, options.from));
    let cannot = |source: io::Error| Error::CaptureFolder { path: path.clone(), source };
    nightproof_capture::check(&path).map_err(cannot)?;
    let cancel = interrupt::token()?;
    let (endpoint, identity) = account::from_environment(&options.region).await?;
    printer::note(&format!("account {} as {}, region {}", identity.account, identity.arn, options.region));
    let window = Window { from: options.from.as_millisecond(), to: options.to.as_millisecond() };
    let evidence = tokio::select! {
        evidence = nightproof_drill::capture::capture(&endpoint, &options.stack, window) => evidence,
        () = cancel.cancelled() => return Err(Error::Interrupted),
    };
    let evidence = evidence.map_err(Error::Refused)?;
    let parsed = template::parse(Some(&path.join("template")), &evidence.template);
    if let Err(error) = &parsed {
        printer::warning(error);
    }
    let night = Night::new(&evidence).ok_or(Error::Unscrubbed)?;
    if parsed.is_ok() && template::parse(None, &night.evidence().template).is_err() {
        printer::note("note: the template is none any more without its secrets; put others in their place");
    }
    let (from, to) = (options.from.to_string(), options.to.to_string());
    let origin = Origin { account: identity.account, region: options.region.clone(), from, to };
    night.write(&path, &origin).map_err(cannot)?;
    Ok(print(&night, &path))
}

fn own_name(stack: &str, from: Timestamp) -> PathBuf {
    // An ARN's stack is between its slashes.
    let name = stack.split('/').nth(1).unwrap_or(stack);
    PathBuf::from(format!("incident-{name}-{}", from.strftime("%Y-%m-%dT%H-%M-%SZ")))
}

/// Prints what was captured and the diagnosis.
fn print(night: &Night, path: &Path) -> Exit {
    let (evidence, path) = (night.evidence(), path.display());
    for refused in &evidence.refused {
        printer::note(&format!("not captured: {refused}"));
    }
    let lines: usize = evidence.functions.iter().map(|function| function.log.len()).sum();
    let fresh = evidence.objects.iter().filter(|one| one.fresh).count();
    printer::line(&format!(
        "captured {} resources, {lines} log lines, {} commands, {fresh} new objects, {} recorded events in {path}",
        evidence.resources.len(),
        evidence.commands.len(),
        evidence.history.len()
    ));
    let Some(found) = night.diagnosis() else {
        printer::note("nothing in it says that a hop failed, so there is no draft");
        return Exit::Failed;
    };
    let code = found.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
    printer::line(&format!("the chain broke at {}{code}: {}", found.hop, found.reason));
    if !found.has_recipe() {
        printer::note("nothing in it says what else it takes beside the template: the draft may not show it");
    }
    printer::line(&format!("try the draft: nightproof reproduce {path}/incident.yaml"));
    Exit::Passed
}
