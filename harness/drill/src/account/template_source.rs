//! A template as a request has it: its text, or its address in the drill's own bucket.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::Plan;
use crate::account::dynamic_client::DynamicClient;
use crate::archive::own_bucket;
use crate::chain::failure::HopFailure;

/// The largest template in a request, in bytes; in a bucket it may have a megabyte.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const LARGEST_BODY: usize = 51_200;

/// Whether a request has no room for `template`.
pub(crate) fn is_large(template: &str) -> bool {
    template.len() > LARGEST_BODY
}

/// The member of a request that gives `template`, with its value. A large one goes through the plan's bucket.
pub(crate) async fn member(client: &DynamicClient, plan: &Plan, template: &str) -> Result<(&'static str, Value), HopFailure> {
    if !is_large(template) {
        return Ok(("TemplateBody", template.into()));
    }
    own_bucket::ensure(client, plan).await?;
    let bucket = plan.seed_bucket();
    let digest = hex::encode(Sha256::digest(template));
    let key = format!("{}.template", digest.get(..16).unwrap_or(&digest));
    own_bucket::put(client, plan, &key, template.as_bytes()).await?;
    Ok(("TemplateURL", format!("https://{bucket}.s3.{}.amazonaws.com/{key}", plan.endpoint.region).into()))
}
