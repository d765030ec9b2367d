//! Seed: puts the data on the instances, by the way that an operator has: a bucket, a presigned URL and Run Command.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, Tag, Tagging};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use serde_json::{Value, json};

use crate::account::clients::Clients;
use crate::account::run_command;
use crate::archive::manifest::Manifest;
use crate::archive::sample_site;
use crate::archive::tarball;
use crate::chain::failure::{HopFailure, at};
use crate::{Data, FailurePoint, Plan};

const KEY: &str = "seed.tar.gz";
const BOUND: Duration = Duration::from_secs(900);
/// How long S3 may not know a bucket that it has made.
const VISIBLE_BOUND: Duration = Duration::from_secs(60);

/// Packs the plan's data, before anything is made.
pub(crate) async fn pack(plan: &Plan) -> Result<(Arc<Manifest>, PathBuf), HopFailure> {
    let (data, folder) = (plan.data.clone(), plan.folder.clone());
    let packed = tokio::task::spawn_blocking(move || {
        let unusable = |error: std::io::Error| {
            HopFailure::at(FailurePoint::Drill, format!("`{}` cannot be used: {error}", folder.display()))
        };
        std::fs::create_dir_all(&folder).map_err(unusable)?;
        let source = match data {
            Data::Folder(source) => source,
            Data::Generated(profile) => {
                let made = folder.join("site");
                sample_site::generate(&made, profile).map_err(unusable)?;
                made
            }
        };
        let package = folder.join(KEY);
        let manifest = tarball::pack(&source, &package).map_err(|error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            HopFailure::at(FailurePoint::Input, format!("{error}{cause}"))
        })?;
        Ok((Arc::new(manifest), package))
    });
    packed.await.unwrap_or_else(|error| Err(HopFailure::at(FailurePoint::Drill, format!("packing ended early: {error}"))))
}

/// Puts the package on every instance. `bucket` is the drill's own and is made here.
pub(crate) async fn seed(
    clients: &Clients,
    plan: &Plan,
    instances: &[String],
    bucket: &str,
    package: &Path,
) -> Result<(), HopFailure> {
    let elsewhere = (plan.endpoint.region != "us-east-1").then(|| {
        let region = BucketLocationConstraint::from(plan.endpoint.region.as_str());
        CreateBucketConfiguration::builder().location_constraint(region).build()
    });
    clients
        .s3
        .create_bucket()
        .bucket(bucket)
        .set_create_bucket_configuration(elsewhere)
        .send()
        .await
        .map_err(at(FailurePoint::Drill, "CreateBucket"))?;
    let tags = plan.tags().map(|(key, value)| Tag::builder().key(key).value(value).build());
    let tags = tags.collect::<Result<Vec<_>, _>>().and_then(|tags| Tagging::builder().set_tag_set(Some(tags)).build());
    let tags = tags.map_err(|error| HopFailure::at(FailurePoint::Drill, error.to_string()))?;
    once_visible("PutBucketTagging", || {
        let tagging = clients.s3.put_bucket_tagging().bucket(bucket).tagging(tags.clone());
        async { Ok(tagging.send().await) }
    })
    .await?;
    once_visible("PutObject", || async {
        let body = ByteStream::from_path(package)
            .await
            .map_err(|error| HopFailure::at(FailurePoint::Drill, format!("`{}` cannot be read: {error}", package.display())))?;
        Ok(clients.s3.put_object().bucket(bucket).key(KEY).body(body).send().await)
    })
    .await?;
    let hour = PresigningConfig::expires_in(Duration::from_secs(3600))
        .map_err(|error| HopFailure::at(FailurePoint::Drill, error.to_string()))?;
    let url = clients
        .s3_names
        .get_object()
        .bucket(bucket)
        .key(KEY)
        .presigned(hour)
        .await
        .map_err(at(FailurePoint::Drill, "presigning"))?;
    let input = json!({
        "DocumentName": "AWS-RunShellScript",
        "Comment": "nightproof seeds data",
        "InstanceIds": instances,
        "Parameters": { "commands": script(url.uri(), &plan.data_path) },
    });
    let sent = clients.dynamic.ask("ssm", "SendCommand", &input).await.map_err(at(FailurePoint::Drill, "SendCommand"))?;
    let id = sent.pointer("/Command/CommandId").and_then(Value::as_str).unwrap_or_default();
    for instance in instances {
        wait(clients, id, instance).await?;
    }
    Ok(())
}

/// Makes a call in the bucket that was just made, again for a while as long as S3 does not know the bucket everywhere.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel>
async fn once_visible<T, E, F>(operation: &'static str, call: impl Fn() -> F) -> Result<T, HopFailure>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    F: Future<Output = Result<Result<T, SdkError<E, HttpResponse>>, HopFailure>>,
{
    let made = nightproof_poll::try_until(VISIBLE_BOUND, || async {
        match call().await? {
            Ok(answer) => Ok(Ok(answer)),
            Err(error) if error.code() == Some("NoSuchBucket") => Ok(Err(error.message().unwrap_or_default().to_owned())),
            Err(error) => Err(at(FailurePoint::Drill, operation)(error)),
        }
    });
    made.await?.map_err(|seen| {
        let seconds = VISIBLE_BOUND.as_secs();
        HopFailure::at(
            FailurePoint::Drill,
            format!("{operation}: S3 does not know the drill's own bucket {seconds} s after it was made: {seen}"),
        )
    })
}

/// One line of shell a string. Parents are made, what is there already stays.
fn script(url: &str, data_path: &str) -> Vec<String> {
    let path = quoted(data_path);
    vec![
        "#!/bin/bash".to_owned(),
        "set -euo pipefail".to_owned(),
        format!("mkdir -p -- {path}"),
        "package=$(mktemp /var/tmp/seed.XXXXXXXX)".to_owned(),
        "trap 'rm -f \"$package\"' EXIT".to_owned(),
        format!("curl -fsS --retry 2 -o \"$package\" -- {}", quoted(url)),
        format!("tar -xzpf \"$package\" -C {path}"),
    ]
}

/// In single quotes, for a shell.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

async fn wait(clients: &Clients, command: &str, instance: &str) -> Result<(), HopFailure> {
    let ended = nightproof_poll::try_until(BOUND, || async {
        let answer = match run_command::output(clients, command, instance).await {
            Ok(answer) => answer,
            // The invocation may not be there the moment after the command was accepted.
            Err(error) if error.code == "InvocationDoesNotExist" => return Ok(Err("not delivered yet".to_owned())),
            Err(error) => return Err(at(FailurePoint::Drill, "GetCommandInvocation")(error)),
        };
        Ok(match answer.status.as_str() {
            "Success" => Ok(None),
            "Cancelled" | "Failed" | "TimedOut" => Ok(Some((answer.status, answer.standard_error_content))),
            "" => Err("without a status".to_owned()),
            _ => Err(answer.status),
        })
    })
    .await?;
    match ended {
        Ok(None) => Ok(()),
        Ok(Some((status, errors))) => {
            Err(HopFailure::at(FailurePoint::Drill, format!("the command that seeds data is {status} on {instance}"))
                .with("standard error", &errors))
        }
        Err(seen) => Err(HopFailure::at(
            FailurePoint::Drill,
            format!("the command that seeds data is {seen} on {instance} after {} s", BOUND.as_secs()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_quote_stays_one_word() {
        assert_eq!(quoted("/srv/it's; rm -rf /"), r"'/srv/it'\''s; rm -rf /'");
    }
}
