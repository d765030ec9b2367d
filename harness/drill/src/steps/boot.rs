//! Boot: waits until the stack's instances are managed by SSM.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Hop;
use crate::account::dynamic_client::DynamicClient;
use crate::account::instances;
use crate::account::resources::Resources;
use crate::account::run_command;
use crate::chain::failure::{HopFailure, at};
use crate::evidence::network::{self, Destination};
use crate::timeouts::Timeouts;

/// Of an instance whose agent answers.
pub(crate) const ONLINE: &str = "Online";

/// The stack's instances, all of them online. If some are not, says what of their network keeps them from Systems Manager.
pub(crate) async fn boot(
    client: &DynamicClient,
    template: &str,
    resources: &Resources,
    timeouts: Timeouts,
) -> Result<Vec<String>, HopFailure> {
    let instances = instances::complete(client, resources, timeouts.boot).await?;
    if instances.is_empty() {
        return Err(HopFailure::at(Hop::Instance, "the stack has no instance, so there is nothing to back up"));
    }
    let Err(seen) = online(client, &instances, timeouts.network).await? else { return Ok(instances) };
    let unseen = match network::diagnose(client, template, resources, &instances, Destination::SystemsManager).await {
        Ok(Some(diagnosis)) => {
            return Err(HopFailure::at(Hop::Command, format!("{diagnosis} (after {} s {seen})", timeouts.network.as_secs())));
        }
        Ok(None) => String::new(),
        Err(error) => format!("; its network cannot be looked at: {}: {}", error.code, error.message),
    };
    let Err(seen) = online(client, &instances, timeouts.boot.saturating_sub(timeouts.network)).await? else {
        return Ok(instances);
    };
    Err(HopFailure::at(
        Hop::Instance,
        format!(
            "after {} s {seen}: an instance needs an instance profile with AmazonSSMManagedInstanceCore and a way to SSM{unseen}",
            timeouts.boot.as_secs()
        ),
    ))
}

/// Waits until all of these are online, `bound` at most; else what was seen instead.
async fn online(client: &DynamicClient, instances: &[String], bound: Duration) -> Result<Result<(), String>, HopFailure> {
    nightproof_poll::try_until(bound, || async {
        let states = states(client, instances).await?;
        let waiting: Vec<String> = instances
            .iter()
            .filter(|instance| states.get(*instance).is_none_or(|status| status != ONLINE))
            .map(|instance| match states.get(instance) {
                Some(status) => format!("{instance} is {status}"),
                None => format!("{instance} is not registered"),
            })
            .collect();
        Ok(if waiting.is_empty() { Ok(()) } else { Err(waiting.join(", ")) })
    })
    .await
}

/// What SSM knows of each: `Online`, `ConnectionLost`, `Inactive`.
pub(crate) async fn states(client: &DynamicClient, instances: &[String]) -> Result<BTreeMap<String, String>, HopFailure> {
    let known = run_command::managed(client, instances).await.map_err(at(Hop::Instance, "DescribeInstanceInformation"))?;
    Ok(known.into_iter().map(|found| (found.instance_id, found.ping_status)).collect())
}
