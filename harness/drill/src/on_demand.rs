//! A restore on demand: the newest archive of a real account, on a local machine. Of the account only reads are asked for.

use std::collections::BTreeSet;
use std::os::fd::AsRawFd as _;
use std::path::PathBuf;

use async_recursion::async_recursion;
use serde::Serialize;
use serde_json::json;

use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::Resources;
use crate::archive::bucket::{self, Bucket, Object};
use crate::archive::manifest::Manifest;
use crate::archive::own_bucket::{self, once_visible};
use crate::chain::failure::HopFailure;
use crate::numbers::RestorePart;
use crate::restore::archive_check::{self, differences, download_object};
use crate::restore::budget::Budget;
use crate::restore::checksum;
use crate::restore::comparison;
use crate::restore::ignored::IgnoredPaths;
use crate::restore::opening::{self, Opened};
use crate::restore::promise;
use crate::restore::timing::{COMPARE, FETCH, Timing};
use crate::restore::unreadable::Unreadable;
use crate::steps::fingerprint::Question;
use crate::steps::verify::{self, Part, Source, Stored};
use crate::steps::{boot, deploy, restore_script};
use crate::timeouts::Timeouts;
use crate::{Endpoint, Failure, FailurePoint, Hop, Plan, RestoreScript};

/// Restores what can be opened here, by the tools of the machine.
const UNPACK: &str = include_str!("restore/unpack.sh");
/// Objects that were uploaded within as many seconds of each other may be parts of one archive.
const TOGETHER: i64 = 6 * 3600;
/// As much of the names in an archive is kept in memory.
const NAMES: u64 = 1 << 30;

/// Where archives are.
#[derive(Debug, Clone)]
pub enum Archives {
    /// In a bucket.
    Bucket(String),
    /// In the buckets of a stack.
    Stack(String),
}

/// What to restore.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where.
    pub archives: Archives,
    /// What keys begin with; all if empty.
    pub prefix: String,
    /// Not what came after this time, in seconds since 1970.
    pub at: Option<i64>,
}

/// The newest archive of an account.
#[derive(Debug)]
pub struct Newest {
    stored: Stored,
    companions: Vec<Object>,
    /// `s3://bucket/key`
    pub archive: String,
    /// Its version, where it is one object of a bucket that has versions.
    pub version: Option<String>,
    /// All of its bytes.
    pub bytes: u64,
    /// When its last object came, in seconds since 1970.
    pub at: i64,
}

/// What a restore on demand came to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OnDemand {
    /// What the archive is: `tar in gzip`; `by the restore script` where only that can open it.
    pub form: String,
    /// As many files, folders and links are at the data path of the machine; nothing if they are not looked at.
    pub entries: Option<u64>,
    /// SHA-256 of what the machine said by the fingerprint's command, and its beginning.
    pub fingerprint: Option<(String, String)>,
    /// How long each part took, on this machine.
    pub parts: Vec<RestorePart>,
}

/// Finds the newest archive. What goes with one (checksums, logs) is none.
///
/// # Errors
/// A call was refused, or there is no archive.
#[async_recursion]
pub async fn newest(account: &Endpoint, wanted: &Wanted) -> Result<Newest, Failure> {
    Ok(found(&DynamicClient::new(account), wanted).await?)
}

async fn found(client: &DynamicClient, wanted: &Wanted) -> Result<Newest, HopFailure> {
    let buckets = match &wanted.archives {
        Archives::Bucket(name) => vec![Bucket { name: name.clone(), log: None }],
        Archives::Stack(name) => bucket::find(client, None, &Resources::load(client, name).await?).await?,
    };
    let listing = bucket::objects(client, &buckets).await?;
    // What a reader gets now, or what had been put there by then.
    let there: Vec<&Object> = match wanted.at {
        None => listing.current.iter().collect(),
        Some(at) => listing.versions.iter().filter(|object| object.at <= at).collect(),
    };
    let there: Vec<&Object> = there.into_iter().filter(|object| object.key.starts_with(&wanted.prefix)).collect();
    let Some(last) =
        there.iter().copied().filter(|object| !verify::is_companion(&object.key)).max_by_key(|object| (object.at, &object.key))
    else {
        let names: Vec<&str> = buckets.iter().map(|bucket| bucket.name.as_str()).collect();
        let reason = format!("there is no archive in {} below `{}`", names.join(", "), wanted.prefix);
        return Err(HopFailure::at(Hop::Object, reason));
    };
    let folder = |key: &str| key.rfind('/').map_or(String::new(), |at| key.chars().take(at).collect());
    let place = folder(&last.key);
    let beside = |object: &&&Object| {
        object.bucket == last.bucket && folder(&object.key) == place && last.at.saturating_sub(object.at) <= TOGETHER
    };
    // Of a key the version that was the newest.
    let mut keys = BTreeSet::new();
    let mut near: Vec<&Object> = there.iter().filter(beside).copied().collect();
    near.sort_by_key(|object| std::cmp::Reverse(object.at));
    near.retain(|object| keys.insert(object.key.clone()));
    let (companions, archives): (Vec<&Object>, Vec<&Object>) =
        near.into_iter().partition(|object| verify::is_companion(&object.key));
    let keys_beside: BTreeSet<String> = archives.iter().map(|object| object.key.clone()).collect();
    let wholes = verify::wholes(client, archives).await?;
    let whole = wholes.into_iter().find(|(_, parts)| parts.iter().any(|part| part.key == last.key));
    let stored = verify::look(client, "", whole.unwrap_or_else(|| (last.key.clone(), vec![last]))).await?;
    Ok(Newest {
        archive: format!("s3://{}/{}", stored.archive.bucket, stored.archive.key),
        version: stored.archive.version.clone(),
        bytes: stored.archive.bytes,
        at: stored.objects().iter().map(|object| object.at).max().unwrap_or(last.at),
        companions: companions.into_iter().filter(|object| is_of(&object.key, &keys_beside, &stored)).cloned().collect(),
        stored,
    })
}

/// Whether a file beside the archive may be about it: it is not named after another one.
fn is_of(companion: &str, archives: &BTreeSet<String>, stored: &Stored) -> bool {
    match checksum::companion_of(companion) {
        Some(key) => {
            let is_own = key == stored.stem() || stored.objects().iter().any(|object| object.key == key);
            is_own || !archives.contains(key)
        }
        None => true,
    }
}

/// Restores it on a machine of a stack that is made for it by `plan` on a local region: by the plan's script or, without one, by the machine's own
/// tools. What is at the data path then has to be what the archive holds, where it is opened here.
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
    let Source::Parts(parts) = &newest.stored.source else {
        return Err(HopFailure::at(Hop::Object, "plain files are no archive"));
    };
    std::fs::create_dir_all(&plan.folder)
        .map_err(|error| HopFailure::at(FailurePoint::Drill, format!("`{}` cannot be used: {error}", plan.folder.display())))?;
    let fetched = promise::collect(account, std::slice::from_ref(&newest.stored), &newest.companions).await?;
    let downloaded = archive_check::download(account, &newest.stored, parts, &fetched.0, &plan.folder);
    let file = timing.of(FETCH, downloaded).await?.file;
    let again = file.try_clone().map_err(|error| HopFailure::at(FailurePoint::Drill, format!("no temporary file: {error}")))?;
    let opened = opened(again, newest).await;
    let opened = match (opened, &plan.restore_script) {
        (Ok(opened), None) => Some(opened),
        (Err(error), None) => return Err(HopFailure::at(Hop::Restore, format!("{} {error}", newest.archive))),
        // What the script makes of it is for the script to say.
        (opened, Some(_)) => opened.ok(),
    };
    let client = DynamicClient::new(&plan.endpoint);
    let resources = timing.of(restore_script::BOOT_PART, deploy::deploy(&client, plan, &plan.stack())).await?;
    let booted = boot::boot(&client, &plan.template, &resources, Timeouts::new(true));
    let instances = timing.of(restore_script::BOOT_PART, booted).await?;
    let Some(instance) = instances.first() else { return Err(HopFailure::at(Hop::Instance, "no machine was made")) };
    own_bucket::ensure(&client, plan).await?;
    let mut here = newest.stored.clone();
    if let Source::Parts(parts) = &mut here.source {
        let single = parts.len() == 1;
        for part in parts {
            let part_file = if single { file.try_clone().ok() } else { None };
            copy(account, &client, plan, part, part_file).await?;
        }
    }
    let built_in = RestoreScript { text: UNPACK.to_owned(), secrets: Vec::new() };
    let script = plan.restore_script.as_ref().unwrap_or(&built_in);
    let result = timing.of("script", restore_script::restored(&client, plan, script, instance, &[&here])).await?;
    let mut done = OnDemand { form: form(opened.as_ref(), plan), ..OnDemand::default() };
    if plan.has_tree() {
        let archive = opened.filter(|opened| plan.restore_script.is_none() && !opened.single).map(|opened| opened.entries);
        done.entries = Some(timing.of(COMPARE, looked_at(&client, plan, &result, archive)).await?);
    }
    if let Some(question) = Question::new(&client, plan) {
        let said = timing.of("fingerprint", question.anew(instance)).await?;
        done.fingerprint = Some((said.sha256.clone(), said.text().to_owned()));
    }
    Ok(done)
}

fn form(opened: Option<&Opened>, plan: &Plan) -> String {
    match opened {
        Some(opened) if plan.restore_script.is_none() => opened.form.clone(),
        _ => "by the restore script".to_owned(),
    }
}

/// What the archive holds, read to its end.
async fn opened(file: std::fs::File, newest: &Newest) -> Result<Opened, Unreadable> {
    let key = newest.stored.stem().to_owned();
    let work = tokio::task::spawn_blocking(move || opening::open(file, &key, &Budget::of(NAMES, u64::MAX)));
    work.await.unwrap_or_else(|error| Err(Unreadable::Local(std::io::Error::other(error))))
}

/// Puts an object of the account into the drill's own bucket, as which it is known from then on.
async fn copy(
    account: &DynamicClient,
    client: &DynamicClient,
    plan: &Plan,
    part: &mut Part,
    fetched: Option<std::fs::File>,
) -> Result<(), HopFailure> {
    let object = &mut part.object;
    let file = match fetched {
        Some(file) => file,
        None => {
            let place = (object.bucket.as_str(), object.key.as_str(), object.version.as_deref());
            download_object(account, place, &plan.folder).await?
        }
    };
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    object.bucket = plan.seed_bucket();
    object.version = None;
    let input = json!({ "Bucket": object.bucket, "Key": object.key });
    once_visible("PutObject", || client.upload(&input, &path)).await.map(drop)
}

/// How many entries are at the data path. Where it is known what the archive holds, they have to be that.
async fn looked_at(client: &DynamicClient, plan: &Plan, key: &str, archive: Option<Manifest>) -> Result<u64, HopFailure> {
    let file = download_object(client, (&plan.seed_bucket(), key, None), &plan.folder).await?;
    let compared = tokio::task::spawn_blocking(move || {
        let opened = opening::open(file, "result", &Budget::of(NAMES, u64::MAX))?;
        // The data path itself is no entry.
        let entries = opened.entries.keys().filter(|path| !path.is_empty()).count() as u64;
        let compared = archive.map(|mut archive| {
            // A sandbox has the ids of root alone.
            archive.values_mut().for_each(|entry| entry.owner = None);
            comparison::compare_entries(&opened.entries, &archive, b"", &IgnoredPaths::default())
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
