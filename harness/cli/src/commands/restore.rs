//! `nightproof restore`: the newest archive of a real account, restored on a local machine.

use std::time::Duration;

use jiff::Timestamp;
use nightproof_drill::{Age, Archives, Budgets, Finding, Newest, Numbers, OnDemand, Rto, Wanted, spoken};
use nightproof_journal::Journal;
use serde_json::{Value, json};

use crate::arguments::{DrillOptions, RestoreOptions, StackOptions};
use crate::error::Error;
use crate::format::Format;
use crate::local_environment::LocalEnvironment;
use crate::rehearsal::Rehearsal;
use crate::setting::Setting;
use crate::{Exit, account, interrupt, printer};

pub(crate) async fn restore(options: &RestoreOptions) -> Result<Exit, Error> {
    let archives = match (&options.bucket, &options.stack) {
        (Some(bucket), _) => Archives::Bucket(bucket.clone()),
        (None, Some(stack)) => Archives::Stack(stack.clone()),
        (None, None) => return Err(Error::NoArchives),
    };
    let rehearsal = rehearsal(options)?;
    let setting = Setting::new(options.machine.clone())?;
    let cancel = interrupt::token()?;
    let (endpoint, identity) = account::from_environment(&options.region).await?;
    printer::note(&format!("account {} as {}, region {}; it is only read", identity.account, identity.arn, options.region));
    let prefix = options.prefix.clone().unwrap_or_default();
    let wanted = Wanted { archives, prefix, at: options.at.map(Timestamp::as_second), plain: options.plain };
    let newest = tokio::select! {
        newest = nightproof_drill::newest(&endpoint, &wanted) => newest.map_err(Error::Refused)?,
        () = cancel.cancelled() => return Err(Error::Interrupted),
    };
    let age = age(&newest, options.at);
    printer::note(&format!("{}, {} bytes, {} old", newest.names(), newest.bytes(), spoken(age)));
    let journal = Journal::default();
    let environment = LocalEnvironment::open(&setting, &journal, &cancel).await?;
    let restored = match rehearsal.plan_on(&environment, &setting.tools) {
        Ok(plan) => tokio::select! {
            restored = nightproof_drill::restore_on_demand(&endpoint, &newest, &plan) => restored.map_err(Error::Refused),
            () = cancel.cancelled() => Err(Error::Interrupted),
        },
        Err(error) => Err(error),
    };
    environment.close(&journal).await?;
    if let Err(Error::Refused(failure)) = &restored {
        failure.evidence.iter().for_each(|evidence| printer::note(evidence));
    }
    let restored = restored?;
    let findings = findings(&restored, &newest, age, &options.demands.budgets);
    match options.format {
        Format::Json => printer::line(&document(&newest, age, &restored, &findings).to_string()),
        Format::Text => print(&newest, age, &restored, &findings),
    }
    Ok(if options.strict && !findings.is_empty() { Exit::Failed } else { Exit::Passed })
}

/// A machine of the bundled stack, with what options and drill file say of the restore.
fn rehearsal(options: &RestoreOptions) -> Result<Rehearsal, Error> {
    let stack =
        StackOptions { data_path: options.data_path.clone(), demands: options.demands.clone(), ..StackOptions::default() };
    let drill = DrillOptions {
        restore_script: options.restore_script.clone(),
        secrets: options.secrets.clone(),
        database_restore: options.database_restore.clone(),
        ..DrillOptions::default()
    };
    Rehearsal::chosen(&stack, None, &drill)
}

/// How old the archive is now, or was at the time that was asked for.
fn age(newest: &Newest, at: Option<Timestamp>) -> Duration {
    let now = at.unwrap_or_else(|| nightproof_core::Clock::default().now()).as_second();
    Duration::from_secs(u64::try_from(now.saturating_sub(newest.at)).unwrap_or_default())
}

/// What is not as it should be, and what is over its budget.
fn findings(restored: &OnDemand, newest: &Newest, age: Duration, budgets: &Budgets) -> Vec<Finding> {
    let milliseconds = restored.parts.iter().map(|part| part.milliseconds).sum();
    let archive = newest.archives.first().map(|found| found.archive.clone()).unwrap_or_default();
    let numbers = Numbers {
        rto: Some(Rto { milliseconds, night: 1, local: true, parts: restored.parts.clone() }),
        age: Some(Age { seconds: Some(age.as_secs()), archive }),
        ..Numbers::default()
    };
    // One backup says nothing of how its size changes.
    let budgets = Budgets { size_change: None, ..budgets.clone() };
    restored.findings.iter().cloned().chain(nightproof_drill::over_budget(&numbers, &budgets)).collect()
}

fn document(newest: &Newest, age: Duration, restored: &OnDemand, findings: &[Finding]) -> Value {
    let first = newest.archives.first();
    let archives = newest.archives.iter().zip(&restored.forms).map(|(found, form)| {
        let mut document = json!(found);
        if let Some(members) = document.as_object_mut() {
            members.insert("form".to_owned(), json!(form));
        }
        document
    });
    json!({
        "version": 1,
        "archive": first.map(|found| &found.archive),
        "object_version": first.and_then(|found| found.object_version.as_ref()),
        "bytes": newest.bytes(),
        "age_seconds": age.as_secs(),
        "form": restored.forms.first(),
        "archives": archives.collect::<Vec<_>>(),
        "entries": restored.entries,
        "fingerprint": restored.fingerprint.as_ref().map(|(sha256, _)| sha256),
        "parts": restored.parts,
        "findings": findings,
    })
}

fn print(newest: &Newest, age: Duration, restored: &OnDemand, findings: &[Finding]) {
    for (found, form) in newest.archives.iter().zip(&restored.forms) {
        printer::line(&format!("archive   {}, {} bytes: {form}", found.archive, found.bytes));
    }
    printer::line(&format!("age       {}", spoken(age)));
    if let Some(entries) = restored.entries {
        printer::line(&format!("restored  {entries} entries"));
    }
    if let Some((sha256, text)) = &restored.fingerprint {
        printer::line(&format!("says      {sha256}\n{}", text.trim_end()));
    }
    let total: f64 = restored.parts.iter().map(|part| part.milliseconds).sum();
    let parts: Vec<String> =
        restored.parts.iter().map(|part| format!("{} {:.1} s", part.part, part.milliseconds / 1000.0)).collect();
    printer::line(&format!("took      {:.1} s (local): {}", total / 1000.0, parts.join(", ")));
    for finding in findings {
        printer::line(&format!("finding   {}: {}", finding.id, finding.detail));
    }
    printer::line(
        "RESTORED on a machine here. Whether it is what was backed up, nobody but you can tell: nothing is known of the original.",
    );
}
