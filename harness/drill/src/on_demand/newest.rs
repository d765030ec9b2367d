//! Which objects are the newest backup, by their names and times.

use std::collections::{BTreeMap, BTreeSet};

use async_recursion::async_recursion;

use super::{Archives, FoundArchive, Newest, Wanted};
use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::Resources;
use crate::archive::bucket::{self, Bucket, Listing, Object};
use crate::chain::failure::HopFailure;
use crate::numbers::Age;
use crate::restore::checksum;
use crate::steps::verify::{self, Reader, Source, Stored};
use crate::{Endpoint, Failure, Hop};

/// Objects that were uploaded within as many seconds of each other may be of one backup.
const TOGETHER: i64 = 6 * 3600;

/// Finds the newest backup: the newest archive, and what is beside it under another name and came in the same night. What goes with archives
/// (checksums, logs) is none.
///
/// # Errors
/// A call was refused, or there is none.
#[async_recursion]
pub async fn newest(account: &Endpoint, wanted: &Wanted) -> Result<Newest, Failure> {
    let client = DynamicClient::new(account);
    let (buckets, listing) = listed(&client, wanted).await?;
    Ok(found(&client, &buckets, &listing, wanted).await?)
}

/// How old the newest archive is at `now`, in seconds since 1970. It is not read.
///
/// # Errors
/// A call was refused.
#[async_recursion]
pub async fn age(account: &Endpoint, wanted: &Wanted, now: i64) -> Result<Age, Failure> {
    let (buckets, listing) = listed(&DynamicClient::new(account), wanted).await?;
    let there = there(&listing, wanted);
    let last = last(&there, wanted);
    let age = |object: &Object| u64::try_from(now.saturating_sub(object.at)).unwrap_or_default();
    Ok(Age {
        seconds: last.map(age),
        archive: last.map_or_else(|| places(&buckets, wanted), |object| format!("s3://{}/{}", object.bucket, object.key)),
    })
}

async fn listed(client: &DynamicClient, wanted: &Wanted) -> Result<(Vec<Bucket>, Listing), HopFailure> {
    let buckets = match &wanted.archives {
        Archives::Bucket(name) => vec![Bucket { name: name.clone(), log: None }],
        Archives::Stack(name) => bucket::find(client, None, &Resources::load(client, name).await?).await?,
    };
    let listing = bucket::objects(client, &buckets).await?;
    Ok((buckets, listing))
}

async fn found(client: &DynamicClient, buckets: &[Bucket], listing: &Listing, wanted: &Wanted) -> Result<Newest, HopFailure> {
    let there = there(listing, wanted);
    let Some(last) = last(&there, wanted) else {
        return Err(HopFailure::at(Hop::Object, format!("there is no archive in {}", places(buckets, wanted))));
    };
    if wanted.plain {
        let folder = folder(&wanted.prefix);
        let objects = there.into_iter().filter(|object| object.bucket == last.bucket).collect();
        let stored = verify::look_plain(client, "", folder, objects).await?;
        return Ok(Newest { archives: vec![shown(&stored)], stored: vec![stored], companions: Vec::new(), at: last.at });
    }
    let near = beside(&there, last);
    let (companions, archives): (Vec<&Object>, Vec<&Object>) =
        near.into_iter().partition(|object| verify::is_companion(&object.key));
    let keys_beside: BTreeSet<String> = archives.iter().map(|object| object.key.clone()).collect();
    let wholes = of_one_night(verify::wholes(client, archives, Reader::Drill).await?, last);
    let mut stored = Vec::new();
    for whole in wholes {
        stored.push(verify::look(client, "", whole).await?);
    }
    verify::are_filled(&stored, Reader::Drill)?;
    Ok(Newest {
        archives: stored.iter().map(shown).collect(),
        at: last.at,
        companions: companions.into_iter().filter(|object| is_of(&object.key, &keys_beside, &stored)).cloned().collect(),
        stored,
    })
}

fn shown(stored: &Stored) -> FoundArchive {
    FoundArchive {
        archive: format!("s3://{}/{}", stored.archive.bucket, stored.archive.key),
        object_version: stored.archive.version.clone(),
        bytes: stored.archive.bytes,
        objects: stored.objects().len() as u64,
    }
}

/// Where archives were looked for.
fn places(buckets: &[Bucket], wanted: &Wanted) -> String {
    let names: Vec<&str> = buckets.iter().map(|bucket| bucket.name.as_str()).collect();
    format!("{} below `{}`", names.join(", "), wanted.prefix)
}

/// Of each key what a reader gets now, or got at the time.
fn there<'a>(listing: &'a Listing, wanted: &Wanted) -> Vec<&'a Object> {
    let mut there: Vec<&Object> = match wanted.at {
        None => listing.current.iter().collect(),
        Some(at) => {
            let mut newest: BTreeMap<(&str, &str), &Object> = BTreeMap::new();
            for object in listing.versions.iter().filter(|object| object.at <= at) {
                let known = newest.entry((&object.bucket, &object.key)).or_insert(object);
                if known.at < object.at {
                    *known = object;
                }
            }
            for marker in listing.deleted.iter().filter(|marker| marker.at <= at) {
                let place = (marker.bucket.as_str(), marker.key.as_str());
                if newest.get(&place).is_some_and(|object| object.at < marker.at) {
                    newest.remove(&place);
                }
            }
            newest.into_values().collect()
        }
    };
    there.retain(|object| object.key.starts_with(&wanted.prefix));
    there
}

/// The object that came last.
fn last<'a>(there: &[&'a Object], wanted: &Wanted) -> Option<&'a Object> {
    let archives = there.iter().copied().filter(|object| wanted.plain || !verify::is_companion(&object.key));
    archives.max_by_key(|object| (object.at, &object.key))
}

/// What is in the same folder as `last` and came in the same night.
fn beside<'a>(there: &[&'a Object], last: &Object) -> Vec<&'a Object> {
    let is_beside = |object: &&&Object| {
        object.bucket == last.bucket && folder(&object.key) == folder(&last.key) && last.at.saturating_sub(object.at) <= TOGETHER
    };
    there.iter().filter(is_beside).copied().collect()
}

fn folder(key: &str) -> &str {
    key.rfind('/').and_then(|at| key.get(..=at)).unwrap_or_default()
}

/// Of archives whose names differ in numbers alone the newest one, such as a time: the others are earlier backups of the same. The one that `last`
/// is of comes first, then the newest.
fn of_one_night<'a>(wholes: Vec<(String, Vec<&'a Object>)>, last: &Object) -> Vec<(String, Vec<&'a Object>)> {
    let time = |objects: &[&Object]| objects.iter().map(|object| object.at).max();
    let mut newest: BTreeMap<String, (String, Vec<&Object>)> = BTreeMap::new();
    for (stem, objects) in wholes {
        let known = newest.get(&undated(&stem)).map(|(stem, objects)| (time(objects), stem.clone()));
        if known.is_none_or(|known| known < (time(&objects), stem.clone())) {
            newest.insert(undated(&stem), (stem, objects));
        }
    }
    let mut newest: Vec<_> = newest.into_values().collect();
    newest.sort_by_key(|(_, objects)| (!objects.iter().any(|object| object.key == last.key), std::cmp::Reverse(time(objects))));
    newest
}

/// A name without its numbers.
fn undated(name: &str) -> String {
    let mut undated = String::new();
    for character in name.chars() {
        match character {
            digit if digit.is_ascii_digit() => {
                if !undated.ends_with('#') {
                    undated.push('#');
                }
            }
            other => undated.push(other),
        }
    }
    undated
}

/// Whether a file beside the archives may be about them: it is not named after another one.
fn is_of(companion: &str, beside: &BTreeSet<String>, stored: &[Stored]) -> bool {
    let is_own = |key: &str, one: &Stored| {
        key == one.stem() || matches!(one.source, Source::Parts(_)) && one.objects().iter().any(|object| object.key == key)
    };
    match checksum::companion_of(companion) {
        Some(key) => stored.iter().any(|one| is_own(key, one)) || !beside.contains(key),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(key: &str, at: i64) -> Object {
        Object { bucket: "b".to_owned(), key: key.to_owned(), version: None, mark: String::new(), bytes: 1, at }
    }

    fn listing(objects: &[(&str, i64)], deleted: &[(&str, i64)]) -> Listing {
        let of = |all: &[(&str, i64)]| all.iter().map(|(key, at)| object(key, *at)).collect::<BTreeSet<_>>();
        Listing { versions: of(objects), current: BTreeSet::new(), deleted: of(deleted).into_iter().collect() }
    }

    fn wanted(at: Option<i64>) -> Wanted {
        Wanted { archives: Archives::Bucket("b".to_owned()), prefix: String::new(), at, plain: true }
    }

    #[test]
    fn at_a_time_there_was_what_had_come_by_then_and_was_not_deleted() {
        let listing = listing(&[("a", 1), ("a", 5), ("b", 2), ("c", 3), ("d", 9)], &[("b", 4), ("c", 7), ("a", 2)]);
        let at = |at| there(&listing, &wanted(Some(at))).iter().map(|object| (object.key.clone(), object.at)).collect::<Vec<_>>();
        let one = |key: &str, at| (key.to_owned(), at);
        assert_eq!(at(3), [one("b", 2), one("c", 3)]);
        assert_eq!(at(6), [one("a", 5), one("c", 3)]);
        assert_eq!(at(8), [one("a", 5)]);
        assert_eq!(at(0), []);
    }

    #[test]
    fn of_names_that_differ_in_numbers_the_newest_is_of_the_night() {
        let objects = [("n/site-1.tgz", 100), ("n/site-2.tgz", 200), ("n/db.sql.gz", 150), ("n/db.sql.gz.old", 100)];
        let objects: Vec<Object> = objects.iter().map(|(key, at)| object(key, *at)).collect();
        let wholes = objects.iter().map(|object| (object.key.clone(), vec![object])).collect();
        let night = of_one_night(wholes, &objects[1]);
        let keys: Vec<&str> = night.iter().map(|(stem, _)| stem.as_str()).collect();
        assert_eq!(keys, ["n/site-2.tgz", "n/db.sql.gz", "n/db.sql.gz.old"]);
    }

    #[test]
    fn beside_is_what_came_within_hours_in_the_same_folder() {
        let objects: Vec<Object> = [("n/a", 100_000), ("n/b", 90_000), ("n/c", 70_000), ("m/a", 99_999), ("n/x/a", 99_999)]
            .iter()
            .map(|(key, at)| object(key, *at))
            .collect();
        let there: Vec<&Object> = objects.iter().collect();
        let keys: Vec<&str> = beside(&there, &objects[0]).iter().map(|object| object.key.as_str()).collect();
        assert_eq!(keys, ["n/a", "n/b"]);
    }

    #[test]
    fn a_name_without_numbers_is_that_of_each_night() {
        assert_eq!(undated("n/site-2026-11-30T02.tgz"), "n/site-#-#-#T#.tgz");
        assert_eq!(undated("a#1.tgz"), undated("a#22.tgz"));
    }
}
