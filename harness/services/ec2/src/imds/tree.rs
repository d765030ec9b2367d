//! The categories of metadata and their values.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-categories.html>

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::identity;
use super::page::{pretty, seconds};
use crate::instance_handle::InstanceHandle;
use crate::metadata_options::MetadataOptions;
use crate::records::{Instance, Profile, Records};

/// Versions of the service, the newest last.
pub(super) const VERSIONS: &[&str] = &[
    "1.0",
    "2007-01-19",
    "2007-03-01",
    "2007-08-29",
    "2007-10-10",
    "2007-12-15",
    "2008-02-01",
    "2008-09-01",
    "2009-04-04",
    "2011-01-01",
    "2011-05-01",
    "2012-01-12",
    "2014-02-25",
    "2014-11-05",
    "2015-10-20",
    "2016-04-19",
    "2016-06-30",
    "2016-09-02",
    "2018-03-28",
    "2018-08-17",
    "2018-09-24",
    "2019-10-01",
    "2020-10-27",
    "2021-01-03",
    "2021-03-23",
    "2021-07-15",
    "2022-07-09",
    "2022-09-24",
    "2023-02-15",
    "2024-04-11",
    "latest",
];

/// Splits `/latest/meta-data/…` into the version and what follows.
pub(super) fn versioned(path: &str) -> Option<(&str, &str)> {
    let path = path.strip_prefix('/')?;
    let (version, rest) = path.split_once('/').unwrap_or((path, ""));
    VERSIONS.contains(&version).then_some((version, rest))
}

/// What the service knows of its instance at the time of a request.
pub(super) struct Facts {
    pub(super) options: MetadataOptions,
    pub(super) profile: Option<Profile>,
    user_data: Option<String>,
    /// Values by path, without the version.
    leaves: BTreeMap<String, String>,
}

impl Facts {
    /// `None` once the instance is gone.
    pub(super) fn from_instance(instance: &InstanceHandle) -> Option<Self> {
        let InstanceHandle { ec2, region, account, id } = instance;
        ec2.with_records(region, account, |records| {
            let instance = records.instances.get(id).filter(|instance| !instance.is_terminated())?;
            let mut leaves = leaves(records, instance);
            let document = identity::document(records, instance);
            leaves.insert("dynamic/instance-identity/signature".to_owned(), identity::signature(ec2, &document));
            leaves.insert("dynamic/instance-identity/document".to_owned(), document);
            Some(Self {
                options: instance.metadata,
                profile: instance.profile.clone(),
                user_data: instance.user_data.clone(),
                leaves,
            })
        })
    }

    pub(super) fn user_data(&self) -> Option<Vec<u8>> {
        let compact: String = self.user_data.as_ref()?.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        STANDARD.decode(compact).ok()
    }

    /// The value at a path, or the listing of a directory: directories end in a slash.
    pub(super) fn find(&self, path: &str) -> Option<String> {
        if let Some(value) = self.leaves.get(path) {
            return Some(value.clone());
        }
        let directory = match path.trim_end_matches('/') {
            "" => String::new(),
            trimmed => format!("{trimmed}/"),
        };
        let mut names: BTreeSet<String> = BTreeSet::new();
        for below in self.leaves.keys().filter_map(|leaf| leaf.strip_prefix(&directory)) {
            match below.split_once('/') {
                Some((name, _)) => names.insert(format!("{name}/")),
                None => names.insert(below.to_owned()),
            };
        }
        if directory == "meta-data/" && self.profile.is_some() {
            names.insert("iam/".to_owned());
        }
        if directory.is_empty() && self.user_data.is_some() {
            names.insert("user-data".to_owned());
        }
        if directory.is_empty() {
            names = names.into_iter().map(|name| name.trim_end_matches('/').to_owned()).collect();
        }
        (!names.is_empty()).then(|| names.into_iter().collect::<Vec<_>>().join("\n"))
    }
}

fn leaves(records: &Records, instance: &Instance) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    let mut put = |path: &str, value: String| leaves.insert(path.to_owned(), value);
    let private_ip = instance.private_ip.to_string();
    let private_dns = instance.private_dns(&records.region);
    let public_dns = instance.public_dns(records);
    let names = |ids: &[String]| {
        let names: Vec<&str> = ids.iter().filter_map(|id| records.groups.get(id)).map(|group| group.name.as_str()).collect();
        names.join("\n")
    };

    put("meta-data/ami-id", instance.image.id.to_owned());
    put("meta-data/ami-launch-index", instance.launch_index.to_string());
    put("meta-data/ami-manifest-path", "(unknown)".to_owned());
    put("meta-data/block-device-mapping/ami", instance.image.root_device().to_owned());
    put("meta-data/block-device-mapping/root", instance.image.root_device().to_owned());
    put("meta-data/hostname", private_dns.clone());
    put("meta-data/instance-action", "none".to_owned());
    put("meta-data/instance-id", instance.id.clone());
    put("meta-data/instance-life-cycle", "on-demand".to_owned());
    put("meta-data/instance-type", instance.kind.name.to_owned());
    put("meta-data/local-hostname", private_dns.clone());
    put("meta-data/local-ipv4", private_ip.clone());
    put("meta-data/mac", instance.interface.mac.clone());
    put("meta-data/placement/availability-zone", instance.zone.clone());
    put("meta-data/placement/availability-zone-id", instance.zone_id.clone());
    put("meta-data/placement/region", records.region.clone());
    put("meta-data/profile", "default-hvm".to_owned());
    put("meta-data/reservation-id", instance.reservation.clone());
    put("meta-data/security-groups", names(&instance.groups));
    put("meta-data/services/domain", "amazonaws.com".to_owned());
    put("meta-data/services/partition", "aws".to_owned());
    put("meta-data/system", if instance.kind.hypervisor == Some("xen") { "xen-hvm" } else { "nitro" }.to_owned());
    let identity = json!({ "Code": "Success", "LastUpdated": seconds(instance.launched), "AccountId": records.account });
    put("meta-data/identity-credentials/ec2/info", pretty(&identity));
    // The value is made on request; the leaf is there for listings.
    put("meta-data/identity-credentials/ec2/security-credentials/ec2-instance", String::new());

    let interface = format!("meta-data/network/interfaces/macs/{}", instance.interface.mac);
    let mut on_interface = |name: &str, value: String| put(&format!("{interface}/{name}"), value);
    on_interface("device-number", "0".to_owned());
    on_interface("interface-id", instance.interface.id.clone());
    on_interface("local-hostname", private_dns);
    on_interface("local-ipv4s", private_ip.clone());
    on_interface("mac", instance.interface.mac.clone());
    on_interface("owner-id", records.account.clone());
    on_interface("security-group-ids", instance.groups.join("\n"));
    on_interface("security-groups", names(&instance.groups));
    on_interface("subnet-id", instance.subnet.clone());
    on_interface("vpc-id", instance.vpc.clone());
    if let Some(subnet) = records.subnets.get(&instance.subnet) {
        on_interface("subnet-ipv4-cidr-block", subnet.cidr.to_string());
    }
    if let Some(vpc) = records.vpcs.get(&instance.vpc) {
        on_interface("vpc-ipv4-cidr-block", vpc.cidr.to_string());
        on_interface("vpc-ipv4-cidr-blocks", vpc.cidr.to_string());
    }
    if let Some(ip) = instance.public_ip {
        on_interface("public-hostname", public_dns.clone());
        on_interface("public-ipv4s", ip.to_string());
        on_interface(&format!("ipv4-associations/{ip}"), private_ip.clone());
        put("meta-data/public-hostname", public_dns);
        put("meta-data/public-ipv4", ip.to_string());
    }
    if instance.metadata.tags {
        for (key, value) in records.tags.get(&instance.id).into_iter().flatten() {
            put(&format!("meta-data/tags/instance/{key}"), value.clone());
        }
    }
    leaves
}
