//! Boot: waits until the stack's instances are managed by SSM.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_ssm::types::{InstanceInformationStringFilter, PingStatus};

use crate::clients::Clients;
use crate::deploy::Resources;
use crate::failure::{Broken, at};
use crate::poll;

/// The stack's instances, all of them online within `bound`.
pub(crate) async fn boot(clients: &Clients, resources: &Resources, bound: Duration) -> Result<Vec<String>, Broken> {
    let instances = resources.ids("AWS::EC2::Instance");
    if instances.is_empty() {
        return Err(Broken::at("instance", "the stack has no instance, so there is nothing to back up"));
    }
    let online = poll::until(bound, || async {
        let states = states(clients, &instances).await?;
        let waiting: Vec<String> = instances
            .iter()
            .filter(|instance| states.get(*instance) != Some(&PingStatus::Online))
            .map(|instance| match states.get(instance) {
                Some(status) => format!("{instance} is {status}"),
                None => format!("{instance} is not registered"),
            })
            .collect();
        Ok::<_, Broken>(if waiting.is_empty() { Ok(()) } else { Err(waiting.join(", ")) })
    })
    .await?;
    match online {
        Ok(()) => Ok(instances),
        Err(seen) => Err(Broken::at(
            "instance",
            format!(
                "after {} s {seen}: an instance needs an instance profile with AmazonSSMManagedInstanceCore and a way to SSM",
                bound.as_secs()
            ),
        )),
    }
}

/// What SSM knows of each.
pub(crate) async fn states(clients: &Clients, instances: &[String]) -> Result<BTreeMap<String, PingStatus>, Broken> {
    let filter = InstanceInformationStringFilter::builder()
        .key("InstanceIds")
        .set_values(Some(instances.to_vec()))
        .build()
        .map_err(|error| Broken::at("drill", error.to_string()))?;
    let answer = clients
        .ssm
        .describe_instance_information()
        .filters(filter)
        .send()
        .await
        .map_err(at("instance", "DescribeInstanceInformation"))?;
    Ok(answer
        .instance_information_list()
        .iter()
        .filter_map(|found| Some((found.instance_id()?.to_owned(), found.ping_status()?.clone())))
        .collect())
}
