//! Instance types: the small general purpose ones. <https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html>

use nightproof_core::service::AwsError;

use crate::error::invalid_parameter;

/// An instance type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InstanceType {
    pub(crate) name: &'static str,
    pub(crate) architecture: &'static str,
    pub(crate) hypervisor: &'static str,
    pub(crate) cpus: u32,
    pub(crate) memory_mib: u32,
}

const fn kind(name: &'static str, architecture: &'static str, cpus: u32, memory_mib: u32) -> InstanceType {
    InstanceType { name, architecture, hypervisor: "nitro", cpus, memory_mib }
}

const fn xen(name: &'static str, cpus: u32, memory_mib: u32) -> InstanceType {
    InstanceType { name, architecture: "x86_64", hypervisor: "xen", cpus, memory_mib }
}

/// All types.
pub(crate) static ALL: &[InstanceType] = &[
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
pub(crate) fn find(name: &str) -> Result<&'static InstanceType, AwsError> {
    ALL.iter().find(|kind| kind.name == name).ok_or_else(|| match is_lacking(name) {
        true => AwsError::not_implemented("ec2", &format!("the instance type {name}")),
        false => invalid_parameter(format!("Invalid value '{name}' for InstanceType.")),
    })
}

/// Whether AWS has a type with this name that is not here.
pub(crate) fn is_lacking(name: &str) -> bool {
    let of_aws = || {
        let facts = nightproof_registry::resource_type("AWS::EC2::Instance");
        facts.as_ref().and_then(|facts| facts.values(&["InstanceType"])).is_some_and(|known| known.contains(&name))
    };
    ALL.iter().all(|kind| kind.name != name) && of_aws()
}
