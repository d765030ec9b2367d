//! `nightproof capture`: what an account tells of a night, as a folder without secrets and the draft of an incident.

mod chain;
mod diagnosis;
mod draft;
mod folder;
mod scrub;
mod secret;
mod service_error;

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use nightproof_drill::capture::{Evidence, Window};
use serde_json::json;

use crate::arguments::CaptureOptions;
use crate::error::Error;
use crate::{Exit, account, interrupt, printer, template};
use diagnosis::Diagnosis;
use folder::Folder;

const VERSION: u32 = 1;

pub(crate) async fn capture(options: &CaptureOptions) -> Result<Exit, Error> {
    if options.from >= options.to {
        return Err(Error::EmptyWindow { from: options.from, to: options.to });
    }
    let path = options.out.clone().unwrap_or_else(|| own_name(&options.stack, options.from));
    let cannot = |source: io::Error| Error::CaptureFolder { path: path.clone(), source };
    Folder::check(&path).map_err(cannot)?;
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
    let evidence = scrub::scrubbed(&evidence).ok_or(Error::Unscrubbed)?;
    if parsed.is_ok() && template::parse(None, &evidence.template).is_err() {
        printer::note("note: the template is none any more without its secrets; put others in their place");
    }
    let found = diagnosis::diagnose(&evidence);
    let folder = Folder::make(&path).map_err(cannot)?;
    write(options, &identity.account, &evidence, found.as_ref(), &folder).map_err(cannot)?;
    Ok(tell(&evidence, found.as_ref(), &folder))
}

/// The draft that `incident.yaml` of any evidence would be.
#[cfg(fuzzing)]
pub(crate) fn drafted(evidence: &Evidence) -> Option<String> {
    let evidence = scrub::scrubbed(evidence)?;
    let found = diagnosis::diagnose(&evidence)?;
    Some(draft::draft(&evidence, &found, "template.yaml", "a night"))
}

fn own_name(stack: &str, from: Timestamp) -> PathBuf {
    // An ARN's stack is between its slashes.
    let name = stack.split('/').nth(1).unwrap_or(stack);
    PathBuf::from(format!("incident-{name}-{}", from.strftime("%Y-%m-%dT%H-%M-%SZ")))
}

fn write(
    options: &CaptureOptions,
    account: &str,
    evidence: &Evidence,
    found: Option<&Diagnosis>,
    folder: &Folder,
) -> io::Result<()> {
    let template = folder.write_evidence(evidence)?;
    let (from, to) = (options.from, options.to);
    let diagnosis = found.map(|found| json!({ "hop": found.hop, "code": found.code, "reason": found.reason }));
    let about = json!({
        "version": VERSION, "account": account, "region": options.region, "stack": evidence.stack.id, "from": from, "to": to,
        "refused": evidence.refused, "diagnosis": diagnosis,
    });
    folder.json("capture.json", &about)?;
    found.map_or(Ok(()), |found| {
        folder.write("incident.yaml", &draft::draft(evidence, found, template, &format!("{from} to {to}")))
    })
}

fn tell(evidence: &Evidence, found: Option<&Diagnosis>, folder: &Folder) -> Exit {
    let path = folder.path().display();
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
    let Some(found) = found else {
        printer::note("nothing in it says that a hop failed, so there is no draft");
        return Exit::Failed;
    };
    let code = found.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
    printer::line(&format!("the chain broke at {}{code}: {}", found.hop, found.reason));
    if found.recipe.is_empty() {
        printer::note("nothing in it says what else it takes beside the template: the draft may not show it");
    }
    printer::line(&format!("try the draft: nightproof reproduce {path}/incident.yaml"));
    Exit::Passed
}
