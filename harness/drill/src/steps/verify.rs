//! Verify: looks for tonight's archives in the buckets, one for each instance.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::Archive;
use crate::Hop;
use crate::account::clients::Clients;
use crate::archive::bucket::{self, Bucket, Object};
use crate::chain::failure::{HopFailure, at};

/// Objects are listed as soon as their upload has ended; this only allows for a script that leaves the upload to a child.
const BOUND: Duration = Duration::from_secs(10);

/// Ends of names of what is no archive but goes with one.
const COMPANIONS: &[&str] = &[".sha256", ".sha512", ".md5", ".json", ".txt", ".log", ".manifest", ".sig", ".asc"];

/// An archive as the bucket has it.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) archive: Archive,
    /// Lower-case SHA-256 that its metadata promises.
    pub(crate) sha256: Option<String>,
}

/// The archives that came since `before`, in the order of `instances`.
pub(crate) async fn verify(
    clients: &Clients,
    buckets: &[Bucket],
    before: &BTreeSet<Object>,
    instances: &[String],
) -> Result<Vec<Stored>, HopFailure> {
    let fresh = nightproof_poll::try_until(BOUND, || async {
        let now = bucket::objects(clients, buckets).await?;
        let fresh: Vec<Object> = now.difference(before).filter(|object| !is_companion(&object.key)).cloned().collect();
        Ok::<_, HopFailure>(if fresh.len() >= instances.len() { Ok(fresh) } else { Err(format!("{}", fresh.len())) })
    })
    .await?;
    let names: Vec<&str> = buckets.iter().map(|bucket| bucket.name.as_str()).collect();
    let fresh = match fresh {
        Ok(fresh) => fresh,
        Err(_) => {
            let now = bucket::objects(clients, buckets).await?;
            let fresh: Vec<&Object> = now.difference(before).collect();
            let old = now.len() - fresh.len();
            let reason = format!(
                "the script reports success on {} instances and {} new archives are in {}{}",
                instances.len(),
                fresh.iter().filter(|object| !is_companion(&object.key)).count(),
                names.join(", "),
                if old > 0 { format!(" ({old} objects are there from before this night)") } else { String::new() }
            );
            let keys: Vec<&str> = fresh.iter().map(|object| object.key.as_str()).collect();
            return Err(HopFailure::at(Hop::Object, reason).with("new objects", &keys.join("\n")));
        }
    };
    let mut stored = Vec::new();
    for (instance, object) in assign(instances, &fresh)? {
        stored.push(look(clients, instance, object).await?);
    }
    Ok(stored)
}

/// Whether the key is that of what goes with an archive: a checksum, a log, a folder.
pub(crate) fn is_companion(key: &str) -> bool {
    COMPANIONS.iter().any(|end| key.ends_with(end)) || key.ends_with('/')
}

/// Which object is whose: by the instance id in the key, or, with one of each, anyhow.
fn assign<'a>(instances: &'a [String], fresh: &'a [Object]) -> Result<Vec<(&'a str, &'a Object)>, HopFailure> {
    let mut assigned = Vec::new();
    let mut left: Vec<&Object> = fresh.iter().collect();
    let mut unnamed = Vec::new();
    for instance in instances {
        let (own, others): (Vec<&Object>, Vec<&Object>) =
            left.into_iter().partition(|object| object.key.contains(instance.as_str()));
        left = others;
        match own.as_slice() {
            [] => unnamed.push(instance),
            [object] => assigned.push((instance.as_str(), *object)),
            [_, ..] => return Err(too_many(instance, &own)),
        }
    }
    if unnamed.len() < left.len() {
        return Err(too_many(unnamed.first().map_or("nobody", |instance| instance.as_str()), &left));
    }
    if left.len() < unnamed.len() {
        let names: Vec<&str> = unnamed.iter().skip(left.len()).map(|instance| instance.as_str()).collect();
        return Err(HopFailure::at(
            Hop::Object,
            format!("the script reports success on {}, and no archive of it is there", names.join(", ")),
        ));
    }
    assigned.extend(unnamed.into_iter().map(String::as_str).zip(left));
    Ok(assigned)
}

fn too_many(instance: &str, objects: &[&Object]) -> HopFailure {
    let keys: Vec<&str> = objects.iter().map(|object| object.key.as_str()).collect();
    HopFailure::at(Hop::Object, format!("one night made {} archives for {instance} where one was due", objects.len()))
        .with("new objects", &keys.join("\n"))
}

/// What the bucket says of an object.
async fn look(clients: &Clients, instance: &str, object: &Object) -> Result<Stored, HopFailure> {
    let name = format!("s3://{}/{}", object.bucket, object.key);
    let head = clients
        .s3
        .head_object()
        .bucket(&object.bucket)
        .key(&object.key)
        .set_version_id(object.version.clone())
        .send()
        .await
        .map_err(at(Hop::Object, "HeadObject"))?;
    let bytes = head.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or_default();
    if bytes == 0 {
        return Err(HopFailure::at(Hop::Object, format!("{name} is empty")));
    }
    let Some(encryption) = head.server_side_encryption() else {
        return Err(HopFailure::at(Hop::Object, format!("{name} is not encrypted")));
    };
    let sha256 = head
        .metadata()
        .and_then(|metadata| metadata.get("sha256"))
        .map(|digest| digest.to_ascii_lowercase())
        .filter(|digest| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let archive = Archive {
        instance: instance.to_owned(),
        bucket: object.bucket.clone(),
        key: object.key.clone(),
        version: object.version.clone(),
        bytes,
        encryption: encryption.to_string(),
        key_id: head.ssekms_key_id().map(str::to_owned),
        ..Archive::default()
    };
    Ok(Stored { archive, sha256 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(keys: &[&str]) -> Vec<Object> {
        keys.iter()
            .map(|key| Object { bucket: "b".to_owned(), key: (*key).to_owned(), version: None, mark: String::new(), bytes: 1 })
            .collect()
    }

    fn instances(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn archives_are_matched_by_the_instance_in_their_key() {
        let (instances, objects) = (instances(&["i-1", "i-2"]), objects(&["backups/i-2/x.tar.gz", "backups/i-1/x.tar.gz"]));
        let assigned = assign(&instances, &objects).unwrap();
        assert_eq!(
            assigned.iter().map(|(id, object)| (*id, object.key.as_str())).collect::<Vec<_>>(),
            [("i-1", "backups/i-1/x.tar.gz"), ("i-2", "backups/i-2/x.tar.gz")]
        );
    }

    #[test]
    fn a_key_without_an_instance_will_do_for_the_only_one() {
        let (instances, objects) = (instances(&["i-1"]), objects(&["site.tgz"]));
        assert_eq!(assign(&instances, &objects).unwrap().len(), 1);
    }

    #[test]
    fn two_archives_of_one_instance_in_one_night_are_refused() {
        let (instances, objects) = (instances(&["i-1"]), objects(&["i-1/a.tgz", "i-1/b.tgz"]));
        assert!(assign(&instances, &objects).unwrap_err().reason.contains("2 archives for i-1"));
    }

    #[test]
    fn a_second_archive_of_one_does_not_make_up_for_the_other() {
        let (instances, objects) = (instances(&["i-1", "i-2"]), objects(&["i-1/a.tgz", "i-1/b.tgz"]));
        assert!(assign(&instances, &objects).is_err());
    }

    #[test]
    fn a_checksum_beside_an_archive_is_no_archive() {
        assert!(is_companion("backups/a.tar.gz.sha256"));
        assert!(!is_companion("backups/a.tar.gz"));
    }
}
