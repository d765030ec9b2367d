//! Seed: puts the data on the instances, by the way that an operator has: a bucket, a presigned URL and Run Command.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::account::dynamic_client::DynamicClient;
use crate::account::run_command;
use crate::archive::manifest::Manifest;
use crate::archive::own_bucket::{self, once_visible};
use crate::archive::presigned;
use crate::archive::sample_site;
use crate::archive::tarball;
use crate::chain::failure::{HopFailure, at};
use crate::control;
use crate::steps::shell::{self, quoted};
use crate::{Data, FailurePoint, Plan};

const KEY: &str = "seed.tar.gz";
const SCRIPT_KEY: &str = "seed-script";
const BOUND: Duration = Duration::from_secs(900);
/// How long the address of the data holds.
const HOUR: Duration = Duration::from_secs(3600);

/// Packs the plan's data, before anything is made.
pub(crate) async fn pack(plan: &Plan) -> Result<(Arc<Manifest>, PathBuf), HopFailure> {
    let (data, folder) = (plan.data.clone(), plan.folder.clone());
    let control = plan.control.filter(|control| control.is_of_data());
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
        if let Some(control) = control {
            control::rewrite(control, &manifest, &package).map_err(unusable)?;
        }
        Ok((Arc::new(manifest), package))
    });
    packed.await.unwrap_or_else(|error| Err(HopFailure::at(FailurePoint::Drill, format!("packing ended early: {error}"))))
}

/// Puts the package on every instance. `bucket` is the drill's own.
pub(crate) async fn seed(
    client: &DynamicClient,
    plan: &Plan,
    instances: &[String],
    bucket: &str,
    package: &Path,
) -> Result<(), HopFailure> {
    own_bucket::ensure(client, plan).await?;
    let object = json!({ "Bucket": bucket, "Key": KEY });
    once_visible("PutObject", || client.upload(&object, package)).await?;
    let url = presigned::to_read(client, (bucket, KEY, None), HOUR).await?;
    let parameters = json!({ "commands": script(&url, &plan.data_path) });
    let sent = run_command::send(client, "nightproof seeds data", instances, &parameters).await;
    let id = sent.map_err(at(FailurePoint::Drill, "SendCommand"))?;
    for instance in instances {
        wait(client, &id, instance, "the command that seeds data").await?;
    }
    for script in &plan.demands.seeds {
        run_script(client, plan, instances, script).await?;
    }
    Ok(())
}

/// Runs the user's own script on every instance.
async fn run_script(client: &DynamicClient, plan: &Plan, instances: &[String], script: &str) -> Result<(), HopFailure> {
    own_bucket::put(client, plan, SCRIPT_KEY, script.as_bytes()).await?;
    let url = presigned::to_read(client, (&plan.seed_bucket(), SCRIPT_KEY, None), HOUR).await?;
    let mut lines = shell::with_download("seed", &url);
    lines.extend([
        "chmod 700 \"$file\"".to_owned(),
        format!("export NIGHTPROOF_DATA_PATH={}", quoted(&plan.data_path)),
        "case $(head -c 2 \"$file\") in '#!') \"$file\" ;; *) bash -euo pipefail \"$file\" ;; esac".to_owned(),
    ]);
    let parameters = json!({ "commands": lines, "executionTimeout": [BOUND.as_secs().to_string()] });
    let sent = run_command::send(client, "nightproof runs the seed script", instances, &parameters).await;
    let id = sent.map_err(at(FailurePoint::Drill, "SendCommand"))?;
    for instance in instances {
        wait(client, &id, instance, "the seed script").await?;
    }
    Ok(())
}

/// Parents are made, what is there already stays.
fn script(url: &str, data_path: &str) -> Vec<String> {
    let path = quoted(data_path);
    let mut lines = shell::with_download("seed", url);
    lines.extend([format!("mkdir -p -- {path}"), format!("tar -xzpf \"$file\" -C {path}")]);
    lines
}

async fn wait(client: &DynamicClient, command: &str, instance: &str, what: &str) -> Result<(), HopFailure> {
    let ended = run_command::ended(client, command, instance, BOUND).await;
    match ended.map_err(at(FailurePoint::Drill, "GetCommandInvocation"))? {
        Ok(answer) if answer.status == "Success" => Ok(()),
        Ok(answer) => {
            let reason = format!("{what} is {} on {instance}", answer.status);
            Err(HopFailure::at(FailurePoint::Drill, reason).with("standard error", &answer.standard_error_content))
        }
        Err(seen) => {
            Err(HopFailure::at(FailurePoint::Drill, format!("{what} is {seen} on {instance} after {} s", BOUND.as_secs())))
        }
    }
}
