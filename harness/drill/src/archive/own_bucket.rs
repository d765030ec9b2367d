//! The drill's own bucket: what goes to instances goes through it, and what the template names by paths, and a template that is too large
//! for a request.

use std::io::Write as _;
use std::time::Duration;

use nightproof_wire::AwsError;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::account::dynamic_client::DynamicClient;
use crate::archive::bucket;
use crate::chain::failure::{HopFailure, at};
use crate::{FailurePoint, Plan};

/// How long S3 may not know a bucket that it has made.
const VISIBLE_BOUND: Duration = Duration::from_secs(60);

/// Makes the plan's bucket, with the plan's tags, unless it is there already.
pub(crate) async fn ensure(client: &DynamicClient, plan: &Plan) -> Result<(), HopFailure> {
    let name = plan.seed_bucket();
    if bucket::exists(client, &name).await? {
        return Ok(());
    }
    let elsewhere = (plan.endpoint.region != "us-east-1").then(|| json!({ "LocationConstraint": plan.endpoint.region }));
    let input = json!({ "Bucket": name, "CreateBucketConfiguration": elsewhere });
    client.ask("s3", "CreateBucket", &input).await.map_err(at(FailurePoint::Drill, "CreateBucket"))?;
    let tags: Vec<Value> = plan.tags().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    let tagging = json!({ "Bucket": name, "Tagging": { "TagSet": tags } });
    once_visible("PutBucketTagging", || client.ask("s3", "PutBucketTagging", &tagging)).await?;
    Ok(())
}

/// Stores `content` in the plan's bucket, by way of a file: what a journal notes of a call are the bodies that are in memory.
pub(crate) async fn put(client: &DynamicClient, plan: &Plan, key: &str, content: &[u8]) -> Result<(), HopFailure> {
    let failed = |error: std::io::Error| HopFailure::at(FailurePoint::Drill, format!("no temporary file: {error}"));
    let mut file = NamedTempFile::new_in(&plan.folder).map_err(failed)?;
    file.write_all(content).map_err(failed)?;
    let input = json!({ "Bucket": plan.seed_bucket(), "Key": key });
    once_visible("PutObject", || client.upload(&input, file.path())).await.map(drop)
}

/// Makes a call in the bucket that was just made, again for a while as long as S3 does not know the bucket everywhere.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel>
pub(crate) async fn once_visible<F>(operation: &'static str, call: impl Fn() -> F) -> Result<Value, HopFailure>
where
    F: Future<Output = Result<Value, AwsError>>,
{
    let made = nightproof_poll::try_until(VISIBLE_BOUND, || async {
        match call().await {
            Ok(answer) => Ok(Ok(answer)),
            Err(error) if error.code == "NoSuchBucket" => Ok(Err(error.message)),
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
