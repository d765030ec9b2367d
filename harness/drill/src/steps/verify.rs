//! Verify: looks for what tonight's backups left in the buckets, and which instance it is of.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;

use crate::account::dynamic_client::DynamicClient;
use crate::archive::bucket::{self, Bucket, Listing, Object};
use crate::archive::manifest::Manifest;
use crate::chain::failure::{HopFailure, at};
use crate::restore::{checksum, opening, parts, plain};
use crate::{Archive, Hop, RestoreScript};

/// Objects are listed as soon as their upload has ended; this only allows for a script that leaves the upload to a child.
const BOUND: Duration = Duration::from_secs(10);

/// Ends of names of what is no archive but goes with one.
const COMPANIONS: &[&str] = &[".json", ".txt", ".log", ".manifest", ".sig", ".asc"];

/// Something that a backup left in a bucket.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// As the outcome has it.
    pub(crate) archive: Archive,
    pub(crate) source: Source,
}

/// The objects that it is.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// One archive, in as many objects, in order.
    Parts(Vec<Part>),
    /// Files as they are, below a prefix.
    Plain { prefix: String, objects: Vec<Object> },
}

/// An object that is an archive or a part of one.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) object: Object,
    /// Lower-case SHA-256 that its metadata promises.
    pub(crate) sha256: Option<String>,
}

impl Stored {
    /// The key of its archive: of several parts, without what numbers them.
    pub(crate) fn stem(&self) -> &str {
        &self.archive.key
    }

    /// The key of an object of it.
    pub(crate) fn first_key(&self) -> &str {
        self.objects().first().map_or(self.stem(), |object| &object.key)
    }

    /// Its objects, in order.
    pub(crate) fn objects(&self) -> Vec<&Object> {
        match &self.source {
            Source::Parts(parts) => parts.iter().map(|part| &part.object).collect(),
            Source::Plain { objects, .. } => objects.iter().collect(),
        }
    }
}

/// What a night left.
#[derive(Debug, Clone, Default)]
pub(crate) struct Left {
    /// In the order of the instances.
    pub(crate) stored: Vec<Stored>,
    /// What goes with it: checksums, logs.
    pub(crate) companions: Vec<Object>,
    /// All that a reader finds in the buckets then.
    pub(crate) current: Vec<Object>,
}

/// Who opens what is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// The drill, which tells archives, parts and copies apart.
    Drill,
    /// The user's own script, which alone knows what makes a backup: gaps between numbers, and empty objects, are for it to judge.
    Script,
}

impl Reader {
    /// Of a plan with a restore script the script.
    pub(crate) fn new(script: Option<&RestoreScript>) -> Self {
        if script.is_some() { Self::Script } else { Self::Drill }
    }
}

/// What one instance left.
#[derive(Debug, Default)]
struct Share<'a> {
    instance: &'a str,
    archives: Vec<&'a Object>,
    plain: Option<(&'a str, Vec<&'a Object>)>,
}

/// What came since `before`, in the order of `instances`; of plain files, what is there now, as only what has changed is sent.
pub(crate) async fn verify(
    client: &DynamicClient,
    buckets: &[Bucket],
    before: &Listing,
    instances: &[String],
    manifest: &Manifest,
    reader: Reader,
) -> Result<Left, HopFailure> {
    let found = nightproof_poll::try_until(BOUND, || async {
        let now = bucket::objects(client, buckets).await?.present(reader == Reader::Script);
        let whole = shares(&now, before, instances, manifest).is_ok();
        let fresh = archives(&now, before).count();
        Ok::<_, HopFailure>(if whole || fresh >= instances.len() { Ok(now) } else { Err(String::new()) })
    })
    .await?;
    let now = match found {
        Ok(now) => now,
        Err(_) => bucket::objects(client, buckets).await?.present(reader == Reader::Script),
    };
    let fresh: Vec<&Object> = now.versions.difference(&before.versions).collect();
    let shares = shares(&now, before, instances, manifest).map_err(|missing| {
        let count = archives(&now, before).count();
        if count >= instances.len() {
            return missing;
        }
        let names: Vec<&str> = buckets.iter().map(|bucket| bucket.name.as_str()).collect();
        let old = now.versions.len() - fresh.len();
        let reason = format!(
            "the script reports success on {} instances and {count} new archives are in {}{}",
            instances.len(),
            names.join(", "),
            if old > 0 { format!(" ({old} objects are there from before this night)") } else { String::new() }
        );
        let keys: Vec<&str> = fresh.iter().map(|object| object.key.as_str()).collect();
        let deleted: Vec<&str> =
            now.deleted.iter().filter(|marker| !is_known(before, marker)).map(|marker| marker.key.as_str()).collect();
        HopFailure::at(Hop::Object, reason)
            .with("new objects", &keys.join("\n"))
            .with("deleted in this night", &deleted.join("\n"))
    })?;
    let mut left = Left::default();
    let mut plain = BTreeSet::new();
    for share in shares {
        if let Some((prefix, objects)) = share.plain {
            plain.extend(objects.iter().copied());
            left.stored.push(look_plain(client, share.instance, prefix, objects).await?);
        }
        for whole in wholes(client, share.archives, reader).await? {
            left.stored.push(look(client, share.instance, whole).await?);
        }
    }
    are_filled(&left.stored, reader)?;
    left.current = now.current.iter().cloned().collect();
    left.companions = fresh.into_iter().filter(|object| is_companion(&object.key) && !plain.contains(object)).cloned().collect();
    Ok(left)
}

/// Whether something was deleted before this night already.
fn is_known(before: &Listing, marker: &Object) -> bool {
    before.deleted.iter().any(|known| known.place() == marker.place() && known.version == marker.version)
}

/// Whether there is something in each object; of those that only a script opens, in one of them.
pub(crate) fn are_filled(stored: &[Stored], reader: Reader) -> Result<(), HopFailure> {
    let archives = stored.iter().filter_map(|one| match &one.source {
        Source::Parts(parts) => Some(parts.iter().map(|part| &part.object)),
        Source::Plain { .. } => None,
    });
    let (empty, filled): (Vec<&Object>, Vec<&Object>) = archives.flatten().partition(|object| object.bytes == 0);
    match empty.first() {
        Some(object) if reader == Reader::Drill || filled.is_empty() => {
            Err(HopFailure::at(Hop::Object, format!("s3://{}/{} is empty", object.bucket, object.key)))
        }
        _ => Ok(()),
    }
}

/// Whether as many machines left something as have to.
pub(crate) fn are_due(stored: &[Stored], due: Option<u32>) -> Result<(), HopFailure> {
    let machines: BTreeSet<&str> = stored.iter().map(|one| one.archive.instance.as_str()).collect();
    match due.and_then(|due| usize::try_from(due).ok()) {
        Some(due) if machines.len() < due => {
            let names: Vec<&str> = machines.into_iter().collect();
            let reason = format!("{due} machines have to leave an archive each night, and {} did", names.len());
            Err(HopFailure::at(Hop::Object, reason).with("machines that left one", &names.join("\n")))
        }
        _ => Ok(()),
    }
}

/// Whether the key is that of what goes with an archive: a checksum, a log, a folder.
pub(crate) fn is_companion(key: &str) -> bool {
    COMPANIONS.iter().any(|end| key.ends_with(end)) || key.ends_with('/') || checksum::is_checksum(key)
}

/// New objects that may be archives.
fn archives<'a>(now: &'a Listing, before: &'a Listing) -> impl Iterator<Item = &'a Object> {
    now.versions.difference(&before.versions).filter(|object| !is_companion(&object.key))
}

/// What each instance left.
fn shares<'a>(
    now: &'a Listing,
    before: &'a Listing,
    instances: &'a [String],
    manifest: &Manifest,
) -> Result<Vec<Share<'a>>, HopFailure> {
    let mut taken = BTreeSet::new();
    let mut shares = Vec::new();
    for instance in instances {
        // Several instances that wrote the same names would have overwritten each other's.
        let own = |object: &&Object| instances.len() == 1 || object.key.contains(instance.as_str());
        let fresh: Vec<&Object> = now.versions.difference(&before.versions).filter(own).collect();
        let current: Vec<&Object> = now.current.iter().filter(own).collect();
        // Where nothing is new, nothing has changed, unless each night has a folder of its own.
        let is_new = fresh.iter().any(|object| !is_companion(&object.key));
        let keys: Vec<&str> = if is_new { &fresh } else { &current }.iter().map(|object| object.key.as_str()).collect();
        let found =
            plain::prefix(&keys, manifest).filter(|prefix| is_new || !plain::names_a_day(&prefix.replace(instance.as_str(), "")));
        let plain = found.map(|prefix| (prefix, current.into_iter().filter(|object| object.key.starts_with(prefix)).collect()));
        if let Some((prefix, _)) = &plain {
            taken.extend(fresh.into_iter().filter(|object| object.key.starts_with(prefix)));
        }
        shares.push(Share { instance, archives: Vec::new(), plain });
    }
    assign(&mut shares, archives(now, before).filter(|object| !taken.contains(object)))?;
    Ok(shares)
}

/// Which object is whose: by the instance id in the key, or, with as many of each, anyhow.
fn assign<'a>(shares: &mut [Share<'a>], objects: impl Iterator<Item = &'a Object>) -> Result<(), HopFailure> {
    let (named, mut unnamed): (Vec<&Object>, Vec<&Object>) =
        objects.partition(|object| shares.iter().any(|share| object.key.contains(share.instance)));
    for object in named {
        for share in shares.iter_mut().filter(|share| object.key.contains(share.instance)) {
            share.archives.push(object);
        }
    }
    if let [only] = shares {
        only.archives.append(&mut unnamed);
    }
    let mut without: Vec<&mut Share<'a>> =
        shares.iter_mut().filter(|share| share.archives.is_empty() && share.plain.is_none()).collect();
    if without.len() < unnamed.len() {
        let keys: Vec<&str> = unnamed.iter().map(|object| object.key.as_str()).collect();
        let reason = format!("{} new archives are there, and nothing says which instance they are of", unnamed.len());
        return Err(HopFailure::at(Hop::Object, reason).with("new objects", &keys.join("\n")));
    }
    if without.len() > unnamed.len() {
        let names: Vec<&str> = without.iter().skip(unnamed.len()).map(|share| share.instance).collect();
        return Err(HopFailure::at(
            Hop::Object,
            format!("the script reports success on {}, and no archive of it is there", names.join(", ")),
        ));
    }
    for (share, object) in without.iter_mut().zip(unnamed) {
        share.archives.push(object);
    }
    Ok(())
}

/// The archives that these objects are: each by itself, or as a part of one.
pub(crate) async fn wholes<'a>(
    client: &DynamicClient,
    objects: Vec<&'a Object>,
    reader: Reader,
) -> Result<Vec<(String, Vec<&'a Object>)>, HopFailure> {
    let keys: Vec<&str> = objects.iter().map(|object| object.key.as_str()).collect();
    let groups = match (parts::wholes(&keys), reader) {
        (Ok(groups), _) => groups,
        (Err(_), Reader::Script) => Vec::new(),
        (Err(missing), Reader::Drill) => return Err(HopFailure::at(Hop::Object, missing)),
    };
    let mut wholes = Vec::new();
    let mut taken = BTreeSet::new();
    for group in groups {
        let parts: Vec<&Object> = group.parts.iter().filter_map(|at| objects.get(*at).copied()).collect();
        let begins_anew = match parts.get(1) {
            Some(second) => opening::is_known(&beginning(client, second).await?),
            None => true,
        };
        if !begins_anew {
            taken.extend(group.parts);
            wholes.push((group.stem, parts));
        }
    }
    let single = objects.iter().enumerate().filter(|(at, _)| !taken.contains(at));
    wholes.extend(single.map(|(_, object)| (object.key.clone(), vec![*object])));
    Ok(wholes)
}

/// The first bytes of an object.
async fn beginning(client: &DynamicClient, object: &Object) -> Result<Vec<u8>, HopFailure> {
    if object.bytes == 0 {
        return Ok(Vec::new());
    }
    let answer = client.download(&object.range("bytes=0-511")).await.map_err(at(Hop::Object, "GetObject"))?;
    let broken = |error| HopFailure::at(Hop::Object, format!("the download of {} broke off: {error}", object.key));
    answer.whole().await.map_err(broken)
}

/// What the bucket says of an archive.
pub(crate) async fn look(
    client: &DynamicClient,
    instance: &str,
    (stem, objects): (String, Vec<&Object>),
) -> Result<Stored, HopFailure> {
    let mut archive = Archive { instance: instance.to_owned(), key: stem, ..Archive::default() };
    let mut parts = Vec::new();
    for object in &objects {
        let head = head(client, object).await?;
        archive.bucket.clone_from(&object.bucket);
        archive.version.clone_from(&object.version);
        archive.bytes += head.bytes;
        (archive.encryption, archive.key_id) = (head.encryption, head.key_id);
        parts.push(Part { object: (*object).clone(), sha256: head.sha256 });
    }
    if objects.len() > 1 {
        archive.version = None;
        archive.objects = objects.len() as u64;
    }
    Ok(Stored { archive, source: Source::Parts(parts) })
}

/// What the bucket says of plain files, by the first of them.
pub(crate) async fn look_plain(
    client: &DynamicClient,
    instance: &str,
    prefix: &str,
    objects: Vec<&Object>,
) -> Result<Stored, HopFailure> {
    let mut archive = Archive { instance: instance.to_owned(), key: prefix.to_owned(), ..Archive::default() };
    if let Some(first) = objects.first() {
        let head = head(client, first).await?;
        archive.bucket.clone_from(&first.bucket);
        (archive.encryption, archive.key_id) = (head.encryption, head.key_id);
    }
    archive.bytes = objects.iter().map(|object| object.bytes).sum();
    archive.objects = objects.len() as u64;
    let objects = objects.into_iter().cloned().collect();
    Ok(Stored { archive, source: Source::Plain { prefix: prefix.to_owned(), objects } })
}

/// What a bucket says of an object.
struct Head {
    bytes: u64,
    encryption: String,
    key_id: Option<String>,
    sha256: Option<String>,
}

async fn head(client: &DynamicClient, object: &Object) -> Result<Head, HopFailure> {
    let head = client.read::<HeadObject>("s3", "HeadObject", &object.input()).await;
    let head = head.map_err(at(Hop::Object, "HeadObject"))?;
    let Some(encryption) = head.server_side_encryption else {
        return Err(not_encrypted(object));
    };
    let sha256 = head
        .metadata
        .get("sha256")
        .map(|digest| digest.to_ascii_lowercase())
        .filter(|digest| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    Ok(Head { bytes: head.content_length, encryption, key_id: head.key_id, sha256 })
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HeadObject {
    #[serde(default)]
    content_length: u64,
    server_side_encryption: Option<String>,
    #[serde(rename = "SSEKMSKeyId")]
    key_id: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

/// That an object lies open in its bucket.
pub(crate) fn not_encrypted(object: &Object) -> HopFailure {
    HopFailure::at(Hop::Object, format!("s3://{}/{} is not encrypted", object.bucket, object.key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::manifest::{Entry, Kind};

    fn objects(keys: &[&str]) -> Vec<Object> {
        keys.iter()
            .map(|key| Object {
                bucket: "b".to_owned(),
                key: (*key).to_owned(),
                version: None,
                mark: String::new(),
                bytes: 1,
                at: 0,
            })
            .collect()
    }

    fn instances(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    fn assigned(ids: &[&str], keys: &[&str]) -> Result<Vec<(String, Vec<String>)>, HopFailure> {
        let (instances, objects) = (instances(ids), objects(keys));
        let now = Listing { versions: objects.into_iter().collect(), ..Listing::default() };
        let before = Listing::default();
        let shares = shares(&now, &before, &instances, &Manifest::new())?;
        let keys = |share: &Share<'_>| share.archives.iter().map(|object| object.key.clone()).collect();
        Ok(shares.iter().map(|share| (share.instance.to_owned(), keys(share))).collect())
    }

    fn one(id: &str, keys: &[&str]) -> (String, Vec<String>) {
        (id.to_owned(), keys.iter().map(|key| (*key).to_owned()).collect())
    }

    #[test]
    fn archives_are_matched_by_the_instance_in_their_key() {
        let found = assigned(&["i-1", "i-2"], &["backups/i-2/x.tar.gz", "backups/i-1/x.tar.gz"]).unwrap();
        assert_eq!(found, [one("i-1", &["backups/i-1/x.tar.gz"]), one("i-2", &["backups/i-2/x.tar.gz"])]);
    }

    #[test]
    fn files_in_step_may_stay_as_they_are_and_those_of_another_night_are_none_of_this_one() {
        let manifest = Manifest::from([(b"a".to_vec(), Entry::bare(Kind::Folder)), (b"b".to_vec(), Entry::bare(file()))]);
        let found = |prefix: &str| {
            let there: BTreeSet<Object> = objects(&[&format!("{prefix}b")]).into_iter().collect();
            let now = Listing { versions: there.clone(), current: there, ..Listing::default() };
            let (before, instances) = (now.clone(), instances(&["i-0a20261130"]));
            let shares = shares(&now, &before, &instances, &manifest);
            shares.map(|shares| shares.first().and_then(|share| Some(share.plain.as_ref()?.0.to_owned())))
        };
        assert_eq!(found("backups/i-0a20261130/").unwrap().as_deref(), Some("backups/i-0a20261130/"));
        let error = found("backups/i-0a20261130/2026-11-29/").unwrap_err();
        assert!(error.reason.contains("no archive of it is there"), "{error}");
    }

    fn file() -> Kind {
        Kind::File { bytes: 1, sha256: [0; 32] }
    }

    #[test]
    fn keys_without_an_instance_are_of_the_only_one() {
        assert_eq!(assigned(&["i-1"], &["db.sql.gz", "site.tgz"]).unwrap(), [one("i-1", &["db.sql.gz", "site.tgz"])]);
    }

    #[test]
    fn keys_without_an_instance_are_of_several_where_each_made_one() {
        assert!(assigned(&["i-1", "i-2"], &["a.tgz", "b.tgz"]).is_ok());
        let error = assigned(&["i-1", "i-2"], &["a.tgz", "b.tgz", "c.tgz"]).unwrap_err();
        assert!(error.reason.contains("nothing says which instance"), "{error}");
    }

    #[test]
    fn a_second_archive_of_one_does_not_make_up_for_the_other() {
        let error = assigned(&["i-1", "i-2"], &["i-1/a.tgz", "i-1/b.tgz"]).unwrap_err();
        assert!(error.reason.contains("no archive of it is there"), "{error}");
    }

    #[test]
    fn fewer_machines_than_are_due_break_the_night_and_two_archives_of_one_are_one() {
        let stored = |instance: &str| Stored {
            archive: Archive { instance: instance.to_owned(), ..Archive::default() },
            source: Source::Parts(Vec::new()),
        };
        let two = [stored("i-1"), stored("i-2")];
        assert!(are_due(&two, Some(2)).is_ok() && are_due(&two, None).is_ok() && are_due(&two, Some(1)).is_ok());
        let error = are_due(&[stored("i-1"), stored("i-1")], Some(2)).unwrap_err();
        assert!(error.reason.contains("2 machines have to leave an archive each night, and 1 did"), "{error}");
    }

    #[test]
    fn a_checksum_beside_an_archive_is_no_archive() {
        assert!(is_companion("backups/a.tar.gz.sha256"));
        assert!(!is_companion("backups/a.tar.gz"));
    }
}
