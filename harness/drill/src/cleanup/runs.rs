//! Runs of this and earlier drills in an account: who is asking, what is there, and removing it.

use std::collections::BTreeMap;

use async_recursion::async_recursion;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;
use crate::account::identity::Identity;
use crate::account::stack::{self, Stack, Tag};
use crate::archive::bucket;
use crate::chain::failure::{HopFailure, at};
use crate::cleanup::destroy::{self, Made};
use crate::cleanup::marks::{EXPIRES_TAG, RUN_TAG, SEED_PREFIX, STACK_PREFIX};
use crate::steps::restore_script;
use crate::{Endpoint, Failure, FailurePoint};

/// Asks AWS who calls.
///
/// # Errors
/// AWS does not know the caller, or does not answer.
#[async_recursion]
pub async fn identity(endpoint: &Endpoint) -> Result<Identity, Failure> {
    let answer = DynamicClient::new(endpoint).ask("sts", "GetCallerIdentity", &json!({})).await;
    let answer = answer.map_err(at(FailurePoint::Drill, "GetCallerIdentity"))?;
    let text = |member: &str| answer.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Identity { account: text("Account"), arn: text("Arn") })
}

/// What a run has, or had, in the account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Run {
    /// Its id.
    pub run: String,
    /// From when on it may be removed, as its tag says; RFC 3339.
    pub expires: String,
    /// Its stack.
    pub stack: Option<String>,
    /// The bucket that its data goes through.
    pub seed_bucket: Option<String>,
}

/// All runs in the account whose stack or bucket has both tags. What lacks one of the tags is not nightproof's.
///
/// # Errors
/// AWS refused to list or to describe.
#[async_recursion]
pub async fn list(endpoint: &Endpoint) -> Result<Vec<Run>, Failure> {
    let client = DynamicClient::new(endpoint);
    let mut runs = BTreeMap::new();
    for (stack, tags) in stacks(&client).await? {
        if let Some(run) = tagged(&mut runs, &tags) {
            run.stack = Some(stack);
        }
    }
    for (bucket, tags) in seed_buckets(&client).await? {
        if let Some(run) = tagged(&mut runs, &tags) {
            run.seed_bucket = Some(bucket);
        }
    }
    Ok(runs.into_values().collect())
}

/// Removes what a run has: its buckets' content, its stack, the bucket that its data went through. Returns what is left and why.
#[async_recursion]
pub async fn destroy(endpoint: &Endpoint, run: &Run) -> Vec<String> {
    let client = DynamicClient::new(endpoint);
    let (stack, seed_bucket) = (run.stack.clone(), run.seed_bucket.clone());
    let instances = match restore_script::of_run(&client, &run.run).await {
        Ok(instances) => instances,
        Err(broken) => return vec![format!("instances of the run, perhaps: {}", broken.reason)],
    };
    destroy::destroy(&client, &run.run, &Made { stack, seed_bucket, instances, existing: None }).await
}

type Tags = Vec<(String, String)>;

/// The run that both tags name.
fn tagged<'a>(runs: &'a mut BTreeMap<String, Run>, tags: &Tags) -> Option<&'a mut Run> {
    let value = |wanted: &str| tags.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.clone());
    let (id, expires) = (value(RUN_TAG)?, value(EXPIRES_TAG)?);
    let run = runs.entry(id.clone()).or_insert_with(|| Run { run: id, ..Run::default() });
    // The later of two is the safe one.
    run.expires = std::mem::take(&mut run.expires).max(expires);
    Some(run)
}

/// Stacks by the names that runs give them, with their tags.
async fn stacks(client: &DynamicClient) -> Result<Vec<(String, Tags)>, HopFailure> {
    let mut listed = Vec::<Stack>::new();
    let all = client.pages("cloudformation", "ListStacks", json!({}), "StackSummaries", &mut listed).await;
    all.map_err(at(FailurePoint::Drill, "ListStacks"))?;
    listed.retain(|stack| stack.stack_status != "DELETE_COMPLETE" && stack.stack_name.starts_with(STACK_PREFIX));
    let mut found = Vec::new();
    for Stack { stack_name: name, .. } in listed {
        match stack::describe(client, &name).await {
            Ok(described) => {
                let tags = described.into_iter().flat_map(|stack| stack.tags).map(|tag| (tag.key, tag.value));
                found.push((name, tags.collect()));
            }
            // Gone since it was listed.
            Err(error) if stack::is_missing(&error) => {}
            Err(error) => return Err(at(FailurePoint::Drill, "DescribeStacks")(error)),
        }
    }
    Ok(found)
}

/// Buckets by the names that runs give them, with their tags.
async fn seed_buckets(client: &DynamicClient) -> Result<Vec<(String, Tags)>, HopFailure> {
    let names = bucket::all(client).await.map_err(at(FailurePoint::Drill, "ListBuckets"))?;
    let mut found = Vec::new();
    for name in names.into_iter().filter(|name| name.starts_with(SEED_PREFIX)) {
        let answer = client.read::<Tagged>("s3", "GetBucketTagging", &json!({ "Bucket": name })).await;
        let tags = match answer {
            Ok(answer) => answer.tag_set.into_iter().map(|tag| (tag.key, tag.value)).collect(),
            Err(error) if matches!(error.code.as_str(), "NoSuchTagSet" | "NoSuchBucket") => Tags::new(),
            Err(error) => return Err(at(FailurePoint::Drill, "GetBucketTagging")(error)),
        };
        found.push((name, tags));
    }
    Ok(found)
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html>
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tagged {
    #[serde(default)]
    tag_set: Vec<Tag>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_lacks_one_of_the_tags_is_no_run() {
        let mut runs = BTreeMap::new();
        assert!(tagged(&mut runs, &tags(&[(RUN_TAG, "a")])).is_none());
        assert!(tagged(&mut runs, &tags(&[(EXPIRES_TAG, "2026-01-01T00:00:00Z")])).is_none());
        assert!(runs.is_empty());
    }

    #[test]
    fn a_run_expires_when_its_last_part_does() {
        let mut runs = BTreeMap::new();
        for expires in ["2026-01-01T02:00:00Z", "2026-01-01T01:00:00Z"] {
            tagged(&mut runs, &tags(&[(RUN_TAG, "a"), (EXPIRES_TAG, expires)])).unwrap();
        }
        assert_eq!(runs["a"].expires, "2026-01-01T02:00:00Z");
    }
}
