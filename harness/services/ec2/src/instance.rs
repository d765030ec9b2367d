//! Instances as records, and how they are shown.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::error::not_found_as;
use super::filter::{filtered, page, selected};
use super::instance_type::InstanceType;
use super::metadata_options::MetadataOptions;
use super::records::Records;
use super::security_group;
use super::volume::Volume;
use nightproof_machine_image::Image;

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Pending,
    Running,
    ShuttingDown,
    Terminated,
    Stopping,
    Stopped,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }

    pub(super) fn describe(self) -> Value {
        let code = match self {
            Self::Pending => 0,
            Self::Running => 16,
            Self::ShuttingDown => 32,
            Self::Terminated => 48,
            Self::Stopping => 64,
            Self::Stopped => 80,
        };
        json!({ "Code": code, "Name": self.name() })
    }
}

#[derive(Debug, Clone)]
pub(super) struct Instance {
    pub(super) id: String,
    pub(super) reservation: String,
    pub(super) launch_index: usize,
    pub(super) client_token: Option<String>,
    pub(super) image: &'static Image,
    pub(super) kind: &'static InstanceType,
    pub(super) vpc: String,
    pub(super) subnet: String,
    pub(super) zone: String,
    pub(super) zone_id: String,
    pub(super) groups: Vec<String>,
    pub(super) private_ip: Ipv4Addr,
    pub(super) public_ip: Option<Ipv4Addr>,
    /// Whether the subnet or the request asks for a public address at each start.
    pub(super) wants_public_ip: bool,
    pub(super) interface: Interface,
    pub(super) volumes: Vec<Volume>,
    pub(super) profile: Option<Profile>,
    pub(super) metadata: MetadataOptions,
    /// Base64, as given.
    pub(super) user_data: Option<String>,
    pub(super) state: State,
    /// Code and message.
    pub(super) state_reason: Option<(String, String)>,
    pub(super) transition: String,
    pub(super) launched: Timestamp,
    pub(super) monitoring: bool,
    pub(super) termination_protection: bool,
    pub(super) stop_protection: bool,
    pub(super) terminates_on_shutdown: bool,
    pub(super) ebs_optimized: bool,
    /// Counts boots, so that what belongs to an earlier one is told apart.
    pub(super) boots: u64,
    /// Region time of termination, from which the record stays visible for an hour.
    pub(super) ended: Option<Timestamp>,
}

/// The primary network interface.
#[derive(Debug, Clone)]
pub(super) struct Interface {
    pub(super) id: String,
    pub(super) attachment: String,
    pub(super) mac: String,
    pub(super) description: String,
    pub(super) source_dest_check: bool,
    pub(super) delete_on_termination: bool,
}

/// An instance profile that is associated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) arn: String,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) association: String,
    pub(super) since: Timestamp,
}

impl Instance {
    pub(super) fn is_terminated(&self) -> bool {
        self.state == State::Terminated
    }

    /// `ip-10-0-1-5.ec2.internal`: the name by address, as instances get it by default.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html>
    pub(super) fn private_dns(&self, region: &str) -> String {
        let dashed = self.private_ip.to_string().replace('.', "-");
        if region == "us-east-1" { format!("ip-{dashed}.ec2.internal") } else { format!("ip-{dashed}.{region}.compute.internal") }
    }

    /// The public name, in VPCs that give one.
    pub(super) fn public_dns(&self, records: &Records) -> String {
        let hostnames = records.vpcs.get(&self.vpc).is_some_and(|vpc| vpc.dns_hostnames && vpc.dns_support);
        match self.public_ip {
            Some(ip) if hostnames => {
                let dashed = ip.to_string().replace('.', "-");
                if records.region == "us-east-1" {
                    format!("ec2-{dashed}.compute-1.amazonaws.com")
                } else {
                    format!("ec2-{dashed}.{}.compute.amazonaws.com", records.region)
                }
            }
            _ => String::new(),
        }
    }

    fn association(&self, records: &Records) -> Option<Value> {
        let ip = self.public_ip?;
        let elastic = records.addresses.values().any(|address| address.ip == ip);
        let owner = if elastic { records.account.as_str() } else { "amazon" };
        Some(json!({ "IpOwnerId": owner, "PublicDnsName": self.public_dns(records), "PublicIp": ip.to_string() }))
    }

    /// The interface as the instance shows it, and nearly as `DescribeNetworkInterfaces` does.
    pub(super) fn describe_interface(&self, records: &Records) -> Value {
        let dns = self.private_dns(&records.region);
        let ip = self.private_ip.to_string();
        let mut address = json!({ "Primary": true, "PrivateDnsName": dns, "PrivateIpAddress": ip });
        let mut described = json!({
            "NetworkInterfaceId": self.interface.id,
            "InterfaceType": "interface",
            "OwnerId": records.account,
            "Status": "in-use",
            "Description": self.interface.description,
            "VpcId": self.vpc,
            "SubnetId": self.subnet,
            "MacAddress": self.interface.mac,
            "PrivateDnsName": dns,
            "PrivateIpAddress": ip,
            "SourceDestCheck": self.interface.source_dest_check,
            "Groups": security_group::identifiers(records, &self.groups),
            "Ipv6Addresses": [],
            "Attachment": {
                "AttachmentId": self.interface.attachment, "AttachTime": self.launched.to_string(), "DeviceIndex": 0,
                "NetworkCardIndex": 0, "DeleteOnTermination": self.interface.delete_on_termination, "Status": "attached",
            },
        });
        if let (Some(described), Some(association)) = (described.as_object_mut(), self.association(records)) {
            if let Some(address) = address.as_object_mut() {
                address.insert("Association".to_owned(), association.clone());
            }
            described.insert("Association".to_owned(), association);
        }
        if let Some(described) = described.as_object_mut() {
            described.insert("PrivateIpAddresses".to_owned(), json!([address]));
        }
        described
    }

    pub(super) fn describe(&self, records: &Records) -> Value {
        let gone = self.is_terminated();
        let mappings: Vec<Value> = if gone { Vec::new() } else { self.volumes.iter().map(Volume::as_mapping).collect() };
        let mut described = json!({
            "InstanceId": self.id,
            "ImageId": self.image.id,
            "InstanceType": self.kind.name,
            "AmiLaunchIndex": self.launch_index,
            "ClientToken": self.client_token.as_deref().unwrap_or_default(),
            "LaunchTime": self.launched.to_string(),
            "State": self.state.describe(),
            "StateTransitionReason": self.transition,
            "Placement": { "AvailabilityZone": self.zone, "AvailabilityZoneId": self.zone_id, "GroupName": "", "Tenancy": "default" },
            "Monitoring": { "State": if self.monitoring { "enabled" } else { "disabled" } },
            "Architecture": self.kind.architecture,
            "Hypervisor": "xen",
            "VirtualizationType": "hvm",
            "RootDeviceType": "ebs",
            "RootDeviceName": self.image.root_device(),
            "BlockDeviceMappings": mappings,
            "EbsOptimized": self.ebs_optimized,
            "EnaSupport": true,
            "ProductCodes": [],
            "PlatformDetails": "Linux/UNIX",
            "UsageOperation": "RunInstances",
            "UsageOperationUpdateTime": self.launched.to_string(),
            "CurrentInstanceBootMode": if self.image.boot_mode().is_some() { "uefi" } else { "legacy-bios" },
            "MetadataOptions": self.metadata.describe(),
            "EnclaveOptions": { "Enabled": false },
            "HibernationOptions": { "Configured": false },
            "CapacityReservationSpecification": { "CapacityReservationPreference": "open" },
            "CpuOptions": { "CoreCount": self.kind.cpus.div_ceil(2), "ThreadsPerCore": self.kind.cpus.min(2) },
            "MaintenanceOptions": { "AutoRecovery": "default" },
            "PrivateDnsName": if gone { String::new() } else { self.private_dns(&records.region) },
            "PublicDnsName": if gone { String::new() } else { self.public_dns(records) },
            "SecurityGroups": if gone { Vec::new() } else { security_group::identifiers(records, &self.groups) },
            "NetworkInterfaces": if gone { Vec::new() } else { vec![self.describe_interface(records)] },
            "Tags": records.tags_of(&self.id),
        });
        if let Some(described) = described.as_object_mut() {
            let mut put = |name: &str, value: Value| described.insert(name.to_owned(), value);
            if !gone {
                put("VpcId", self.vpc.as_str().into());
                put("SubnetId", self.subnet.as_str().into());
                put("PrivateIpAddress", self.private_ip.to_string().into());
                put("SourceDestCheck", self.interface.source_dest_check.into());
                put(
                    "PrivateDnsNameOptions",
                    json!({ "HostnameType": "ip-name", "EnableResourceNameDnsARecord": false, "EnableResourceNameDnsAAAARecord": false }),
                );
                if let Some(ip) = self.public_ip {
                    put("PublicIpAddress", ip.to_string().into());
                }
                if let Some(profile) = &self.profile {
                    put("IamInstanceProfile", json!({ "Arn": profile.arn, "Id": profile.id }));
                }
            }
            if let Some(mode) = self.image.boot_mode() {
                put("BootMode", mode.into());
            }
            if let Some((code, message)) = &self.state_reason {
                put("StateReason", json!({ "Code": code, "Message": message }));
            }
        }
        described
    }
}

static FILTERS: super::filter::Paths = &[
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
pub(super) fn reservations(records: &Records, instances: Vec<Value>) -> Vec<Value> {
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

pub(super) fn describe(records: &Records, input: &Value) -> Result<Value, AwsError> {
    for id in input.texts("InstanceIds") {
        records.instance(id)?;
    }
    let chosen = selected(all(records), input, "InstanceIds", "InstanceId", |id| not_found_as("i", id))?;
    let mut output = page("Instances", filtered(chosen, input, FILTERS)?, input)?;
    if let Some(output) = output.as_object_mut()
        && let Some(Value::Array(instances)) = output.remove("Instances")
    {
        output.insert("Reservations".to_owned(), reservations(records, instances).into());
    }
    Ok(output)
}

/// Checks pass once an instance runs: a machine that is booted is a machine that works.
pub(super) fn describe_status(records: &Records, input: &Value) -> Result<Value, AwsError> {
    for id in input.texts("InstanceIds") {
        records.instance(id)?;
    }
    let everything = input.flag("IncludeAllInstances").unwrap_or(false);
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
    let wanted = input.texts("InstanceIds");
    shown.retain(|status| wanted.is_empty() || status.text("InstanceId").is_some_and(|id| wanted.contains(&id)));
    let paths = &[
        ("availability-zone", "AvailabilityZone"),
        ("instance-state-name", "InstanceState.Name"),
        ("instance-state-code", "InstanceState.Code"),
        ("instance-status.status", "InstanceStatus.Status"),
        ("instance-status.reachability", "InstanceStatus.Details.Status"),
        ("system-status.status", "SystemStatus.Status"),
        ("system-status.reachability", "SystemStatus.Details.Status"),
    ];
    page("InstanceStatuses", filtered(shown, input, paths)?, input)
}

pub(super) fn describe_interfaces(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let mut shown = Vec::new();
    for instance in records.instances.values().filter(|instance| !instance.is_terminated()) {
        let mut described = instance.describe_interface(records);
        if let Some(described) = described.as_object_mut() {
            described.insert("AvailabilityZone".to_owned(), instance.zone.as_str().into());
            described.insert("AvailabilityZoneId".to_owned(), instance.zone_id.as_str().into());
            described.insert("RequesterManaged".to_owned(), false.into());
            described.insert("TagSet".to_owned(), records.tags_of(&instance.interface.id));
            if let Some(Value::Object(attachment)) = described.get_mut("Attachment") {
                attachment.insert("InstanceId".to_owned(), instance.id.as_str().into());
                attachment.insert("InstanceOwnerId".to_owned(), records.account.as_str().into());
            }
        }
        shown.push(described);
    }
    let chosen = selected(shown, input, "NetworkInterfaceIds", "NetworkInterfaceId", |id| not_found_as("eni", id))?;
    let paths = &[
        ("network-interface-id", "NetworkInterfaceId"),
        ("vpc-id", "VpcId"),
        ("subnet-id", "SubnetId"),
        ("group-id", "Groups.GroupId"),
        ("group-name", "Groups.GroupName"),
        ("availability-zone", "AvailabilityZone"),
        ("private-ip-address", "PrivateIpAddress"),
        ("addresses.private-ip-address", "PrivateIpAddresses.PrivateIpAddress"),
        ("association.public-ip", "Association.PublicIp"),
        ("attachment.instance-id", "Attachment.InstanceId"),
        ("attachment.attachment-id", "Attachment.AttachmentId"),
        ("attachment.status", "Attachment.Status"),
        ("description", "Description"),
        ("interface-type", "InterfaceType"),
        ("mac-address", "MacAddress"),
        ("owner-id", "OwnerId"),
        ("requester-managed", "RequesterManaged"),
        ("status", "Status"),
    ];
    page("NetworkInterfaces", filtered(chosen, input, paths)?, input)
}
