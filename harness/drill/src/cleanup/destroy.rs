//! Destroy: removes what the drill made, and looks for what is left.

use std::time::Duration;

use serde_json::{Value, json};

use crate::FailurePoint;
use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::Resources;
use crate::account::stack;
use crate::archive::bucket;
use crate::chain::failure::{HopFailure, at, refused};
use crate::cleanup::tagged;
use crate::steps::restore_script;

const BOUND: Duration = Duration::from_secs(900);
/// Access logs may come into a bucket that was just emptied.
const ATTEMPTS: u32 = 4;

/// What the drill has made, or was about to make.
#[derive(Debug, Clone, Default)]
pub(crate) struct Made {
    pub(crate) stack: Option<String>,
    pub(crate) seed_bucket: Option<String>,
    /// Beside the stack.
    pub(crate) instances: Vec<String>,
    /// Stacks that existed before it, in their order.
    pub(crate) existing: Option<ExistingStacks>,
}

/// Stacks that were made as if they existed already.
#[derive(Debug, Clone)]
pub(crate) struct ExistingStacks {
    /// Of whoever made them.
    pub(crate) client: DynamicClient,
    pub(crate) names: Vec<String>,
}

/// Removes it, and looks for what has the run's tag. Returns what could not be removed, as `kind name: why`.
pub(crate) async fn destroy(client: &DynamicClient, run: &str, made: &Made) -> Vec<String> {
    let mut leftovers = Vec::new();
    // While they are there the stack's network cannot be removed.
    for instance in &made.instances {
        if let Err(broken) = restore_script::terminate(client, instance).await {
            leftovers.push(format!("instance {instance}: {}", broken.reason));
        }
    }
    if let Some(name) = &made.seed_bucket
        && let Err(broken) = remove_bucket(client, name).await
    {
        leftovers.push(format!("bucket {name}: {}", broken.reason));
    }
    if let Some(name) = &made.stack {
        leftovers.extend(stack_and_contents(client, name).await);
    }
    if let Some(existing) = &made.existing {
        for name in existing.names.iter().rev() {
            leftovers.extend(stack_and_contents(&existing.client, name).await);
        }
    }
    leftovers.extend(tagged::remains(client, run, &leftovers).await);
    leftovers
}

/// Removes a stack. Returns what could not be removed of it.
pub(crate) async fn stack_and_contents(client: &DynamicClient, name: &str) -> Vec<String> {
    match remove_stack(client, name).await {
        Ok(resources) => remains(client, &resources).await,
        Err(broken) => vec![format!("stack {name}: {}", broken.reason)],
    }
}

/// Removes a bucket and what is in it, if it is there.
pub(crate) async fn remove_bucket(client: &DynamicClient, name: &str) -> Result<(), HopFailure> {
    if !bucket::exists(client, name).await? {
        return Ok(());
    }
    bucket::empty(client, name).await?;
    let input = json!({ "Bucket": name });
    client.ask("s3", "DeleteBucket", &input).await.map_err(at(FailurePoint::Drill, "DeleteBucket"))?;
    Ok(())
}

/// Returns what the stack had: once it is gone nobody could tell.
async fn remove_stack(client: &DynamicClient, name: &str) -> Result<Resources, HopFailure> {
    let Some(id) = stack_id(client, name).await? else { return Ok(Resources::default()) };
    let had = Resources::load(client, &id).await?;
    let mut last = String::new();
    for _ in 0..ATTEMPTS {
        for bucket in had.ids("AWS::S3::Bucket") {
            // One that was never made, or is gone already, needs no emptying.
            if bucket::exists(client, &bucket).await? {
                bucket::empty(client, &bucket).await?;
            }
        }
        stack::delete(client, &id).await.map_err(at(FailurePoint::Drill, "DeleteStack"))?;
        match deleted(client, &id).await? {
            None => return Ok(had),
            Some(reason) => last = reason,
        }
    }
    Err(HopFailure::at(FailurePoint::Drill, last))
}

/// The id of the stack with this name; a deleted stack is found by its id alone.
async fn stack_id(client: &DynamicClient, name: &str) -> Result<Option<String>, HopFailure> {
    match stack::describe(client, name).await {
        Ok(found) => Ok(found.map(|stack| stack.stack_id)),
        Err(error) if stack::is_missing(&error) => Ok(None),
        Err(error) => Err(at(FailurePoint::Drill, "DescribeStacks")(error)),
    }
}

/// Waits for the end of a deletion. Returns why it failed, if it did.
async fn deleted(client: &DynamicClient, id: &str) -> Result<Option<String>, HopFailure> {
    let ended = nightproof_poll::try_until(BOUND, || async {
        let found = match stack::describe(client, id).await {
            Ok(found) => found,
            Err(error) if stack::is_missing(&error) => None,
            Err(error) => return Err(at(FailurePoint::Drill, "DescribeStacks")(error)),
        };
        let Some(stack) = found else { return Ok(Ok(None)) };
        Ok::<_, HopFailure>(match stack.stack_status.as_str() {
            "DELETE_COMPLETE" => Ok(None),
            "DELETE_FAILED" => Ok(Some(stack.stack_status_reason.unwrap_or_else(|| "DELETE_FAILED without a reason".to_owned()))),
            _ => Err(stack.stack_status),
        })
    })
    .await?;
    Ok(ended.unwrap_or_else(|seen| Some(format!("still {seen} after {} s", BOUND.as_secs()))))
}

/// What is still there of the stack: buckets, functions, rules, log groups.
async fn remains(client: &DynamicClient, resources: &Resources) -> Vec<String> {
    let mut found = Vec::new();
    for bucket in resources.ids("AWS::S3::Bucket") {
        match bucket::exists(client, &bucket).await {
            Ok(true) => found.push(format!("bucket {bucket}")),
            Ok(false) => {}
            Err(broken) => found.push(format!("bucket {bucket}, perhaps: {}", broken.reason)),
        }
    }
    for function in resources.ids("AWS::Lambda::Function") {
        match client.ask("lambda", "GetFunction", &json!({ "FunctionName": function })).await {
            Ok(_) => found.push(format!("function {function}")),
            Err(error) if error.code == "ResourceNotFoundException" => {}
            Err(error) => found.push(format!("function {function}, perhaps: {}", refused("GetFunction", &error))),
        }
        found.extend(remove_log_group(client, &function).await);
    }
    for rule in resources.ids("AWS::Events::Rule") {
        // The physical id of a rule on a bus of its own is `bus|rule`.
        let (bus, name) = rule.split_once('|').map_or((None, rule.as_str()), |(bus, name)| (Some(bus), name));
        match client.ask("events", "DescribeRule", &json!({ "Name": name, "EventBusName": bus })).await {
            Ok(_) => found.push(format!("rule {rule}")),
            Err(error) if error.code == "ResourceNotFoundException" => {}
            Err(error) => found.push(format!("rule {rule}, perhaps: {}", refused("DescribeRule", &error))),
        }
    }
    found
}

/// A function whose template has no log group makes one by itself, and nobody deletes it. Returns what cannot be removed.
async fn remove_log_group(client: &DynamicClient, function: &str) -> Option<String> {
    let group = format!("/aws/lambda/{function}");
    // Groups come by name, so that of those that begin so the one itself is the first.
    let known = match client.ask("logs", "DescribeLogGroups", &json!({ "logGroupNamePrefix": group })).await {
        Ok(answer) => {
            let mut groups = answer.get("logGroups").and_then(Value::as_array).into_iter().flatten();
            groups.any(|one| one.get("logGroupName").and_then(Value::as_str) == Some(group.as_str()))
        }
        Err(error) => return Some(format!("log group {group}, perhaps: {}", refused("DescribeLogGroups", &error))),
    };
    if !known {
        return None;
    }
    let removed = client.ask("logs", "DeleteLogGroup", &json!({ "logGroupName": group })).await;
    removed.err().map(|error| format!("log group {group}: {}", refused("DeleteLogGroup", &error)))
}
