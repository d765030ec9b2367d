//! `RunInstances`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html>

use nightproof_core::service::{Arn, AwsError, Call};
use serde_json::{Value, json};

use super::instance_profiles;
use super::launch_templates::{self, Specification};
use crate::block_device;
use crate::client_token;
use crate::ec2::Ec2;
use crate::error::{dry_run, error, invalid_parameter, missing, unsupported};
use crate::instance_type::{self, InstanceType};
use crate::mac_address::mac_address;
use crate::metadata_options::MetadataOptions;
use crate::records::{Instance, Interface, NetworkInterface, Profile, Records, State, Subnet};
use crate::request_tags;
use crate::resource_id::resource_id;
use crate::{image, launch_data, security_group, subnet_address, user_data};

launch_data::members! {
    /// `RunInstances`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html>
    pub(crate) struct RunInstances {
        min_count: i64,
        max_count: i64,
        client_token: Option<String>,
        subnet_id: Option<String>,
        private_ip_address: Option<String>,
        launch_template: Option<Specification>,
        #[serde(default)]
        dry_run: bool,
    }
}

/// Where the interface of a launch goes.
struct Network<'a> {
    subnet: Subnet,
    groups: Vec<String>,
    private_ip: Option<&'a str>,
    public_ip: bool,
    description: &'a str,
    delete_on_termination: bool,
    /// Present if there is an interface already.
    existing: Option<NetworkInterface>,
}

impl Ec2 {
    pub(crate) async fn run_instances(&self, call: &Call, mut input: RunInstances) -> Result<Value, AwsError> {
        let (region, account) = (&call.region, call.account());
        self.before(call, &input)?;
        if let Some(specification) = input.launch_template.take() {
            let (data, tags) =
                self.with_records(region, account, |records| launch_templates::launched(records, &specification))?;
            input.fill(data);
            request_tags::add(&mut input.tag_specifications, "instance", tags);
        }
        let profile = match &input.iam_instance_profile {
            Some(specification) => instance_profiles::named(call, specification).await?,
            None => None,
        };
        input.image_id = image::resolved(call, input.image_id.take()).await?;
        if input.dry_run {
            self.with_records(region, account, |records| run(&mut records.clone(), call, &input, profile))?;
            return Err(dry_run());
        }
        let (output, launched) = self.with_records(region, account, |records| {
            // A refusal leaves nothing behind, not even of the first of several instances.
            let mut changed = records.clone();
            let result = run(&mut changed, call, &input, profile)?;
            *records = changed;
            Ok::<_, AwsError>(result)
        })?;
        let ec2 = self.handle()?;
        for id in launched {
            ec2.boot(region, account, &id);
        }
        Ok(output)
    }
}

/// Makes the records of a launch in state `pending`. Returns the reservation and the ids to boot.
fn run(
    records: &mut Records,
    call: &Call,
    input: &RunInstances,
    profile: Option<Profile>,
) -> Result<(Value, Vec<String>), AwsError> {
    if let Some(answer) = repeated(records, input)? {
        return Ok((answer, Vec::new()));
    }
    refuse_unwritten(input)?;
    let image_id = input.image_id.as_deref().ok_or_else(|| missing("ImageId"))?;
    // AWS's default type is of another age; it would not boot this image's kind either.
    let kind = instance_type::find(input.instance_type.as_deref().unwrap_or("t3.micro"))?;
    let image = image::find(records, image_id, kind.architecture())?;
    image::check(image, kind)?;
    let count = count(input)?;
    check_quota(records, kind, count)?;
    if let Some(key) = &input.key_name {
        return Err(error("InvalidKeyPair.NotFound", format!("The key pair '{key}' does not exist")));
    }
    let user_data = user_data(input)?;
    let network = network(records, input)?;
    if count > 1 && network.existing.is_some() {
        return Err(error(
            "InvalidParameterCombination",
            "A network interface ID can only be specified when launching one instance.",
        ));
    }
    if count > 1 && network.private_ip.is_some() {
        return Err(error(
            "InvalidParameterCombination",
            "A private IP address can only be specified when launching one instance.",
        ));
    }
    let mut metadata = MetadataOptions::of_image(image);
    if let Some(options) = &input.metadata_options {
        metadata = metadata.with(options)?;
    }
    let terminates_on_shutdown = match input.instance_initiated_shutdown_behavior.as_deref().unwrap_or("stop") {
        "stop" => false,
        "terminate" => true,
        other => {
            return Err(invalid_parameter(format!(
                "Value ({other}) for parameter instanceInitiatedShutdownBehavior is invalid."
            )));
        }
    };
    let tags = request_tags::specified(&input.tag_specifications, &["instance", "volume", "network-interface"])?;
    let tags_for = |kind: &str| tags.iter().find(|(name, _)| *name == kind).map(|(_, tags)| *tags).unwrap_or_default();

    let reservation = resource_id("r");
    let default_key = Arn::new("kms", &records.region, &records.account, "alias/aws/ebs").to_string();
    let mut launched = Vec::new();
    for index in 0..count {
        let private_ip = match &network.existing {
            Some(interface) => interface.private_ip,
            None => subnet_address::free(records, &network.subnet, network.private_ip)?,
        };
        let wants_public_ip = network.public_ip;
        let public_ip = match &network.existing {
            Some(interface) => records.elastic_address(&interface.id),
            None => wants_public_ip.then(|| records.take_public_address()),
        };
        let instance = Instance {
            id: resource_id("i"),
            reservation: reservation.clone(),
            launch_index: index,
            client_token: input.client_token.clone(),
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
                id: network.existing.as_ref().map_or_else(|| resource_id("eni"), |existing| existing.id.clone()),
                attachment: resource_id("eni-attach"),
                mac: network.existing.as_ref().map_or_else(mac_address, |existing| existing.mac.clone()),
                description: network.existing.as_ref().map_or(network.description, |existing| &existing.description).to_owned(),
                source_dest_check: network.existing.as_ref().is_none_or(|existing| existing.source_dest_check),
                delete_on_termination: network.delete_on_termination,
            },
            volumes: block_device::planned(image, &input.block_device_mappings, call.now, &default_key)?,
            profile: profile.clone().map(|profile| Profile { association: resource_id("iip-assoc"), ..profile }),
            metadata,
            user_data: user_data.clone(),
            state: State::Pending,
            state_reason: Some(("pending".to_owned(), "pending".to_owned())),
            transition: String::new(),
            launched: call.now,
            monitoring: input.monitoring.as_ref().is_some_and(|monitoring| monitoring.enabled),
            termination_protection: input.disable_api_termination.unwrap_or(false),
            stop_protection: input.disable_api_stop.unwrap_or(false),
            terminates_on_shutdown,
            ebs_optimized: input.ebs_optimized.unwrap_or(false),
            boots: 0,
            ended: None,
        };
        request_tags::set(records, &instance.id, tags_for("instance"))?;
        if network.existing.is_none() {
            request_tags::set(records, &instance.interface.id, tags_for("network-interface"))?;
        }
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
fn repeated(records: &Records, input: &RunInstances) -> Result<Option<Value>, AwsError> {
    let Some(token) = client_token::given(input.client_token.as_ref()) else { return Ok(None) };
    if token.len() > 64 {
        return Err(invalid_parameter(format!("The client token '{token}' is longer than 64 characters.")));
    }
    let made = client_token::made_before(Some(token), records.instances.values(), |instance| instance.client_token.as_ref());
    let Some(before) = made else { return Ok(None) };
    let same_type = input.instance_type.as_ref().is_none_or(|kind| kind == before.kind.name);
    if !same_type || input.image_id.as_ref().is_some_and(|image| image != before.image.id) {
        return Err(error(
            "IdempotentParameterMismatch",
            "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
        ));
    }
    Ok(Some(answer(records, &before.reservation)))
}

fn refuse_unwritten(input: &RunInstances) -> Result<(), AwsError> {
    if input.hibernation_options.as_ref().is_some_and(|options| options.configured) {
        return Err(unsupported("RunInstances", "HibernationOptions"));
    }
    if input.enclave_options.as_ref().is_some_and(|options| options.enabled) {
        return Err(unsupported("RunInstances", "EnclaveOptions"));
    }
    let other = |given: Option<&String>, usual: &str| given.is_some_and(|given| given != usual);
    if other(input.placement.as_ref().and_then(|placement| placement.tenancy.as_ref()), "default") {
        return Err(unsupported("RunInstances", "Placement.Tenancy"));
    }
    let reservation = input.capacity_reservation_specification.as_ref();
    if other(reservation.and_then(|reservation| reservation.capacity_reservation_preference.as_ref()), "open") {
        return Err(unsupported("RunInstances", "CapacityReservationSpecification.CapacityReservationPreference"));
    }
    if other(input.maintenance_options.as_ref().and_then(|options| options.auto_recovery.as_ref()), "default") {
        return Err(unsupported("RunInstances", "MaintenanceOptions.AutoRecovery"));
    }
    Ok(())
}

fn count(input: &RunInstances) -> Result<usize, AwsError> {
    let least = input.min_count;
    let most = input.max_count;
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
    let most = records.most_vcpus;
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

fn user_data(input: &RunInstances) -> Result<Option<String>, AwsError> {
    let Some(text) = input.user_data.as_deref().filter(|text| !text.is_empty()) else { return Ok(None) };
    user_data::decode(text)?;
    Ok(Some(text.to_owned()))
}

/// Subnet, groups and addresses: given at the top, in one interface, or those of the default VPC.
fn network<'a>(records: &Records, input: &'a RunInstances) -> Result<Network<'a>, AwsError> {
    let interfaces = &input.network_interfaces;
    if interfaces.len() > 1 {
        return Err(unsupported("RunInstances", "more than one network interface"));
    }
    let interface = interfaces.first();
    if let Some(interface) = interface {
        let at_the_top = input.subnet_id.is_some()
            || input.private_ip_address.is_some()
            || !input.security_group_ids.is_empty()
            || !input.security_groups.is_empty();
        if at_the_top {
            return Err(error(
                "InvalidParameterCombination",
                "Network interfaces and an instance-level subnet ID, private IP address or security groups may not be specified on the same request",
            ));
        }
        if interface.interface_type.as_ref().is_some_and(|kind| kind != "interface") {
            return Err(unsupported("RunInstances", "NetworkInterfaces.InterfaceType"));
        }
        if interface.network_card_index.unwrap_or(0) != 0 {
            return Err(unsupported("RunInstances", "NetworkInterfaces.NetworkCardIndex"));
        }
        if interface.device_index.unwrap_or(0) != 0 {
            return Err(invalid_parameter("The first network interface must have the device index 0."));
        }
    }
    if let Some(interface) = interface
        && let Some(id) = &interface.network_interface_id
    {
        return existing_interface(records, input, interface, id);
    }
    let (subnet_id, group_ids, private_ip) = match interface {
        None => (&input.subnet_id, &input.security_group_ids, &input.private_ip_address),
        Some(interface) => (&interface.subnet_id, &interface.groups, &interface.private_ip_address),
    };
    let zone = input.placement.as_ref().and_then(|placement| placement.availability_zone.as_deref());
    let zone = zone.filter(|zone| !zone.is_empty());
    let subnet = match subnet_id {
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
    for id in group_ids {
        groups.push(records.group(id)?.id.clone());
    }
    for name in &input.security_groups {
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
        public_ip: interface.and_then(|one| one.associate_public_ip_address).unwrap_or(subnet.map_public_ip),
        private_ip: private_ip.as_deref(),
        description: interface.and_then(|one| one.description.as_deref()).unwrap_or_default(),
        delete_on_termination: interface.and_then(|one| one.delete_on_termination).unwrap_or(true),
        existing: None,
        subnet,
        groups,
    })
}

/// An interface that was made before, which brings its subnet, groups and addresses.
fn existing_interface<'a>(
    records: &Records,
    input: &'a RunInstances,
    given: &'a launch_data::NetworkInterface,
    id: &str,
) -> Result<Network<'a>, AwsError> {
    let interface = records.interface(id)?;
    let has_more = given.subnet_id.is_some()
        || given.private_ip_address.is_some()
        || !given.groups.is_empty()
        || given.associate_public_ip_address.is_some()
        || given.description.is_some();
    if has_more {
        return Err(error(
            "InvalidParameterCombination",
            "A network interface ID and properties of a new network interface may not be specified on the same request",
        ));
    }
    if interface.is_in_use(records) {
        return Err(error("InvalidNetworkInterface.InUse", format!("Interface: [{id}] in use.")));
    }
    let zone = input.placement.as_ref().and_then(|placement| placement.availability_zone.as_deref());
    if zone.is_some_and(|zone| !zone.is_empty() && zone != interface.zone) {
        return Err(invalid_parameter(format!("The network interface '{id}' is not in the requested availability zone.")));
    }
    Ok(Network {
        subnet: records.subnet(&interface.subnet)?.clone(),
        groups: interface.groups.clone(),
        private_ip: None,
        public_ip: false,
        description: "",
        delete_on_termination: given.delete_on_termination.unwrap_or(false),
        existing: Some(interface.clone()),
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

requests! {
    RunInstances { dry_run, tag_specifications },
}
