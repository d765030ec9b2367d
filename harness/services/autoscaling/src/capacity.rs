//! Where the next instance of a group is launched, and which one leaves first.
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html>

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::service::AwsError;

use crate::error::validation;
use crate::group::{Group, Subnet};
use crate::instance::{Instance, LaunchedBy};

/// Termination policies. <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html>
pub(crate) const POLICIES: [&str; 7] = [
    "AllocationStrategy",
    "ClosestToNextInstanceHour",
    "Default",
    "NewestInstance",
    "OldestInstance",
    "OldestLaunchConfiguration",
    "OldestLaunchTemplate",
];

/// Refuses a policy that there is not; a function that chooses is lacking.
pub(crate) fn check_policies(policies: &[String]) -> Result<(), AwsError> {
    match policies.iter().find(|policy| !POLICIES.contains(&policy.as_str())) {
        None => Ok(()),
        Some(arn) if arn.starts_with("arn:") => Err(AwsError::not_implemented("autoscaling", "a function as termination policy")),
        Some(other) => {
            Err(validation(format!("Termination policy {other} is not one of the valid values: {}", POLICIES.join(", "))))
        }
    }
}

/// The subnet with the fewest instances of the zone with the fewest; without subnets, that zone.
pub(crate) fn place(group: &Group) -> Subnet {
    let of_zone = |zone: &str| group.staying().filter(|instance| instance.zone == zone).count();
    let of_subnet = |id: &str| group.staying().filter(|instance| instance.subnet == id).count();
    let subnets = group.settings.subnets.iter();
    if let Some(subnet) = subnets.min_by_key(|subnet| (of_zone(&subnet.zone), of_subnet(&subnet.id))) {
        return subnet.clone();
    }
    let zone = group.settings.zones.iter().min_by_key(|zone| of_zone(zone)).cloned().unwrap_or_default();
    Subnet { id: String::new(), zone }
}

/// The instance that leaves when there are too many: in the zone with the most, the first by the group's policies. `None` if all are
/// protected.
pub(crate) fn leaving(group: &Group, now: Timestamp) -> Option<String> {
    let mut by_zone: BTreeMap<&str, Vec<&Instance>> = BTreeMap::new();
    for instance in group.staying() {
        by_zone.entry(&instance.zone).or_default().push(instance);
    }
    // Of zones that have as many, the one that has the oldest instance.
    let zones = by_zone.into_values().filter(|instances| instances.iter().any(|instance| !instance.protected));
    let age = |instances: &Vec<&Instance>| instances.iter().map(|instance| instance.launched).min();
    let most = zones.max_by(|a, b| a.len().cmp(&b.len()).then_with(|| age(b).cmp(&age(a))))?;
    let mut candidates: Vec<&Instance> = most.into_iter().filter(|instance| !instance.protected).collect();
    for policy in &group.settings.termination_policies {
        candidates = narrowed(candidates, policy, now);
    }
    candidates.first().map(|instance| instance.id.clone())
}

/// The candidates that a policy leaves.
fn narrowed<'a>(candidates: Vec<&'a Instance>, policy: &str, now: Timestamp) -> Vec<&'a Instance> {
    match policy {
        "NewestInstance" => least(candidates, |instance| std::cmp::Reverse(instance.launched)),
        "OldestInstance" => least(candidates, |instance| instance.launched),
        "OldestLaunchTemplate" => least(candidates, |instance| template_age(&instance.by)),
        "OldestLaunchConfiguration" => least(candidates, |instance| matches!(instance.by, LaunchedBy::Template { .. })),
        "ClosestToNextInstanceHour" => least(candidates, |instance| to_next_hour(instance, now)),
        "Default" => {
            let old = least(candidates, |instance| template_age(&instance.by));
            least(old, |instance| to_next_hour(instance, now))
        }
        // Of one instance type all are alike to an allocation strategy.
        _ => candidates,
    }
}

/// Those of which `key` is least.
fn least<K: Ord>(candidates: Vec<&Instance>, key: impl Fn(&Instance) -> K) -> Vec<&Instance> {
    let least = candidates.iter().map(|instance| key(instance)).min();
    candidates.into_iter().filter(|instance| Some(key(instance)) == least).collect()
}

/// Launch configurations are older than all launch templates; of these the lower version is.
fn template_age(by: &LaunchedBy) -> (bool, i64) {
    match by {
        LaunchedBy::Configuration(_) => (false, 0),
        LaunchedBy::Template { version, .. } => (true, version.parse().unwrap_or(i64::MAX)),
    }
}

/// Seconds to the next full hour since the launch.
fn to_next_hour(instance: &Instance, now: Timestamp) -> i64 {
    3600 - now.duration_since(instance.launched).as_secs().rem_euclid(3600)
}
