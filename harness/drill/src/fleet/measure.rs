//! How long a fleet takes from one command to the last archive.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_recursion::async_recursion;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::agent::{self, Work};
use super::provision::{self, Provisioned, TAG};
use crate::account::dynamic_client::DynamicClient;
use crate::account::run_command;
use crate::chain::failure::{HopFailure, at};
use crate::{Endpoint, Failure, FailurePoint, Hop, Local};

/// For a command to have succeeded once all agents have replied.
const ENDED_BOUND: Duration = Duration::from_secs(60);

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct FleetPlan {
    /// How many machines there are; at least 1.
    pub machines: usize,
    /// The size of each archive, in bytes.
    pub archive: usize,
}

/// What was measured, in real time.
#[derive(Debug, Clone, Copy)]
pub struct FleetTimes {
    /// Until all instances ran.
    pub launched: Duration,
    /// From then until Systems Manager knew all agents.
    pub online: Duration,
    /// From the command until it has succeeded everywhere, and all archives are in the bucket.
    pub answered: Duration,
}

/// Launches the fleet at a `local` region, whose instances are to boot nothing, has it answer one command, and looks whether every archive is there. Temporary
/// files go to `folder`.
///
/// # Errors
/// What was refused, or is missing in the end.
#[async_recursion]
pub async fn measure(endpoint: &Endpoint, local: &Arc<dyn Local>, folder: &Path, plan: FleetPlan) -> Result<FleetTimes, Failure> {
    measured(endpoint, local, folder, plan).await.map_err(Failure::from)
}

async fn measured(endpoint: &Endpoint, local: &Arc<dyn Local>, folder: &Path, plan: FleetPlan) -> Result<FleetTimes, HopFailure> {
    let client = DynamicClient::new(endpoint);
    let begun = Instant::now();
    let Provisioned { role_arn, bucket, instances } = provision::provision(&client, plan.machines).await?;
    let launched = begun.elapsed();
    let work = Arc::new(Work::new(bucket, archive(folder, plan.archive)?));

    let begun = Instant::now();
    let (tell, mut online) = mpsc::unbounded_channel();
    let mut agents = JoinSet::new();
    for instance in instances {
        let session = local.session(&role_arn, &instance, None).await;
        let session = session.map_err(|why| HopFailure::at(FailurePoint::Drill, format!("no session of {instance}: {why}")))?;
        let (client, work, tell) = (client.acting_as(&session), Arc::clone(&work), tell.clone());
        agents.spawn(async move { agent::serve(client, instance, &work, tell).await });
    }
    drop(tell);
    for _ in 0..plan.machines {
        if online.recv().await.is_none() {
            return Err(first_failure(&mut agents).await);
        }
    }
    let registered = begun.elapsed();

    let begun = Instant::now();
    let command = send(&client).await?;
    while let Some(ended) = agents.join_next().await {
        ended
            .map_err(|error| HopFailure::at(FailurePoint::Drill, format!("an agent ended early: {error}")))?
            .map_err(at(Hop::Script, "a call of an agent"))?;
    }
    succeeded(&client, &command, plan.machines).await?;
    let answered = begun.elapsed();
    let archives = count(&client, &work.bucket).await?;
    if archives != plan.machines {
        return Err(HopFailure::at(Hop::Object, format!("{archives} of {} archives are in the bucket", plan.machines)));
    }
    Ok(FleetTimes { launched, online: registered, answered })
}

/// Bytes that no compression makes less of.
fn archive(folder: &Path, size: usize) -> Result<tempfile::NamedTempFile, HopFailure> {
    let failed = |error: std::io::Error| HopFailure::at(FailurePoint::Drill, format!("no temporary file: {error}"));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let mut bytes = Vec::with_capacity(size.saturating_add(16));
    while bytes.len() < size {
        bytes.extend_from_slice(uuid::Uuid::new_v4().as_bytes());
    }
    bytes.truncate(size);
    file.write_all(&bytes).map_err(failed)?;
    Ok(file)
}

/// Why no more agents come online.
async fn first_failure(agents: &mut JoinSet<Result<(), nightproof_wire::AwsError>>) -> HopFailure {
    while let Some(ended) = agents.join_next().await {
        if let Ok(Err(error)) = ended {
            return at(Hop::Instance, "a call of an agent")(error);
        }
    }
    HopFailure::at(Hop::Instance, "the agents ended before all were online")
}

/// Sends all of them one command at once, and returns its id.
async fn send(client: &DynamicClient) -> Result<String, HopFailure> {
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "Parameters": { "commands": ["true"] }, "MaxConcurrency": "100%",
        "Targets": [{ "Key": format!("tag:{}", TAG.0), "Values": [TAG.1] }],
    });
    let sent = client.ask("ssm", "SendCommand", &input).await.map_err(at(Hop::Command, "SendCommand"))?;
    Ok(sent.pointer("/Command/CommandId").and_then(Value::as_str).unwrap_or_default().to_owned())
}

/// Waits until the command has succeeded on as many instances.
async fn succeeded(client: &DynamicClient, id: &str, machines: usize) -> Result<(), HopFailure> {
    let seen = nightproof_poll::try_until(ENDED_BOUND, || async {
        let found = run_command::command(client, id).await.map_err(at(Hop::Command, "ListCommands"))?.unwrap_or_default();
        let is_done = found.status == "Success" && usize::try_from(found.target_count).is_ok_and(|count| count == machines);
        Ok::<_, HopFailure>(if is_done { Ok(()) } else { Err(format!("{} on {} instances", found.status, found.target_count)) })
    });
    seen.await?.map_err(|seen| HopFailure::at(Hop::Command, format!("the command is {seen}, and not Success on {machines}")))
}

/// How many objects the bucket has.
async fn count(client: &DynamicClient, bucket: &str) -> Result<usize, HopFailure> {
    let (mut count, mut token) = (0, Value::Null);
    loop {
        let input = json!({ "Bucket": bucket, "ContinuationToken": token });
        let page = client.ask("s3", "ListObjectsV2", &input).await.map_err(at(Hop::Object, "ListObjectsV2"))?;
        count += page.get("Contents").and_then(Value::as_array).map_or(0, Vec::len);
        match page.get("NextContinuationToken") {
            Some(next) => token = next.clone(),
            None => return Ok(count),
        }
    }
}
