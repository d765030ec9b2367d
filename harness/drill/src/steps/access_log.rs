//! Access log: looks for the line that records an object's upload.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::json;

use crate::FailurePoint;
use crate::account::dynamic_client::DynamicClient;
use crate::archive::bucket::Bucket;
use crate::chain::failure::{HopFailure, at};

/// The log object with the upload's line, as `s3://bucket/key`; nothing if it has not come within `bound`.
pub(crate) async fn find(
    client: &DynamicClient,
    bucket: &Bucket,
    uploaded: &str,
    bound: Duration,
) -> Result<Option<String>, HopFailure> {
    let Some((target, prefix)) = &bucket.log else { return Ok(None) };
    let found = nightproof_poll::try_until(bound, || async {
        let input = json!({ "Bucket": target, "Prefix": prefix });
        let listed: Listed =
            client.read("s3", "ListObjectsV2", &input).await.map_err(at(FailurePoint::Drill, "ListObjectsV2"))?;
        let mut keys: Vec<String> = listed.contents.into_iter().map(|object| object.key).collect();
        keys.sort_unstable();
        for key in keys.into_iter().rev() {
            let input = json!({ "Bucket": target, "Key": key });
            let log = client.download(&input).await.map_err(at(FailurePoint::Drill, "GetObject"))?;
            let bytes = log
                .whole()
                .await
                .map_err(|error| HopFailure::at(FailurePoint::Drill, format!("an access log broke off: {error}")))?;
            let text = String::from_utf8_lossy(&bytes);
            if text.lines().any(|line| records_upload(line, &bucket.name, uploaded)) {
                return Ok::<_, HopFailure>(Ok(format!("s3://{target}/{key}")));
            }
        }
        Ok(Err("no line".to_owned()))
    })
    .await?;
    Ok(found.ok())
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    #[serde(default)]
    contents: Vec<Listing>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing {
    key: String,
}

/// Whether a line of a server access log records the upload of `key`, whole or in parts.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html>
fn records_upload(line: &str, bucket: &str, key: &str) -> bool {
    // owner bucket [date zone] address requester request-id operation key …
    let fields: Vec<&str> = line.split(' ').collect();
    let (Some(logged_bucket), Some(operation), Some(logged_key)) = (fields.get(1), fields.get(7), fields.get(8)) else {
        return false;
    };
    let uploads = matches!(*operation, "REST.PUT.OBJECT" | "REST.PUT.PART" | "REST.POST.UPLOAD" | "REST.COPY.OBJECT");
    // Keys are encoded twice.
    let once = percent_decode_str(logged_key).decode_utf8_lossy().into_owned();
    let twice = percent_decode_str(&once).decode_utf8_lossy().into_owned();
    *logged_bucket == bucket && uploads && [logged_key, once.as_str(), twice.as_str()].contains(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "79a59df900b949e5 backups [23/Nov/2026:03:00:05 +0000] 10.20.0.5 arn:aws:sts::123456789012:assumed-role/r/i-1 \
        3E57427F3EXAMPLE REST.PUT.OBJECT backups/i-1/2026-11-23T03-00-05Z.tar.gz \"PUT /x HTTP/1.1\" 200 - - 113 7 - \"-\" \"aws-cli\" -";

    #[test]
    fn an_uploads_line_is_recognized() {
        assert!(records_upload(LINE, "backups", "backups/i-1/2026-11-23T03-00-05Z.tar.gz"));
        assert!(!records_upload(LINE, "backups", "backups/i-2/2026-11-23T03-00-05Z.tar.gz"));
        assert!(!records_upload(LINE, "other", "backups/i-1/2026-11-23T03-00-05Z.tar.gz"));
    }

    #[test]
    fn reading_an_object_is_no_upload() {
        let line = LINE.replace("REST.PUT.OBJECT", "REST.GET.OBJECT");
        assert!(!records_upload(&line, "backups", "backups/i-1/2026-11-23T03-00-05Z.tar.gz"));
    }

    #[test]
    fn an_encoded_key_is_recognized() {
        let line = LINE.replace("backups/i-1/2026-11-23T03-00-05Z.tar.gz", "a%2520b%253A.tgz");
        assert!(records_upload(&line, "backups", "a b:.tgz"));
    }
}
