//! What checksums promise of a night's objects: those in their names, in their metadata and in files beside them.

use crate::Hop;
use crate::account::dynamic_client::DynamicClient;
use crate::archive::bucket::Object;
use crate::chain::failure::{HopFailure, at};
use crate::restore::checksum::{self, Algorithm, Line};
use crate::steps::verify::{Part, Source, Stored};

/// Longest file of checksums that is read, bytes.
const LONGEST: u64 = 1 << 20;

/// A checksum of an object, or of all parts of one together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Promise {
    /// The object's key, or the parts' without their numbers.
    pub(crate) key: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) hex: String,
    /// Who promises: `its metadata`.
    pub(crate) source: String,
}

impl Promise {
    /// Whether it is kept by an object with these digests.
    pub(crate) fn check(&self, digests: &[(Algorithm, String)]) -> Result<(), HopFailure> {
        let found = digests.iter().find(|(algorithm, _)| *algorithm == self.algorithm).map(|(_, hex)| hex.as_str());
        if found == Some(self.hex.as_str()) {
            return Ok(());
        }
        let reason = format!(
            "{} promises {} {} for {}, its bytes have {}",
            self.source,
            self.algorithm.as_str(),
            self.hex,
            self.key,
            found.unwrap_or("none")
        );
        Err(HopFailure::at(Hop::Restore, reason))
    }
}

/// What is promised of `stored`, and the files of checksums that are of nothing in this night.
pub(crate) async fn collect(
    client: &DynamicClient,
    stored: &[Stored],
    companions: &[Object],
) -> Result<(Vec<Promise>, Vec<String>), HopFailure> {
    let mut promises = Vec::new();
    for part in stored.iter().flat_map(parts) {
        let key = &part.object.key;
        let named = checksum::in_name(key).map(|line| promise(key, line, format!("the name of {key}")));
        let known = part.sha256.as_ref().map(|hex| Promise {
            key: key.clone(),
            algorithm: Algorithm::Sha256,
            hex: hex.clone(),
            source: "its metadata".to_owned(),
        });
        promises.extend(named.into_iter().chain(known));
    }
    let keys: Vec<&str> = stored
        .iter()
        .flat_map(|one| std::iter::once(one.stem()).chain(parts(one).map(|part| part.object.key.as_str())))
        .collect();
    let mut unmatched = Vec::new();
    for sidecar in companions.iter().filter(|object| checksum::is_checksum(&object.key)) {
        let text = text_of(client, sidecar).await?;
        let lines = checksum::lines(&text);
        let matched = matched(&sidecar.key, &lines, &keys);
        if matched.is_empty() {
            unmatched.push(sidecar.key.clone());
        }
        promises.extend(matched);
    }
    Ok((promises, unmatched))
}

async fn text_of(client: &DynamicClient, object: &Object) -> Result<String, HopFailure> {
    if object.bytes == 0 {
        return Ok(String::new());
    }
    let input = object.range(&format!("bytes=0-{}", LONGEST - 1));
    let answer = client.download(&input).await.map_err(at(Hop::Restore, "GetObject"))?;
    let broken = |error| HopFailure::at(Hop::Restore, format!("the download of {} broke off: {error}", object.key));
    Ok(String::from_utf8_lossy(&answer.whole().await.map_err(broken)?).into_owned())
}

fn parts(stored: &Stored) -> impl Iterator<Item = &Part> {
    match &stored.source {
        Source::Parts(parts) => parts.as_slice(),
        Source::Plain { .. } => &[],
    }
    .iter()
}

fn promise(key: &str, line: Line, source: String) -> Promise {
    Promise { key: key.to_owned(), algorithm: line.algorithm, hex: line.hex, source }
}

/// What the lines of a file of checksums promise: by the name in each, or, where that is nobody's, by the file's own.
fn matched(sidecar: &str, lines: &[Line], keys: &[&str]) -> Vec<Promise> {
    let base = |key: &str| key.rsplit('/').next().unwrap_or_default().to_owned();
    let source = format!("the file {} beside it", base(sidecar));
    let by_name = lines.iter().filter_map(|line| {
        let name = line.name.as_ref()?;
        let key = keys.iter().find(|key| base(key) == *name)?;
        Some(promise(key, line.clone(), source.clone()))
    });
    let found: Vec<Promise> = by_name.collect();
    if !found.is_empty() {
        return found;
    }
    let companion = checksum::companion_of(sidecar).and_then(|own| keys.iter().find(|key| **key == own));
    match (lines, companion, keys) {
        ([line], Some(key), _) => vec![promise(key, line.clone(), source)],
        // A checksum alone, in a file of any name, where there is one object.
        ([line], None, [key, rest @ ..]) if line.name.is_none() && rest.iter().all(|other| other == key) => {
            vec![promise(key, line.clone(), source)]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: Option<&str>) -> Line {
        Line { algorithm: Algorithm::Md5, hex: "0".repeat(32), name: name.map(str::to_owned) }
    }

    fn keys_of(promises: &[Promise]) -> Vec<&str> {
        promises.iter().map(|promise| promise.key.as_str()).collect()
    }

    #[test]
    fn a_checksum_is_of_the_object_that_it_names() {
        let keys = ["b/i-1/site.tgz", "b/i-1/db.sql.gz"];
        let lines = [line(Some("db.sql.gz")), line(Some("site.tgz"))];
        assert_eq!(keys_of(&matched("b/i-1/MD5SUMS", &lines, &keys)), ["b/i-1/db.sql.gz", "b/i-1/site.tgz"]);
    }

    #[test]
    fn a_checksum_of_a_temporary_file_is_of_the_object_beside_it() {
        let keys = ["b/site.tgz", "b/db.sql.gz"];
        assert_eq!(keys_of(&matched("b/site.tgz.md5", &[line(Some("tmp.x8Ks"))], &keys)), ["b/site.tgz"]);
    }

    #[test]
    fn a_checksum_of_something_else_is_of_nothing() {
        let keys = ["b/site.tar.gz"];
        assert!(matched("b/site.tar.md5", &[line(Some("site.tar"))], &keys).is_empty());
    }
}
