//! Instance types: the small general purpose ones. <https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html>

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::error::{error, invalid_parameter};
use super::filter::{filtered, page, selected};
use super::place;
use super::records::Records;

/// An instance type.
#[derive(Debug, Clone, Copy)]
pub(super) struct InstanceType {
    pub(super) name: &'static str,
    pub(super) architecture: &'static str,
    pub(super) hypervisor: &'static str,
    pub(super) cpus: u32,
    pub(super) memory_mib: u32,
}

const fn kind(name: &'static str, architecture: &'static str, cpus: u32, memory_mib: u32) -> InstanceType {
    InstanceType { name, architecture, hypervisor: "nitro", cpus, memory_mib }
}

const fn xen(name: &'static str, cpus: u32, memory_mib: u32) -> InstanceType {
    InstanceType { name, architecture: "x86_64", hypervisor: "xen", cpus, memory_mib }
}

static ALL: &[InstanceType] = &[
    xen("t2.nano", 1, 512),
    xen("t2.micro", 1, 1024),
    xen("t2.small", 1, 2048),
    xen("t2.medium", 2, 4096),
    xen("t2.large", 2, 8192),
    kind("t3.nano", "x86_64", 2, 512),
    kind("t3.micro", "x86_64", 2, 1024),
    kind("t3.small", "x86_64", 2, 2048),
    kind("t3.medium", "x86_64", 2, 4096),
    kind("t3.large", "x86_64", 2, 8192),
    kind("t3a.nano", "x86_64", 2, 512),
    kind("t3a.micro", "x86_64", 2, 1024),
    kind("t3a.small", "x86_64", 2, 2048),
    kind("t3a.medium", "x86_64", 2, 4096),
    kind("t4g.nano", "arm64", 2, 512),
    kind("t4g.micro", "arm64", 2, 1024),
    kind("t4g.small", "arm64", 2, 2048),
    kind("t4g.medium", "arm64", 2, 4096),
    kind("t4g.large", "arm64", 2, 8192),
    kind("m5.large", "x86_64", 2, 8192),
    kind("m6i.large", "x86_64", 2, 8192),
    kind("m7g.large", "arm64", 2, 8192),
];

/// The type with this name.
pub(super) fn find(name: &str) -> Result<&'static InstanceType, AwsError> {
    ALL.iter().find(|kind| kind.name == name).ok_or_else(|| match is_lacking(name) {
        true => AwsError::not_implemented("ec2", &format!("the instance type {name}")),
        false => invalid_parameter(format!("Invalid value '{name}' for InstanceType.")),
    })
}

/// Whether AWS has a type with this name that is not here.
pub(super) fn is_lacking(name: &str) -> bool {
    let of_aws = || {
        let facts = nightproof_registry::resource_type("AWS::EC2::Instance");
        facts.as_ref().and_then(|facts| facts.values(&["InstanceType"])).is_some_and(|known| known.contains(&name))
    };
    ALL.iter().all(|kind| kind.name != name) && of_aws()
}

pub(super) fn describe(input: &Value) -> Result<Value, AwsError> {
    let all = ALL
        .iter()
        .map(|kind| {
            let burstable = kind.name.starts_with('t');
            let free = ["t2.micro", "t3.micro"].contains(&kind.name);
            json!({
                "InstanceType": kind.name,
                "CurrentGeneration": true,
                "FreeTierEligible": free,
                "SupportedUsageClasses": ["on-demand", "spot"],
                "SupportedRootDeviceTypes": ["ebs"],
                "SupportedVirtualizationTypes": ["hvm"],
                "BareMetal": false,
                "Hypervisor": kind.hypervisor,
                "ProcessorInfo": { "SupportedArchitectures": [kind.architecture] },
                "VCpuInfo": { "DefaultVCpus": kind.cpus },
                "MemoryInfo": { "SizeInMiB": kind.memory_mib },
                "InstanceStorageSupported": false,
                "HibernationSupported": false,
                "BurstablePerformanceSupported": burstable,
                "DedicatedHostsSupported": false,
                "AutoRecoverySupported": true,
            })
        })
        .collect();
    let chosen = selected(all, input, "InstanceTypes", "InstanceType", |name| {
        error("InvalidInstanceType", format!("The following supplied instance types do not exist: [{name}]"))
    })?;
    let paths = &[
        ("instance-type", "InstanceType"),
        ("current-generation", "CurrentGeneration"),
        ("free-tier-eligible", "FreeTierEligible"),
        ("hypervisor", "Hypervisor"),
        ("bare-metal", "BareMetal"),
        ("burstable-performance-supported", "BurstablePerformanceSupported"),
        ("processor-info.supported-architecture", "ProcessorInfo.SupportedArchitectures"),
        ("vcpu-info.default-vcpus", "VCpuInfo.DefaultVCpus"),
        ("memory-info.size-in-mib", "MemoryInfo.SizeInMiB"),
    ];
    page("InstanceTypes", filtered(chosen, input, paths)?, input)
}

pub(super) fn describe_offerings(records: &Records, input: &Value) -> Result<Value, AwsError> {
    let location = input.text("LocationType").unwrap_or("region");
    let places: Vec<String> = match location {
        "region" => vec![records.region.clone()],
        "availability-zone" => place::zones(&records.region).into_iter().map(|zone| zone.name).collect(),
        "availability-zone-id" => place::zones(&records.region).into_iter().map(|zone| zone.id).collect(),
        other => return Err(invalid_parameter(format!("Value ({other}) for parameter locationType is invalid."))),
    };
    let all = ALL
        .iter()
        .flat_map(|kind| {
            places.iter().map(move |place| json!({ "InstanceType": kind.name, "LocationType": location, "Location": place }))
        })
        .collect();
    let paths = &[("instance-type", "InstanceType"), ("location", "Location")];
    page("InstanceTypeOfferings", filtered(all, input, paths)?, input)
}
