//! Addresses of objects that whoever has them may use for a while, without credentials.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html>

use std::time::Duration;

use serde_json::json;

use crate::FailurePoint;
use crate::account::dynamic_client::DynamicClient;
use crate::chain::failure::{HopFailure, at};

/// An address to read an object by for as long as `holds`.
pub(crate) async fn to_read(
    client: &DynamicClient,
    (bucket, key, version): (&str, &str, Option<&str>),
    holds: Duration,
) -> Result<String, HopFailure> {
    let input = json!({ "Bucket": bucket, "Key": key, "VersionId": version });
    client.presigned("GetObject", &input, holds).await.map_err(at(FailurePoint::Drill, "presigning"))
}

/// An address to write an object by for as long as `holds`.
pub(crate) async fn to_write(client: &DynamicClient, (bucket, key): (&str, &str), holds: Duration) -> Result<String, HopFailure> {
    let input = json!({ "Bucket": bucket, "Key": key });
    client.presigned("PutObject", &input, holds).await.map_err(at(FailurePoint::Drill, "presigning"))
}
