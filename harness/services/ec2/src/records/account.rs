//! What EC2 keeps of an account.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use nightproof_core::service::{Arn, AwsError};
use nightproof_machine_image::Platform;
use serde_json::{Value, json};

use super::address::Address;
use super::instance::Instance;
use super::internet_gateway::InternetGateway;
use super::launch_template::LaunchTemplate;
use super::nat_gateway::NatGateway;
use super::network_acl::NetworkAcl;
use super::network_interface::NetworkInterface;
use super::route_table::RouteTable;
use super::security_group::SecurityGroup;
use super::security_group_rule::Rule;
use super::subnet::Subnet;
use super::vpc::Vpc;
use super::vpc_endpoint::VpcEndpoint;
use crate::error::{error, not_found, not_found_as};

/// An account's records. A clone is what `DryRun` works on.
#[derive(Debug, Clone)]
pub(crate) struct Records {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) vpcs: BTreeMap<String, Vpc>,
    pub(crate) subnets: BTreeMap<String, Subnet>,
    pub(crate) gateways: BTreeMap<String, InternetGateway>,
    pub(crate) nat_gateways: BTreeMap<String, NatGateway>,
    pub(crate) tables: BTreeMap<String, RouteTable>,
    pub(crate) network_acls: BTreeMap<String, NetworkAcl>,
    pub(crate) vpc_endpoints: BTreeMap<String, VpcEndpoint>,
    pub(crate) groups: BTreeMap<String, SecurityGroup>,
    pub(crate) rules: BTreeMap<String, Rule>,
    pub(crate) addresses: BTreeMap<String, Address>,
    pub(crate) instances: BTreeMap<String, Instance>,
    /// Interfaces that were made by themselves; one that came with its instance is in that.
    pub(crate) interfaces: BTreeMap<String, NetworkInterface>,
    pub(crate) launch_templates: BTreeMap<String, LaunchTemplate>,
    /// Tags by resource id, in the order in which keys were first set.
    pub(crate) tags: BTreeMap<String, Vec<(String, String)>>,
    /// What is on images that nobody has listed; they cannot be launched if nobody says.
    pub(crate) unlisted_images: Option<&'static Platform>,
    /// How many vCPUs all instances may have together.
    pub(crate) most_vcpus: u64,
    next_public: u32,
}

impl Records {
    /// The ARN of a resource of this account: `subnet`, `subnet-0123456789abcdef0`.
    pub(crate) fn arn(&self, kind: &str, id: &str) -> String {
        Arn::new("ec2", &self.region, &self.account, format!("{kind}/{id}")).to_string()
    }

    /// The records of an account that has nothing.
    pub(crate) fn new(region: &str, account: &str) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            vpcs: BTreeMap::new(),
            subnets: BTreeMap::new(),
            gateways: BTreeMap::new(),
            nat_gateways: BTreeMap::new(),
            tables: BTreeMap::new(),
            network_acls: BTreeMap::new(),
            vpc_endpoints: BTreeMap::new(),
            groups: BTreeMap::new(),
            rules: BTreeMap::new(),
            addresses: BTreeMap::new(),
            instances: BTreeMap::new(),
            interfaces: BTreeMap::new(),
            launch_templates: BTreeMap::new(),
            tags: BTreeMap::new(),
            unlisted_images: None,
            most_vcpus: nightproof_core::quota::VCPUS.value,
            next_public: 0,
        }
    }

    pub(crate) fn vpc(&self, id: &str) -> Result<&Vpc, AwsError> {
        self.vpcs.get(id).ok_or_else(|| not_found_as("vpc", id))
    }

    pub(crate) fn subnet(&self, id: &str) -> Result<&Subnet, AwsError> {
        self.subnets.get(id).ok_or_else(|| not_found_as("subnet", id))
    }

    pub(crate) fn group(&self, id: &str) -> Result<&SecurityGroup, AwsError> {
        self.groups.get(id).ok_or_else(|| not_found_as("sg", id))
    }

    pub(crate) fn table(&self, id: &str) -> Result<&RouteTable, AwsError> {
        self.tables.get(id).ok_or_else(|| not_found_as("rtb", id))
    }

    pub(crate) fn table_mut(&mut self, id: &str) -> Result<&mut RouteTable, AwsError> {
        self.tables.get_mut(id).ok_or_else(|| not_found_as("rtb", id))
    }

    pub(crate) fn network_acl(&self, id: &str) -> Result<&NetworkAcl, AwsError> {
        self.network_acls.get(id).ok_or_else(|| not_found_as("acl", id))
    }

    pub(crate) fn network_acl_mut(&mut self, id: &str) -> Result<&mut NetworkAcl, AwsError> {
        self.network_acls.get_mut(id).ok_or_else(|| not_found_as("acl", id))
    }

    pub(crate) fn vpc_endpoint(&self, id: &str) -> Result<&VpcEndpoint, AwsError> {
        self.vpc_endpoints.get(id).ok_or_else(|| not_found_as("vpce", id))
    }

    /// Gives a new subnet its VPC's default network ACL.
    pub(crate) fn associate_default_acl(&mut self, vpc: &str, subnet: &str) {
        if let Some(acl) = self.network_acls.values_mut().find(|acl| acl.default && acl.vpc == vpc) {
            acl.associate(subnet);
        }
    }

    pub(crate) fn gateway(&self, id: &str) -> Result<&InternetGateway, AwsError> {
        self.gateways.get(id).ok_or_else(|| not_found_as("igw", id))
    }

    /// An interface that was made by itself.
    pub(crate) fn interface(&self, id: &str) -> Result<&NetworkInterface, AwsError> {
        self.interfaces.get(id).ok_or_else(|| not_found_as("eni", id))
    }

    pub(crate) fn instance(&self, id: &str) -> Result<&Instance, AwsError> {
        self.instances.get(id).ok_or_else(|| unknown_instance(id))
    }

    pub(crate) fn instance_mut(&mut self, id: &str) -> Result<&mut Instance, AwsError> {
        self.instances.get_mut(id).ok_or_else(|| unknown_instance(id))
    }

    /// The default VPC, unless it was deleted.
    pub(crate) fn default_vpc(&self) -> Option<&Vpc> {
        self.vpcs.values().find(|vpc| vpc.default)
    }

    /// Whether a resource has this id.
    pub(crate) fn exists(&self, id: &str) -> bool {
        self.vpcs.contains_key(id)
            || self.subnets.contains_key(id)
            || self.gateways.contains_key(id)
            || self.nat_gateways.contains_key(id)
            || self.tables.contains_key(id)
            || self.groups.contains_key(id)
            || self.rules.contains_key(id)
            || self.addresses.contains_key(id)
            || self.instances.contains_key(id)
            || self.launch_templates.contains_key(id)
            || self.interfaces.contains_key(id)
            || self
                .instances
                .values()
                .any(|instance| instance.interface.id == id || instance.volumes.iter().any(|volume| volume.id == id))
    }

    /// The tags of a resource as `Tags` members.
    pub(crate) fn tags_of(&self, id: &str) -> Value {
        let tags = self.tags.get(id).map(Vec::as_slice).unwrap_or_default();
        tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
    }

    /// Public addresses come from a documentation block, so that nothing outside is ever meant by one.
    /// <https://www.rfc-editor.org/rfc/rfc5737>
    pub(crate) fn take_public_address(&mut self) -> Ipv4Addr {
        let taken: Vec<Ipv4Addr> = self
            .addresses
            .values()
            .map(|address| address.ip)
            .chain(self.instances.values().filter_map(|instance| instance.public_ip))
            .collect();
        loop {
            self.next_public = self.next_public.wrapping_add(1);
            let blocks = [u32::from(Ipv4Addr::new(203, 0, 113, 0)), u32::from(Ipv4Addr::new(198, 51, 100, 0))];
            let block = blocks.get(usize::try_from(self.next_public / 254 % 2).unwrap_or(0)).copied().unwrap_or_default();
            let address = Ipv4Addr::from(block + 1 + self.next_public % 254);
            if !taken.contains(&address) || taken.len() >= 508 {
                return address;
            }
        }
    }
}

fn unknown_instance(id: &str) -> AwsError {
    let digits = id.strip_prefix("i-").unwrap_or_default();
    let well_formed = matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if well_formed { not_found(id) } else { error("InvalidInstanceID.Malformed", format!("Invalid id: \"{id}\"")) }
}
