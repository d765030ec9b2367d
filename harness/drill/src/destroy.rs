//! Destroy: removes what the drill made, and looks for what is left.

use std::time::Duration;

use aws_sdk_cloudformation::types::StackStatus;

use crate::clients::Clients;
use crate::deploy::{self, Resources};
use crate::failure::{Broken, at, refused};
use crate::{bucket, poll};

const BOUND: Duration = Duration::from_secs(900);
/// Access logs may come into a bucket that was just emptied.
const ATTEMPTS: u32 = 4;

/// What the drill has made, or was about to make.
#[derive(Debug, Clone, Default)]
pub(crate) struct Made {
    pub(crate) stack: Option<String>,
    pub(crate) seed_bucket: Option<String>,
}

/// Removes it. Answers what could not be removed, as `kind name: why`.
pub(crate) async fn destroy(clients: &Clients, made: &Made) -> Vec<String> {
    let mut leftovers = Vec::new();
    if let Some(name) = &made.seed_bucket
        && let Err(broken) = remove_bucket(clients, name).await
    {
        leftovers.push(format!("bucket {name}: {}", broken.reason));
    }
    if let Some(name) = &made.stack {
        // What it had, before it is gone: afterwards nobody could tell.
        let resources = deploy::resources(clients, name).await.unwrap_or_default();
        if let Err(broken) = remove_stack(clients, name).await {
            leftovers.push(format!("stack {name}: {}", broken.reason));
        }
        leftovers.extend(remains(clients, name, &resources).await);
    }
    leftovers
}

async fn remove_bucket(clients: &Clients, name: &str) -> Result<(), Broken> {
    match clients.s3.head_bucket().bucket(name).send().await {
        Ok(_) => {}
        Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found()) => return Ok(()),
        Err(error) => return Err(at("drill", "HeadBucket")(error)),
    }
    bucket::empty(clients, name).await?;
    clients.s3.delete_bucket().bucket(name).send().await.map_err(at("drill", "DeleteBucket"))?;
    Ok(())
}

async fn remove_stack(clients: &Clients, name: &str) -> Result<(), Broken> {
    let Some(id) = stack_id(clients, name).await? else { return Ok(()) };
    let mut last = String::new();
    for _ in 0..ATTEMPTS {
        let resources = deploy::resources(clients, &id).await.unwrap_or_default();
        for bucket in resources.ids("AWS::S3::Bucket") {
            // One that was never made, or is gone already, needs no emptying.
            if clients.s3.head_bucket().bucket(&bucket).send().await.is_ok() {
                bucket::empty(clients, &bucket).await?;
            }
        }
        clients.cloudformation.delete_stack().stack_name(&id).send().await.map_err(at("drill", "DeleteStack"))?;
        match deleted(clients, &id).await? {
            None => return Ok(()),
            Some(reason) => last = reason,
        }
    }
    Err(Broken::at("drill", last))
}

/// The id of the stack with this name; a deleted stack is found by its id alone.
async fn stack_id(clients: &Clients, name: &str) -> Result<Option<String>, Broken> {
    match clients.cloudformation.describe_stacks().stack_name(name).send().await {
        Ok(answer) => Ok(answer.stacks().first().and_then(|stack| stack.stack_id()).map(str::to_owned)),
        Err(error) if refused("", &error).contains("does not exist") => Ok(None),
        Err(error) => Err(at("drill", "DescribeStacks")(error)),
    }
}

/// Waits for the end of a deletion. Answers why it failed, if it did.
async fn deleted(clients: &Clients, id: &str) -> Result<Option<String>, Broken> {
    let ended = poll::until(BOUND, || async {
        let answer = match clients.cloudformation.describe_stacks().stack_name(id).send().await {
            Ok(answer) => answer,
            Err(error) if refused("", &error).contains("does not exist") => return Ok(Ok(None)),
            Err(error) => return Err(at("drill", "DescribeStacks")(error)),
        };
        let Some(stack) = answer.stacks().first() else { return Ok(Ok(None)) };
        Ok::<_, Broken>(match stack.stack_status() {
            Some(StackStatus::DeleteComplete) => Ok(None),
            Some(StackStatus::DeleteFailed) => {
                Ok(Some(stack.stack_status_reason().unwrap_or("DELETE_FAILED without a reason").to_owned()))
            }
            status => Err(status.map_or_else(String::new, ToString::to_string)),
        })
    })
    .await?;
    Ok(ended.unwrap_or_else(|seen| Some(format!("still {seen} after {} s", BOUND.as_secs()))))
}

/// What is still there of the stack: buckets, functions, rules, log groups. A key waits for its deletion, as AWS wants it.
async fn remains(clients: &Clients, stack: &str, resources: &Resources) -> Vec<String> {
    let mut found = Vec::new();
    match clients.s3.list_buckets().send().await {
        Ok(answer) => {
            let own = resources.ids("AWS::S3::Bucket");
            let names = answer.buckets().iter().filter_map(|bucket| bucket.name());
            found.extend(names.filter(|name| own.iter().any(|one| one == name)).map(|name| format!("bucket {name}")));
        }
        Err(error) => found.push(format!("buckets, unknown: {}", refused("ListBuckets", &error))),
    }
    for function in resources.ids("AWS::Lambda::Function") {
        if clients.lambda.get_function().function_name(&function).send().await.is_ok() {
            found.push(format!("function {function}"));
        }
        let group = format!("/aws/lambda/{function}");
        match clients.logs.describe_log_groups().log_group_name_prefix(&group).send().await {
            Ok(answer) if answer.log_groups().iter().any(|one| one.log_group_name() == Some(group.as_str())) => {
                // A function whose template has no log group makes one by itself, and nobody deletes it.
                if let Err(error) = clients.logs.delete_log_group().log_group_name(&group).send().await {
                    found.push(format!("log group {group}: {}", refused("DeleteLogGroup", &error)));
                }
            }
            Ok(_) => {}
            Err(error) => found.push(format!("log groups, unknown: {}", refused("DescribeLogGroups", &error))),
        }
    }
    match clients.events.list_rules().name_prefix(stack).send().await {
        Ok(answer) => found.extend(answer.rules().iter().filter_map(|rule| rule.name()).map(|name| format!("rule {name}"))),
        Err(error) => found.push(format!("rules, unknown: {}", refused("ListRules", &error))),
    }
    found
}
