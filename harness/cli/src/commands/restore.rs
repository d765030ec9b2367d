//! `nightproof restore`: the newest archive of a real account, restored on a local machine.

use jiff::Timestamp;
use nightproof_drill::{Archives, Newest, OnDemand, Wanted, spoken};
use nightproof_journal::Journal;
use serde_json::json;

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
        (None, stack) => Archives::Stack(stack.clone().unwrap_or_default()),
    };
    let rehearsal = rehearsal(options)?;
    let setting = Setting::new(options.machine.clone())?;
    let cancel = interrupt::token()?;
    let (endpoint, identity) = account::from_environment(&options.region).await?;
    printer::note(&format!("account {} as {}, region {}; it is only read", identity.account, identity.arn, options.region));
    let wanted = Wanted { archives, prefix: options.prefix.clone(), at: options.at.map(Timestamp::as_second) };
    let newest = tokio::select! {
        newest = nightproof_drill::newest(&endpoint, &wanted) => newest.map_err(Error::Refused)?,
        () = cancel.cancelled() => return Err(Error::Interrupted),
    };
    let age = age(&newest, options.at);
    printer::note(&format!("{}, {} bytes, {} old", newest.archive, newest.bytes, spoken(age)));
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
    print(options.format, &newest, age, &restored?);
    Ok(Exit::Passed)
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
fn age(newest: &Newest, at: Option<Timestamp>) -> std::time::Duration {
    let now = at.unwrap_or_else(|| nightproof_core::Clock::default().now()).as_second();
    std::time::Duration::from_secs(u64::try_from(now.saturating_sub(newest.at)).unwrap_or_default())
}

fn print(format: Format, newest: &Newest, age: std::time::Duration, restored: &OnDemand) {
    if format == Format::Json {
        let document = json!({
            "version": 1,
            "archive": newest.archive,
            "object_version": newest.version,
            "bytes": newest.bytes,
            "age_seconds": age.as_secs(),
            "form": restored.form,
            "entries": restored.entries,
            "fingerprint": restored.fingerprint.as_ref().map(|(sha256, _)| sha256),
            "parts": restored.parts,
        });
        return printer::line(&document.to_string());
    }
    printer::line(&format!("archive   {}, {} bytes, {} old: {}", newest.archive, newest.bytes, spoken(age), restored.form));
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
    printer::line(
        "RESTORED on a machine here. Whether it is what was backed up, nobody but you can tell: nothing is known of the original.",
    );
}
