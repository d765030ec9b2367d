//! Listing keys and versions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::canonical_id;
use nightproof_wire::AwsError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::checksum;
use crate::document::set;
use crate::error::invalid_argument;
use crate::input::{OnBucket, Text};
use crate::records::{Bucket, S3, Version};

/// What `encoding-type=url` leaves as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/').remove(b'~');

/// An opaque continuation token for `after`.
pub(crate) fn token(after: &str) -> String {
    STANDARD.encode(format!("1:{after}"))
}

/// What a continuation token stands for.
pub(crate) fn untoken(token: Option<&str>) -> Result<Option<String>, AwsError> {
    let Some(token) = token else { return Ok(None) };
    let read = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match read.as_deref().and_then(|text| text.strip_prefix("1:")) {
        Some(after) => Ok(Some(after.to_owned())),
        None => Err(AwsError::new("InvalidArgument", 400, "The continuation token provided is incorrect")
            .with("ArgumentName", "continuation-token")),
    }
}

/// Whether keys are to be encoded.
pub(crate) fn encoding(given: Option<&str>) -> Result<bool, AwsError> {
    match given {
        None => Ok(false),
        Some("url") => Ok(true),
        Some(other) => Err(invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", other)),
    }
}

/// A key as `encoding-type=url` has it.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// What a listing asks for.
struct Asked<'a> {
    prefix: &'a str,
    delimiter: Option<&'a str>,
    most: usize,
    url: bool,
}

impl<'a> Asked<'a> {
    fn new(listing: &'a Listing) -> Result<Self, AwsError> {
        let asked = listing.max_keys.unwrap_or(1000);
        let kept = usize::try_from(asked)
            .map_err(|_| invalid_argument("Argument maxKeys must be an integer between 0 and 2147483647", "max-keys", asked))?;
        let url = encoding(listing.encoding_type.as_deref())?;
        Ok(Self { prefix: listing.prefix.or_empty(), delimiter: listing.delimiter.get(), most: kept.min(1000), url })
    }

    fn write(&self, text: &str) -> Value {
        if self.url { json!(encoded(text)) } else { json!(text) }
    }

    /// The common prefix that `key` is rolled up into.
    fn group<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter?;
        let rest = key.strip_prefix(self.prefix)?;
        let at = rest.find(delimiter)?;
        key.get(..self.prefix.len() + at + delimiter.len())
    }

    /// Members that every listing repeats.
    fn echo(&self, output: &mut Value) {
        set(output, "Prefix", self.write(self.prefix));
        if let Some(delimiter) = self.delimiter {
            set(output, "Delimiter", self.write(delimiter));
        }
        if self.url {
            set(output, "EncodingType", json!("url"));
        }
    }
}

/// A page of a listing.
struct Page<T> {
    entries: Vec<T>,
    groups: Vec<String>,
    /// The last key or common prefix, if there is more.
    next: Option<String>,
}

/// The keys after `after` that `pick` takes. A common prefix counts as one entry; `after` may be one.
fn page<'b, T>(
    bucket: &'b Bucket,
    asked: &Asked<'_>,
    after: &str,
    pick: impl Fn(&'b str, &'b [Version]) -> Option<T>,
) -> Page<T> {
    let mut page = Page { entries: Vec::new(), groups: Vec::new(), next: None };
    let mut last = String::new();
    let from = if after > asked.prefix { after } else { asked.prefix };
    for (key, versions) in bucket.keys.range::<str, _>((std::ops::Bound::Included(from), std::ops::Bound::Unbounded)) {
        if !key.starts_with(asked.prefix) {
            break;
        }
        // A marker inside of a common prefix is past all of it.
        if !after.is_empty() && key.as_str() <= after {
            continue;
        }
        let group = asked.group(key);
        if group.is_some_and(|group| after.starts_with(group) || page.groups.last().is_some_and(|last| last == group)) {
            continue;
        }
        let Some(entry) = pick(key, versions) else { continue };
        if page.entries.len() + page.groups.len() >= asked.most {
            if asked.most > 0 {
                page.next = Some(last);
            }
            break;
        }
        match group {
            Some(group) => {
                last = group.to_owned();
                page.groups.push(last.clone());
            }
            None => {
                last.clone_from(key);
                page.entries.push(entry);
            }
        }
    }
    page
}

fn prefixes(asked: &Asked<'_>, groups: &[String]) -> Value {
    groups.iter().map(|group| json!({"Prefix": asked.write(group)})).collect()
}

fn entry(asked: &Asked<'_>, key: &str, version: &Version) -> Option<Value> {
    let object = version.object()?;
    let mut entry = json!({
        "Key": asked.write(key),
        "LastModified": version.modified,
        "ETag": object.etag,
        "Size": object.size,
        "StorageClass": object.storage_class,
        "ChecksumAlgorithm": checksum::names(object.checksum.as_ref()),
    });
    if let Some(checksum) = &object.checksum {
        set(&mut entry, "ChecksumType", json!(checksum.kind.name()));
    }
    Some(entry)
}

/// What all listings of keys ask for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Listing {
    #[serde(default)]
    prefix: Text,
    #[serde(default)]
    delimiter: Text,
    encoding_type: Option<String>,
    max_keys: Option<i64>,
    #[expect(dead_code, reason = "the only one is how an object's restoration from an archive stands, and none is restored")]
    #[serde(default)]
    optional_object_attributes: Vec<String>,
}

inputs! {
    /// `ListObjects`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html>
    ListObjects {
        on: OnBucket, listing: Listing;
        marker: Text,
    }
    /// `ListObjectsV2`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>
    ListObjectsV2 {
        on: OnBucket, listing: Listing;
        continuation_token: Option<String>,
        fetch_owner: bool,
        start_after: Text,
    }
    /// `ListObjectVersions`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>
    ListObjectVersions {
        on: OnBucket, listing: Listing;
        key_marker: Text,
        version_id_marker: Text,
    }
}

impl S3 {
    pub(crate) fn list_objects_v2(&self, input: &ListObjectsV2) -> Result<Value, AwsError> {
        let asked = Asked::new(&input.listing)?;
        let resumed = untoken(input.continuation_token.as_deref())?;
        let after = resumed.clone().or_else(|| input.start_after.owned()).unwrap_or_default();
        let owner = input.fetch_owner;
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        let page = page(bucket, &asked, &after, |key, versions| {
            let mut entry = entry(&asked, key, versions.last()?)?;
            if owner {
                set(&mut entry, "Owner", json!({"ID": canonical_id(&bucket.account)}));
            }
            Some(entry)
        });
        let mut output = json!({
            "Name": bucket.name,
            "MaxKeys": input.listing.max_keys.unwrap_or(1000).min(1000),
            "KeyCount": page.entries.len() + page.groups.len(),
            "IsTruncated": page.next.is_some(),
            "CommonPrefixes": prefixes(&asked, &page.groups),
            "Contents": page.entries,
        });
        asked.echo(&mut output);
        if let Some(start) = input.start_after.get().filter(|_| resumed.is_none()) {
            set(&mut output, "StartAfter", asked.write(start));
        }
        if let Some(token) = input.continuation_token.as_deref().filter(|token| !token.is_empty()) {
            set(&mut output, "ContinuationToken", json!(token));
        }
        if let Some(next) = page.next {
            set(&mut output, "NextContinuationToken", json!(token(&next)));
        }
        Ok(output)
    }

    pub(crate) fn list_objects(&self, input: &ListObjects) -> Result<Value, AwsError> {
        let asked = Asked::new(&input.listing)?;
        let marker = input.marker.or_empty();
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        let page = page(bucket, &asked, marker, |key, versions| {
            let mut entry = entry(&asked, key, versions.last()?)?;
            set(&mut entry, "Owner", json!({"ID": canonical_id(&bucket.account)}));
            Some(entry)
        });
        let mut output = json!({
            "Name": bucket.name,
            "Marker": asked.write(marker),
            "MaxKeys": input.listing.max_keys.unwrap_or(1000).min(1000),
            "IsTruncated": page.next.is_some(),
            "CommonPrefixes": prefixes(&asked, &page.groups),
            "Contents": page.entries,
        });
        asked.echo(&mut output);
        // Without a delimiter the client goes on from the last key itself.
        if let Some(next) = page.next.filter(|_| asked.delimiter.is_some()) {
            set(&mut output, "NextMarker", asked.write(&next));
        }
        Ok(output)
    }

    pub(crate) fn list_object_versions(&self, input: &ListObjectVersions) -> Result<Value, AwsError> {
        let asked = Asked::new(&input.listing)?;
        let key_marker = input.key_marker.or_empty();
        let version_marker = input.version_id_marker.get();
        if version_marker.is_some() && key_marker.is_empty() {
            return Err(invalid_argument(
                "A version-id marker cannot be specified without a key marker.",
                "version-id-marker",
                version_marker.unwrap_or_default(),
            ));
        }
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        let owner = json!({"ID": canonical_id(&bucket.account)});
        let (mut versions, mut markers, mut groups): (Vec<Value>, Vec<Value>, Vec<String>) = Default::default();
        let mut last: Option<(String, Option<String>)> = None;
        let mut next = None;
        let from = if key_marker > asked.prefix { key_marker } else { asked.prefix };
        'keys: for (key, all) in bucket.keys.range::<str, _>((std::ops::Bound::Included(from), std::ops::Bound::Unbounded)) {
            if !key.starts_with(asked.prefix) {
                break;
            }
            let resumed = !key_marker.is_empty() && key == key_marker;
            if resumed && version_marker.is_none() {
                continue;
            }
            let group = asked.group(key);
            if group.is_some_and(|group| key_marker.starts_with(group) || groups.last().is_some_and(|last| last == group)) {
                continue;
            }
            // Where the version is gone meanwhile, the key is listed anew.
            let mut passed = !resumed || !all.iter().any(|version| Some(version.id.as_str()) == version_marker);
            for (age, version) in all.iter().rev().enumerate() {
                if !passed {
                    passed = Some(version.id.as_str()) == version_marker;
                    continue;
                }
                if versions.len() + markers.len() + groups.len() >= asked.most {
                    if asked.most > 0 {
                        next = last;
                    }
                    break 'keys;
                }
                if let Some(group) = group {
                    groups.push(group.to_owned());
                    last = Some((group.to_owned(), None));
                    continue 'keys;
                }
                last = Some((key.clone(), Some(version.id.clone())));
                let mut shown = entry(&asked, key, version)
                    .unwrap_or_else(|| json!({"Key": asked.write(key), "LastModified": version.modified}));
                set(&mut shown, "VersionId", json!(version.id));
                set(&mut shown, "IsLatest", json!(age == 0));
                set(&mut shown, "Owner", owner.clone());
                if version.object().is_some() { &mut versions } else { &mut markers }.push(shown);
            }
        }
        let mut output = json!({
            "Name": bucket.name,
            "KeyMarker": asked.write(key_marker),
            "VersionIdMarker": version_marker.unwrap_or_default(),
            "MaxKeys": input.listing.max_keys.unwrap_or(1000).min(1000),
            "IsTruncated": next.is_some(),
            "Versions": versions,
            "DeleteMarkers": markers,
            "CommonPrefixes": prefixes(&asked, &groups),
        });
        asked.echo(&mut output);
        if let Some((key, version)) = next {
            set(&mut output, "NextKeyMarker", asked.write(&key));
            set(&mut output, "NextVersionIdMarker", json!(version));
        }
        Ok(output)
    }
}
