//! When objects were written, by the region's clock: a store dates them by its own, which no drill can move. What was not written through
//! this region keeps the store's date.

use std::collections::HashMap;

use jiff::Timestamp;
use nightproof_core::service::Call;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::document::{list, set, text, whole_seconds};

/// The version of objects in a bucket that never had versions.
const UNVERSIONED: &str = "null";

/// Bucket and key.
type Object = (String, String);

/// The writes of this region.
#[derive(Default)]
pub(super) struct Times {
    written: Mutex<HashMap<Object, Vec<(String, Timestamp)>>>,
}

fn member(document: &Value, name: &str) -> String {
    text(document, name).unwrap_or_default().to_owned()
}

impl Times {
    /// Notes what a call wrote.
    pub(super) fn note(&self, call: &Call, operation: &str, input: &Value, output: &Value) {
        let bucket = member(input, "Bucket");
        match operation {
            "PutObject" | "CopyObject" | "CompleteMultipartUpload" => {
                self.written(call, bucket, member(input, "Key"), output, "VersionId")
            }
            "DeleteObject" if output.get("DeleteMarker") == Some(&json!(true)) => {
                self.written(call, bucket, member(input, "Key"), output, "VersionId");
            }
            "DeleteObjects" => {
                for deleted in list(output, "Deleted").iter().filter(|deleted| text(deleted, "DeleteMarkerVersionId").is_some()) {
                    self.written(call, bucket.clone(), member(deleted, "Key"), deleted, "DeleteMarkerVersionId");
                }
            }
            "DeleteBucket" => self.written.lock().retain(|(of, _), _| *of != bucket),
            _ => {}
        }
    }

    fn written(&self, call: &Call, bucket: String, key: String, output: &Value, version: &str) {
        let version = text(output, version).unwrap_or(UNVERSIONED).to_owned();
        let mut written = self.written.lock();
        let versions = written.entry((bucket, key)).or_default();
        versions.retain(|(other, _)| *other != version);
        versions.push((version, whole_seconds(call.now)));
    }

    /// When a version was written; without one, the latest.
    fn of(&self, bucket: &str, key: &str, version: Option<&str>) -> Option<Timestamp> {
        let written = self.written.lock();
        let versions = written.get(&(bucket.to_owned(), key.to_owned()))?;
        match version {
            Some(version) => versions.iter().find(|(other, _)| other == version).map(|(_, at)| *at),
            None => versions.last().map(|(_, at)| *at),
        }
    }

    /// Puts the region's dates into an answer.
    pub(super) fn tell(&self, operation: &str, input: &Value, output: &mut Value) {
        let bucket = member(input, "Bucket");
        match operation {
            "GetObject" | "HeadObject" | "GetObjectAttributes" => {
                let at = self.of(&bucket, &member(input, "Key"), text(output, "VersionId").or(text(input, "VersionId")));
                date(output, at);
            }
            "CopyObject" => {
                let at = self.of(&bucket, &member(input, "Key"), None);
                if let Some(result) = output.get_mut("CopyObjectResult") {
                    date(result, at);
                }
            }
            "ListObjects" | "ListObjectsV2" => self.tell_list(&bucket, output, "Contents"),
            "ListObjectVersions" => {
                self.tell_list(&bucket, output, "Versions");
                self.tell_list(&bucket, output, "DeleteMarkers");
            }
            _ => {}
        }
    }

    fn tell_list(&self, bucket: &str, output: &mut Value, name: &str) {
        // Keys come percent-encoded where the client asked for that.
        let encoded = text(output, "EncodingType") == Some("url");
        for entry in output.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten() {
            let key = member(entry, "Key");
            let key = if encoded {
                percent_encoding::percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned()
            } else {
                key
            };
            let at = self.of(bucket, &key, text(entry, "VersionId"));
            date(entry, at);
        }
    }
}

fn date(document: &mut Value, at: Option<Timestamp>) {
    if let Some(at) = at {
        set(document, "LastModified", json!(at));
    }
}
