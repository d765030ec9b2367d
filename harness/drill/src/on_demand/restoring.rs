//! The newest backup is opened here, restored on a machine here, and the two are compared.

use std::fmt::Write as _;
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::path::PathBuf;

use async_recursion::async_recursion;
use serde_json::json;

use super::{Newest, OnDemand};
use crate::account::dynamic_client::DynamicClient;
use crate::archive::bucket::Object;
use crate::archive::manifest::{Entry, Kind, Manifest};
use crate::archive::own_bucket::{self, once_visible};
use crate::archive::plain_package;
use crate::chain::failure::HopFailure;
use crate::restore::archive_check::{self, differences, download_object};
use crate::restore::budget::Budget;
use crate::restore::comparison;
use crate::restore::ignored::IgnoredPaths;
use crate::restore::opening::{self, Opened};
use crate::restore::promise;
use crate::restore::timing::{COMPARE, FETCH, Timing};
use crate::restore::unreadable::Unreadable;
use crate::steps::fingerprint::Question;
use crate::steps::shell::quoted;
use crate::steps::verify::{Part, Source, Stored};
use crate::steps::{boot, deploy, restore_script};
use crate::timeouts::Timeouts;
use crate::{Endpoint, Failure, FailurePoint, Finding, Hop, Plan, RestoreScript};

/// Restores what can be opened here, by the tools of the machine.
const UNPACK: &str = include_str!("../restore/unpack.sh");
/// As much of the names in an archive is kept in memory.
const NAMES: u64 = 1 << 30;
/// The key of plain files, put together.
const PLAIN: &str = "plain-files.tar";

/// Restores it on a machine of a stack that is made for it by `plan` on a local region: by the plan's script or, without one, by the machine's own
/// tools. What is at the data path then has to be what the archives hold, where they are opened here.
///
/// # Errors
/// Why it does not restore.
#[async_recursion]
pub async fn restore(account: &Endpoint, newest: &Newest, plan: &Plan) -> Result<OnDemand, Failure> {
    let mut timing = Timing::default();
    let mut done = restored(&DynamicClient::new(account), newest, plan, &mut timing).await?;
    done.parts = timing.parts();
    Ok(done)
}

async fn restored(account: &DynamicClient, newest: &Newest, plan: &Plan, timing: &mut Timing) -> Result<OnDemand, HopFailure> {
    std::fs::create_dir_all(&plan.folder)
        .map_err(|error| HopFailure::at(FailurePoint::Drill, format!("`{}` cannot be used: {error}", plan.folder.display())))?;
    let fetched = fetched(account, newest, plan, timing).await?;
    let client = DynamicClient::new(&plan.endpoint);
    let resources = timing.of(restore_script::BOOT_PART, deploy::deploy(&client, plan, &plan.stack())).await?;
    let booted = boot::boot(&client, &plan.template, &resources, Timeouts::new(true));
    let instances = timing.of(restore_script::BOOT_PART, booted).await?;
    let Some(instance) = instances.first() else { return Err(HopFailure::at(Hop::Instance, "no machine was made")) };
    own_bucket::ensure(&client, plan).await?;
    let mut done = OnDemand { forms: fetched.forms, findings: fetched.findings, ..OnDemand::default() };
    let mut here = Vec::new();
    for (mut stored, file) in fetched.restored {
        stored.source = Source::Parts(put(account, &client, plan, &stored, file).await?);
        here.push(stored);
    }
    // As in a drill.
    here.sort_by(|one, other| one.stem().cmp(other.stem()));
    let built_in = RestoreScript { text: unpacking(&here), secrets: Vec::new(), all_objects: false };
    let script = plan.restore_script.as_ref().unwrap_or(&built_in);
    let here: Vec<&Stored> = here.iter().collect();
    let result = timing.of("script", restore_script::restored(&client, plan, script, instance, (&here, &[]))).await?;
    if plan.has_tree() {
        let held = fetched.held.filter(|_| plan.restore_script.is_none());
        done.entries = Some(timing.of(COMPARE, looked_at(&client, plan, &result, held)).await?);
    }
    if let Some(question) = Question::new(&client, plan) {
        let said = timing.of("fingerprint", question.anew(instance)).await?;
        done.fingerprint = Some((said.sha256.clone(), said.text().to_owned()));
    }
    Ok(done)
}

/// What was downloaded.
#[derive(Default)]
struct Fetched {
    /// What is restored, each with its bytes where they are in one file.
    restored: Vec<(Stored, Option<File>)>,
    /// What each archive is, or why it is left out.
    forms: Vec<String>,
    /// What all of them hold; nothing if that is not known.
    held: Option<Manifest>,
    findings: Vec<Finding>,
}

/// Downloads the archives, the newest first, and opens what can be opened here.
async fn fetched(account: &DynamicClient, newest: &Newest, plan: &Plan, timing: &mut Timing) -> Result<Fetched, HopFailure> {
    let (promises, unmatched) = promise::collect(account, &newest.stored, &newest.companions).await?;
    let mut fetched = Fetched { held: Some(Manifest::new()), ..Fetched::default() };
    fetched.findings.extend(unmatched.iter().map(|key| crate::evidence::findings::of_checksum(key)));
    let mut seen: Vec<[u8; 32]> = Vec::new();
    for stored in &newest.stored {
        let name = format!("s3://{}/{}", stored.archive.bucket, stored.archive.key);
        let parts = match &stored.source {
            Source::Parts(parts) => parts,
            Source::Plain { prefix, objects } => {
                plain(account, plan, (stored, prefix, objects), &mut fetched, timing).await?;
                continue;
            }
        };
        let downloaded = timing.of(FETCH, archive_check::download(account, stored, parts, &promises, &plan.folder)).await?;
        if plan.restore_script.is_none() && seen.contains(&downloaded.sha256) {
            fetched.forms.push("a copy".to_owned());
            continue;
        }
        seen.push(downloaded.sha256);
        let file = downloaded.file;
        let again = file.try_clone().map_err(|error| no_file(&error))?;
        match (opened(again, stored).await, &plan.restore_script) {
            // What the script makes of it is for the script to say.
            (_, Some(_)) => fetched.forms.push("by the restore script".to_owned()),
            (Ok(opened), None) => {
                let form = opened.form.clone();
                if let Err(path) = fetched.hold(opened) {
                    fetched.forms.push(format!("left out: `{path}` is in a newer one"));
                    continue;
                }
                fetched.forms.push(form);
            }
            // Beside an archive that can be opened it is a finding, as in a drill.
            (Err(unknown @ Unreadable::Unknown { .. }), None) if !fetched.restored.is_empty() => {
                fetched.forms.push("left out: it cannot be opened here".to_owned());
                fetched.findings.push(Finding { id: "not-opened".to_owned(), detail: format!("{name} {unknown}") });
                continue;
            }
            (Err(error), None) => return Err(HopFailure::at(Hop::Restore, format!("{name} {error}"))),
        }
        fetched.restored.push((stored.clone(), Some(file)));
    }
    Ok(fetched)
}

impl Fetched {
    /// Adds what another archive holds, unless a file of it is held already.
    fn hold(&mut self, opened: Opened) -> Result<(), String> {
        let Some(held) = &mut self.held else { return Ok(()) };
        let twice = opened.entries.iter().find(|(path, entry)| {
            let is_folder = |entry: &Entry| entry.kind == Kind::Folder;
            held.get(*path).is_some_and(|known| !is_folder(known) || !is_folder(entry))
        });
        if let Some((path, _)) = twice {
            return Err(crate::archive::manifest::shown(path));
        }
        held.extend(opened.entries);
        Ok(())
    }
}

/// Plain files: put together for the machine, or one by one for a script.
async fn plain(
    account: &DynamicClient,
    plan: &Plan,
    (stored, prefix, objects): (&Stored, &str, &[Object]),
    fetched: &mut Fetched,
    timing: &mut Timing,
) -> Result<(), HopFailure> {
    if plan.restore_script.is_some() {
        fetched.forms.push("by the restore script".to_owned());
        fetched.held = None;
        fetched.restored.push((stored.clone(), None));
        return Ok(());
    }
    let packed = timing.of(FETCH, plain_package::pack(account, prefix, objects, &plan.folder)).await?;
    fetched.forms.push("plain files".to_owned());
    fetched.held = Some(packed.entries);
    let mut together = stored.clone();
    PLAIN.clone_into(&mut together.archive.key);
    let object = Object {
        bucket: stored.archive.bucket.clone(),
        key: PLAIN.to_owned(),
        version: None,
        mark: String::new(),
        bytes: packed.bytes,
        at: 0,
    };
    together.source = Source::Parts(vec![Part { object, sha256: None }]);
    fetched.restored.push((together, Some(packed.file)));
    Ok(())
}

fn no_file(error: &std::io::Error) -> HopFailure {
    HopFailure::at(FailurePoint::Drill, format!("no temporary file: {error}"))
}

/// What the archive holds, read to its end.
async fn opened(file: File, stored: &Stored) -> Result<Opened, Unreadable> {
    let key = stored.stem().to_owned();
    let work = tokio::task::spawn_blocking(move || opening::open(file, &key, &Budget::of(NAMES, u64::MAX)));
    work.await.unwrap_or_else(|error| Err(Unreadable::Local(std::io::Error::other(error))))
}

/// The script that unpacks the archives, one after the other.
fn unpacking(archives: &[Stored]) -> String {
    let mut script = UNPACK.to_owned();
    for archive in archives {
        let keys: Vec<String> = archive.objects().iter().map(|object| quoted(&object.key)).collect();
        // Writing to a string does not fail.
        let _ = writeln!(script, "unpack {} {}", quoted(archive.stem()), keys.join(" "));
    }
    script
}

/// Puts the objects of an archive into the drill's own bucket, as which they are known from then on.
async fn put(
    account: &DynamicClient,
    client: &DynamicClient,
    plan: &Plan,
    stored: &Stored,
    fetched: Option<File>,
) -> Result<Vec<Part>, HopFailure> {
    let mut parts: Vec<Part> = stored.objects().into_iter().map(|object| Part { object: object.clone(), sha256: None }).collect();
    let is_single = parts.len() == 1;
    for Part { object, .. } in &mut parts {
        let file = match fetched.as_ref().filter(|_| is_single) {
            Some(file) => file.try_clone().map_err(|error| no_file(&error))?,
            None => {
                let place = (object.bucket.as_str(), object.key.as_str(), object.version.as_deref());
                download_object(account, place, &plan.folder).await?
            }
        };
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        object.bucket = plan.seed_bucket();
        object.version = None;
        let input = json!({ "Bucket": object.bucket, "Key": object.key });
        once_visible("PutObject", || client.upload(&input, &path)).await?;
    }
    Ok(parts)
}

/// How many entries are at the data path. Where it is known what the archives hold, they have to be that.
async fn looked_at(client: &DynamicClient, plan: &Plan, key: &str, held: Option<Manifest>) -> Result<u64, HopFailure> {
    let file = download_object(client, (&plan.seed_bucket(), key, None), &plan.folder).await?;
    let compared = tokio::task::spawn_blocking(move || {
        let opened = opening::open(file, "result", &Budget::of(NAMES, u64::MAX))?;
        // The data path itself is no entry.
        let entries = opened.entries.keys().filter(|path| !path.is_empty()).count() as u64;
        let compared = held.map(|mut held| {
            // A sandbox has the ids of root alone.
            held.values_mut().for_each(|entry| entry.owner = None);
            comparison::compare_entries(&opened.entries, &held, b"", &IgnoredPaths::default())
        });
        Ok((entries, compared))
    });
    let compared =
        compared.await.map_err(|error| HopFailure::at(FailurePoint::Drill, format!("the comparison ended early: {error}")))?;
    let (entries, comparison) = compared
        .map_err(|error: Unreadable| HopFailure::at(Hop::Restore, format!("what was restored at {} {error}", plan.data_path)))?;
    match comparison.filter(|comparison| !comparison.is_identical()) {
        Some(comparison) => Err(HopFailure::at(Hop::Restore, "the machine did not restore what the archive holds")
            .with("differences", &differences(&comparison).join("\n"))),
        None if entries == 0 => Err(HopFailure::at(Hop::Restore, "the archive restores to nothing")),
        None => Ok(entries),
    }
}
