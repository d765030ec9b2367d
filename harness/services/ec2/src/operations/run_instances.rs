//! `RunInstances`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html>

use std::sync::Arc;

use nightproof_core::credentials::random_string;
use nightproof_core::document::Members as _;
use nightproof_core::quota;
use nightproof_core::service::{Arn, AwsError, Call};
use serde_json::{Value, json};

use super::instance_profiles;
use crate::ec2::Ec2;
use crate::error::{dry_run, error, invalid_parameter, missing, unsupported};
use crate::instance_type::{self, InstanceType};
use crate::metadata_options::MetadataOptions;
use crate::records::{Instance, Interface, Profile, Records, State, Subnet};
use crate::resource_id::resource_id;
use crate::{block_device, image, request_tags, security_group, subnet_address, user_data};

/// Members that would change what is launched, and are not written.
const UNWRITTEN: &[&str] = &[
    "Ipv6AddressCount",
    "Ipv6Addresses",
    "KernelId",
    "RamdiskId",
    "ElasticGpuSpecification",
    "ElasticInferenceAccelerators",
    "LaunchTemplate",
    "InstanceMarketOptions",
    "CpuOptions",
    "LicenseSpecifications",
    "PrivateDnsNameOptions",
    "EnablePrimaryIpv6",
    "NetworkPerformanceOptions",
    "Operator",
    "SecondaryInterfaces",
    "AdditionalInfo",
];

/// Where the interface of a launch goes.
struct Network<'a> {
    subnet: Subnet,
    groups: Vec<String>,
    private_ip: Option<&'a str>,
    public_ip: bool,
    description: &'a str,
    delete_on_termination: bool,
}

impl Ec2 {
    pub(crate) async fn run_instances(self: &Arc<Self>, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let (region, account) = (&call.region, call.account());
        let profile = instance_profiles::named(call, input).await?;
        let input = &image::resolved(call, input.clone()).await?;
        if input.flag("DryRun") == Some(true) {
            self.with_records(region, account, |records| run(&mut records.clone(), call, input, profile))?;
            return Err(dry_run());
        }
        let (output, launched) = self.with_records(region, account, |records| {
            // A refusal leaves nothing behind, not even of the first of several instances.
            let mut changed = records.clone();
            let result = run(&mut changed, call, input, profile)?;
            *records = changed;
            Ok::<_, AwsError>(result)
        })?;
        for id in launched {
            self.boot(region, account, &id);
        }
        Ok(output)
    }
}

/// Makes the records of a launch in state `pending`. Returns the reservation and the ids to boot.
fn run(records: &mut Records, call: &Call, input: &Value, profile: Option<Profile>) -> Result<(Value, Vec<String>), AwsError> {
    if let Some(answer) = repeated(records, input)? {
        return Ok((answer, Vec::new()));
    }
    refuse_unwritten(input)?;
    let image_id = input.text("ImageId").ok_or_else(|| missing("ImageId"))?;
    let image = image::find(image_id)?;
    // AWS's default type is of another age; it would not boot this image's kind either.
    let kind = instance_type::find(input.text("InstanceType").unwrap_or("t3.micro"))?;
    image::check(image, kind)?;
    let count = count(input)?;
    check_quota(records, kind, count)?;
    if let Some(key) = input.text("KeyName") {
        return Err(error("InvalidKeyPair.NotFound", format!("The key pair '{key}' does not exist")));
    }
    let user_data = user_data(input)?;
    let network = network(records, input)?;
    if count > 1 && network.private_ip.is_some() {
        return Err(error(
            "InvalidParameterCombination",
            "A private IP address can only be specified when launching one instance.",
        ));
    }
    let metadata = MetadataOptions::of_image(image).with(input.get("MetadataOptions").unwrap_or(&Value::Null))?;
    let terminates_on_shutdown = match input.text("InstanceInitiatedShutdownBehavior").unwrap_or("stop") {
        "stop" => false,
        "terminate" => true,
        other => {
            return Err(invalid_parameter(format!(
                "Value ({other}) for parameter instanceInitiatedShutdownBehavior is invalid."
            )));
        }
    };
    let tags = request_tags::specified(input, &["instance", "volume", "network-interface"])?;
    let tags_for = |kind: &str| tags.iter().find(|(name, _)| *name == kind).map(|(_, tags)| *tags).unwrap_or_default();

    let reservation = resource_id("r");
    let default_key = Arn::new("kms", &records.region, &records.account, "alias/aws/ebs").to_string();
    let mut launched = Vec::new();
    for index in 0..count {
        let private_ip = subnet_address::free(records, &network.subnet, network.private_ip)?;
        let wants_public_ip = network.public_ip;
        let public_ip = wants_public_ip.then(|| records.take_public_address());
        let instance = Instance {
            id: resource_id("i"),
            reservation: reservation.clone(),
            launch_index: index,
            client_token: input.text("ClientToken").map(str::to_owned),
            image,
            kind,
            vpc: network.subnet.vpc.clone(),
            subnet: network.subnet.id.clone(),
            zone: network.subnet.zone.clone(),
            zone_id: network.subnet.zone_id.clone(),
            groups: network.groups.clone(),
            private_ip,
            public_ip,
            wants_public_ip,
            interface: Interface {
                id: resource_id("eni"),
                attachment: resource_id("eni-attach"),
                mac: mac(),
                description: network.description.to_owned(),
                source_dest_check: true,
                delete_on_termination: network.delete_on_termination,
            },
            volumes: block_device::planned(image, input, call.now, &default_key)?,
            profile: profile.clone().map(|profile| Profile { association: resource_id("iip-assoc"), ..profile }),
            metadata,
            user_data: user_data.clone(),
            state: State::Pending,
            state_reason: Some(("pending".to_owned(), "pending".to_owned())),
            transition: String::new(),
            launched: call.now,
            monitoring: input.get("Monitoring").and_then(|monitoring| monitoring.flag("Enabled")).unwrap_or(false),
            termination_protection: input.flag("DisableApiTermination").unwrap_or(false),
            stop_protection: input.flag("DisableApiStop").unwrap_or(false),
            terminates_on_shutdown,
            ebs_optimized: input.flag("EbsOptimized").unwrap_or(false),
            boots: 0,
            ended: None,
        };
        request_tags::set(records, &instance.id, tags_for("instance"))?;
        request_tags::set(records, &instance.interface.id, tags_for("network-interface"))?;
        for volume in &instance.volumes {
            request_tags::set(records, &volume.id, tags_for("volume"))?;
        }
        launched.push(instance.id.clone());
        records.instances.insert(instance.id.clone(), instance);
    }
    Ok((answer(records, &reservation), launched))
}

fn answer(records: &Records, reservation: &str) -> Value {
    let mut instances: Vec<&Instance> =
        records.instances.values().filter(|instance| instance.reservation == reservation).collect();
    instances.sort_by_key(|instance| instance.launch_index);
    let instances: Vec<Value> = instances.into_iter().map(|instance| instance.describe(records)).collect();
    json!({ "ReservationId": reservation, "OwnerId": records.account, "Groups": [], "Instances": instances })
}

/// A client token that was used before answers what it made then.
/// <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html>
fn repeated(records: &Records, input: &Value) -> Result<Option<Value>, AwsError> {
    let Some(token) = input.text("ClientToken").filter(|token| !token.is_empty()) else { return Ok(None) };
    if token.len() > 64 {
        return Err(invalid_parameter(format!("The client token '{token}' is longer than 64 characters.")));
    }
    let Some(before) = records.instances.values().find(|instance| instance.client_token.as_deref() == Some(token)) else {
        return Ok(None);
    };
    let same_type = input.text("InstanceType").is_none_or(|kind| kind == before.kind.name);
    if !same_type || input.text("ImageId").is_some_and(|image| image != before.image.id) {
        return Err(error(
            "IdempotentParameterMismatch",
            "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
        ));
    }
    Ok(Some(answer(records, &before.reservation)))
}

fn refuse_unwritten(input: &Value) -> Result<(), AwsError> {
    for member in UNWRITTEN {
        if input.has(member) && input.flag(member) != Some(false) {
            return Err(unsupported("RunInstances", member));
        }
    }
    let on = |member: &str, flag: &str| input.get(member).and_then(|options| options.flag(flag)) == Some(true);
    if on("HibernationOptions", "Configured") {
        return Err(unsupported("RunInstances", "HibernationOptions"));
    }
    if on("EnclaveOptions", "Enabled") {
        return Err(unsupported("RunInstances", "EnclaveOptions"));
    }
    if let Some(placement) = input.get("Placement") {
        for member in ["GroupName", "GroupId", "HostId", "HostResourceGroupArn", "Affinity", "PartitionNumber"] {
            if placement.has(member) && placement.text(member) != Some("") {
                return Err(unsupported("RunInstances", &format!("Placement.{member}")));
            }
        }
        if placement.text("Tenancy").is_some_and(|tenancy| tenancy != "default") {
            return Err(unsupported("RunInstances", "Placement.Tenancy"));
        }
    }
    let reservation = input.get("CapacityReservationSpecification");
    if reservation.is_some_and(|reservation| reservation.has("CapacityReservationTarget")) {
        return Err(unsupported("RunInstances", "CapacityReservationSpecification.CapacityReservationTarget"));
    }
    Ok(())
}

fn count(input: &Value) -> Result<usize, AwsError> {
    let least = input.number("MinCount").unwrap_or(1);
    let most = input.number("MaxCount").unwrap_or(1);
    if least < 1 || most < least {
        return Err(invalid_parameter(format!(
            "Value ({least}) for parameter minCount is invalid. It must be at least 1 and at most maxCount."
        )));
    }
    usize::try_from(most).map_err(|_| AwsError::internal("instance count"))
}

/// Only what runs counts. <https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html>
fn check_quota(records: &Records, kind: &InstanceType, count: usize) -> Result<(), AwsError> {
    let runs = |instance: &&Instance| matches!(instance.state, State::Pending | State::Running);
    let running: u64 = records.instances.values().filter(runs).map(|instance| u64::from(instance.kind.cpus)).sum();
    let wanted = u64::from(kind.cpus).saturating_mul(u64::try_from(count).unwrap_or(u64::MAX));
    let most = quota::VCPUS.value;
    if running.saturating_add(wanted) > most {
        return Err(error(
            "VcpuLimitExceeded",
            format!(
                "You have requested more vCPU capacity than your current vCPU limit of {most} allows for the instance bucket that the \
                 specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an \
                 adjustment to this limit."
            ),
        ));
    }
    Ok(())
}

fn user_data(input: &Value) -> Result<Option<String>, AwsError> {
    let Some(text) = input.text("UserData").filter(|text| !text.is_empty()) else { return Ok(None) };
    user_data::decode(text)?;
    Ok(Some(text.to_owned()))
}

/// Subnet, groups and addresses: given at the top, in one interface, or those of the default VPC.
fn network<'a>(records: &Records, input: &'a Value) -> Result<Network<'a>, AwsError> {
    let interfaces = input.list("NetworkInterfaces");
    if interfaces.len() > 1 {
        return Err(unsupported("RunInstances", "more than one network interface"));
    }
    let (from, groups_member) = match interfaces.first() {
        None => (input, "SecurityGroupIds"),
        Some(interface) => {
            for member in ["SubnetId", "SecurityGroupIds", "SecurityGroups", "PrivateIpAddress"] {
                if input.has(member) {
                    return Err(error(
                        "InvalidParameterCombination",
                        "Network interfaces and an instance-level subnet ID, private IP address or security groups may not be specified on the same request",
                    ));
                }
            }
            let known = [
                "DeviceIndex",
                "SubnetId",
                "Groups",
                "PrivateIpAddress",
                "AssociatePublicIpAddress",
                "Description",
                "DeleteOnTermination",
                "InterfaceType",
                "NetworkCardIndex",
            ];
            if let Some((member, _)) =
                interface.as_object().into_iter().flatten().find(|(name, _)| !known.contains(&name.as_str()))
            {
                return Err(unsupported("RunInstances", &format!("NetworkInterfaces.{member}")));
            }
            if interface.text("InterfaceType").is_some_and(|kind| kind != "interface") {
                return Err(unsupported("RunInstances", "NetworkInterfaces.InterfaceType"));
            }
            if interface.number("DeviceIndex").unwrap_or(0) != 0 {
                return Err(invalid_parameter("The first network interface must have the device index 0."));
            }
            (interface, "Groups")
        }
    };
    let zone = input.get("Placement").and_then(|placement| placement.text("AvailabilityZone")).filter(|zone| !zone.is_empty());
    let subnet = match from.text("SubnetId") {
        Some(id) => {
            let subnet = records.subnet(id)?;
            if zone.is_some_and(|zone| zone != subnet.zone) {
                return Err(invalid_parameter(format!("The specified subnet '{id}' is not in the requested availability zone.")));
            }
            subnet.clone()
        }
        None => default_subnet(records, zone)?,
    };
    let mut groups: Vec<String> = Vec::new();
    for id in from.texts(groups_member) {
        groups.push(records.group(id)?.id.clone());
    }
    for name in input.texts("SecurityGroups") {
        groups.push(security_group::by_name(records, name)?);
    }
    if groups.is_empty() {
        groups.extend(
            records
                .groups
                .values()
                .filter(|group| group.vpc == subnet.vpc && group.name == "default")
                .map(|group| group.id.clone()),
        );
    }
    groups.dedup();
    security_group::check_groups(records, &groups, &subnet.vpc, &subnet.id)?;
    Ok(Network {
        public_ip: from.flag("AssociatePublicIpAddress").unwrap_or(subnet.map_public_ip),
        private_ip: from.text("PrivateIpAddress"),
        description: if interfaces.is_empty() { "" } else { from.text("Description").unwrap_or_default() },
        delete_on_termination: from.flag("DeleteOnTermination").unwrap_or(true),
        subnet,
        groups,
    })
}

fn default_subnet(records: &Records, zone: Option<&str>) -> Result<Subnet, AwsError> {
    let Some(vpc) = records.default_vpc() else {
        return Err(error(
            "VPCIdNotSpecified",
            "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.",
        ));
    };
    let mut subnets: Vec<&Subnet> = records.subnets.values().filter(|subnet| subnet.vpc == vpc.id && subnet.default).collect();
    subnets.sort_by(|a, b| a.zone.cmp(&b.zone));
    let found = subnets.into_iter().find(|subnet| zone.is_none_or(|zone| subnet.zone == zone)).cloned();
    found.ok_or_else(|| match zone {
        Some(zone) => error("MissingInput", format!("No default subnet for availability zone: '{zone}'.")),
        None => error("MissingInput", format!("No subnets found for the default VPC '{}'. Please specify a subnet.", vpc.id)),
    })
}

/// A locally administered address, as interfaces of AWS have.
fn mac() -> String {
    let digits = random_string(b"0123456789abcdef", 10);
    let pairs: Vec<&str> = (0..5).filter_map(|index| digits.get(index * 2..index * 2 + 2)).collect();
    format!("0a:{}", pairs.join(":"))
}
