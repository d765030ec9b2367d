//! The drill's own bucket: what goes to instances goes through it, and what the template names by paths, and a template that is too large
//! for a request.

use std::time::Duration;

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, Tag, Tagging};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

use crate::account::clients::Clients;
use crate::archive::bucket;
use crate::chain::failure::{HopFailure, at};
use crate::{FailurePoint, Plan};

/// How long S3 may not know a bucket that it has made.
const VISIBLE_BOUND: Duration = Duration::from_secs(60);

/// Makes the plan's bucket, with the plan's tags, unless it is there already.
pub(crate) async fn ensure(clients: &Clients, plan: &Plan) -> Result<(), HopFailure> {
    let name = plan.seed_bucket();
    if bucket::exists(clients, &name).await? {
        return Ok(());
    }
    let elsewhere = (plan.endpoint.region != "us-east-1").then(|| {
        let region = BucketLocationConstraint::from(plan.endpoint.region.as_str());
        CreateBucketConfiguration::builder().location_constraint(region).build()
    });
    let create = clients.s3.create_bucket().bucket(&name).set_create_bucket_configuration(elsewhere);
    create.send().await.map_err(at(FailurePoint::Drill, "CreateBucket"))?;
    let tags = plan.tags().map(|(key, value)| Tag::builder().key(key).value(value).build());
    let tags = tags.collect::<Result<Vec<_>, _>>().and_then(|tags| Tagging::builder().set_tag_set(Some(tags)).build());
    let tags = tags.map_err(|error| HopFailure::at(FailurePoint::Drill, error.to_string()))?;
    once_visible("PutBucketTagging", || {
        let tagging = clients.s3.put_bucket_tagging().bucket(&name).tagging(tags.clone());
        async { Ok(tagging.send().await) }
    })
    .await?;
    Ok(())
}

/// Makes a call in the bucket that was just made, again for a while as long as S3 does not know the bucket everywhere.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel>
pub(crate) async fn once_visible<T, E, F>(operation: &'static str, call: impl Fn() -> F) -> Result<T, HopFailure>
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
