//! Addresses of objects that whoever has them may use for a while, without credentials.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html>

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;

use crate::FailurePoint;
use crate::account::clients::Clients;
use crate::chain::failure::{HopFailure, at};

/// An address to read an object by for as long as `holds`.
pub(crate) async fn to_read(
    clients: &Clients,
    (bucket, key, version): (&str, &str, Option<&str>),
    holds: Duration,
) -> Result<String, HopFailure> {
    let request = clients.s3_names.get_object().bucket(bucket).key(key).set_version_id(version.map(str::to_owned));
    let url = request.presigned(config(holds)?).await.map_err(at(FailurePoint::Drill, "presigning"))?;
    Ok(url.uri().to_owned())
}

/// An address to write an object by for as long as `holds`.
pub(crate) async fn to_write(clients: &Clients, (bucket, key): (&str, &str), holds: Duration) -> Result<String, HopFailure> {
    let request = clients.s3_names.put_object().bucket(bucket).key(key);
    let url = request.presigned(config(holds)?).await.map_err(at(FailurePoint::Drill, "presigning"))?;
    Ok(url.uri().to_owned())
}

fn config(holds: Duration) -> Result<PresigningConfig, HopFailure> {
    PresigningConfig::expires_in(holds).map_err(|error| HopFailure::at(FailurePoint::Drill, error.to_string()))
}
