//! Package: uploads what the template names by paths of this machine.

use crate::account::dynamic_client::DynamicClient;
use crate::archive::own_bucket;
use crate::chain::failure::HopFailure;
use crate::{FailurePoint, Package, Plan};

/// Uploads to the plan's bucket. Returns the template with addresses in the place of paths.
pub(crate) async fn package(client: &DynamicClient, plan: &Plan, package: &dyn Package) -> Result<String, HopFailure> {
    own_bucket::ensure(client, plan).await?;
    let packaged = package.package(&plan.seed_bucket()).await;
    packaged
        .map_err(|why| HopFailure::at(FailurePoint::Input, format!("what the template names by paths cannot be uploaded: {why}")))
}
