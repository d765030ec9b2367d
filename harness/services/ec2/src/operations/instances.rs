//! Instances, their status and their interfaces.

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::not_found_as;
use crate::filter::{Filter, Paths, filtered, page, selected};
use crate::records::{Instance, Records, State};

static FILTERS: Paths = &[
    ("instance-id", "InstanceId"),
    ("image-id", "ImageId"),
    ("instance-type", "InstanceType"),
    ("instance-state-name", "State.Name"),
    ("instance-state-code", "State.Code"),
    ("architecture", "Architecture"),
    ("availability-zone", "Placement.AvailabilityZone"),
    ("availability-zone-id", "Placement.AvailabilityZoneId"),
    ("tenancy", "Placement.Tenancy"),
    ("vpc-id", "VpcId"),
    ("subnet-id", "SubnetId"),
    ("private-ip-address", "PrivateIpAddress"),
    ("private-dns-name", "PrivateDnsName"),
    ("ip-address", "PublicIpAddress"),
    ("dns-name", "PublicDnsName"),
    ("iam-instance-profile.arn", "IamInstanceProfile.Arn"),
    ("iam-instance-profile.id", "IamInstanceProfile.Id"),
    ("instance.group-id", "SecurityGroups.GroupId"),
    ("instance.group-name", "SecurityGroups.GroupName"),
    ("group-id", "SecurityGroups.GroupId"),
    ("group-name", "SecurityGroups.GroupName"),
    ("monitoring-state", "Monitoring.State"),
    ("client-token", "ClientToken"),
    ("launch-index", "AmiLaunchIndex"),
    ("launch-time", "LaunchTime"),
    ("root-device-name", "RootDeviceName"),
    ("root-device-type", "RootDeviceType"),
    ("hypervisor", "Hypervisor"),
    ("virtualization-type", "VirtualizationType"),
    ("platform-details", "PlatformDetails"),
    ("state-reason-code", "StateReason.Code"),
    ("owner-id", "OwnerId"),
    ("reservation-id", "ReservationId"),
    ("metadata-options.http-tokens", "MetadataOptions.HttpTokens"),
    ("metadata-options.http-endpoint", "MetadataOptions.HttpEndpoint"),
    ("metadata-options.http-put-response-hop-limit", "MetadataOptions.HttpPutResponseHopLimit"),
    ("block-device-mapping.volume-id", "BlockDeviceMappings.Ebs.VolumeId"),
    ("block-device-mapping.device-name", "BlockDeviceMappings.DeviceName"),
    ("network-interface.network-interface-id", "NetworkInterfaces.NetworkInterfaceId"),
    ("network-interface.subnet-id", "NetworkInterfaces.SubnetId"),
    ("network-interface.vpc-id", "NetworkInterfaces.VpcId"),
    ("network-interface.group-id", "NetworkInterfaces.Groups.GroupId"),
    ("network-interface.addresses.private-ip-address", "NetworkInterfaces.PrivateIpAddresses.PrivateIpAddress"),
];

/// The answer's reservations: instances that were launched together stand together.
pub(crate) fn reservations(records: &Records, instances: Vec<Value>) -> Vec<Value> {
    let mut reservations: Vec<(String, Vec<Value>)> = Vec::new();
    for mut instance in instances {
        let id = instance.required("ReservationId").to_owned();
        if let Some(instance) = instance.as_object_mut() {
            instance.remove("ReservationId");
            instance.remove("OwnerId");
        }
        match reservations.iter_mut().find(|(existing, _)| *existing == id) {
            Some((_, instances)) => instances.push(instance),
            None => reservations.push((id, vec![instance])),
        }
    }
    reservations
        .into_iter()
        .map(|(id, instances)| json!({ "ReservationId": id, "OwnerId": records.account, "Groups": [], "Instances": instances }))
        .collect()
}

/// All instances, in the order of launch, with the reservation's members that filters speak of.
fn all(records: &Records) -> Vec<Value> {
    let mut instances: Vec<&Instance> = records.instances.values().collect();
    instances.sort_by(|a, b| (a.launched, &a.reservation, a.launch_index).cmp(&(b.launched, &b.reservation, b.launch_index)));
    instances
        .into_iter()
        .map(|instance| {
            let mut described = instance.describe(records);
            if let Some(described) = described.as_object_mut() {
                described.insert("ReservationId".to_owned(), instance.reservation.as_str().into());
                described.insert("OwnerId".to_owned(), records.account.as_str().into());
            }
            described
        })
        .collect()
}

/// `DescribeInstances`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeInstances {
    #[serde(default)]
    instance_ids: Vec<String>,
    #[expect(dead_code, reason = "no resource of the region is managed by a service")]
    include_managed_resources: Option<bool>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    filters: Vec<Filter>,
    next_token: Option<String>,
    max_results: Option<i64>,
}

pub(crate) fn describe(records: &Records, input: &DescribeInstances) -> Result<Value, AwsError> {
    for id in &input.instance_ids {
        records.instance(id)?;
    }
    let chosen = selected(all(records), &input.instance_ids, "InstanceId", |id| not_found_as("i", id))?;
    let mut output =
        page("Instances", filtered(chosen, &input.filters, FILTERS)?, input.max_results, input.next_token.as_deref())?;
    if let Some(output) = output.as_object_mut()
        && let Some(Value::Array(instances)) = output.remove("Instances")
    {
        output.insert("Reservations".to_owned(), reservations(records, instances).into());
    }
    Ok(output)
}

/// `DescribeInstanceStatus`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceStatus.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeInstanceStatus {
    #[serde(default)]
    instance_ids: Vec<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
    #[expect(dead_code, reason = "no resource of the region is managed by a service")]
    include_managed_resources: Option<bool>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    include_all_instances: bool,
}

/// Checks pass once an instance runs: a machine that is booted is a machine that works.
pub(crate) fn describe_status(records: &Records, input: &DescribeInstanceStatus) -> Result<Value, AwsError> {
    for id in &input.instance_ids {
        records.instance(id)?;
    }
    let everything = input.include_all_instances;
    let mut shown = Vec::new();
    for instance in records.instances.values() {
        if !everything && instance.state != State::Running {
            continue;
        }
        let status = |name: &str| match instance.state {
            State::Running => json!({ "Status": "ok", "Details": [{ "Name": name, "Status": "passed" }] }),
            State::Pending => json!({ "Status": "initializing", "Details": [{ "Name": name, "Status": "initializing" }] }),
            _ => json!({ "Status": "not-applicable" }),
        };
        shown.push(json!({
            "InstanceId": instance.id, "AvailabilityZone": instance.zone, "AvailabilityZoneId": instance.zone_id,
            "InstanceState": instance.state.describe(), "InstanceStatus": status("reachability"), "SystemStatus": status("reachability"),
            "Events": [],
        }));
    }
    let wanted = &input.instance_ids;
    shown.retain(|status| wanted.is_empty() || status.text("InstanceId").is_some_and(|id| wanted.iter().any(|one| one == id)));
    let paths = &[
        ("availability-zone", "AvailabilityZone"),
        ("instance-state-name", "InstanceState.Name"),
        ("instance-state-code", "InstanceState.Code"),
        ("instance-status.status", "InstanceStatus.Status"),
        ("instance-status.reachability", "InstanceStatus.Details.Status"),
        ("system-status.status", "SystemStatus.Status"),
        ("system-status.reachability", "SystemStatus.Details.Status"),
    ];
    page("InstanceStatuses", filtered(shown, &input.filters, paths)?, input.max_results, input.next_token.as_deref())
}

requests! {
    DescribeInstances { dry_run },
    DescribeInstanceStatus { dry_run },
}
