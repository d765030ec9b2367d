//! Instance types and where they are offered.

use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{error, invalid_parameter};
use crate::filter::{Filter, filtered, page, selected};
use crate::records::Records;
use crate::{availability_zone, instance_type};

/// `DescribeInstanceTypes`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeInstanceTypes {
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    instance_types: Vec<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(crate) fn describe(_: &Records, input: &DescribeInstanceTypes) -> Result<Value, AwsError> {
    let all = instance_type::instance_types()
        .iter()
        .map(|kind| {
            let list = |items: &mut dyn Iterator<Item = &'static str>| items.collect::<Vec<_>>();
            let mut described = json!({
                "InstanceType": kind.name,
                "CurrentGeneration": kind.is_current(),
                "FreeTierEligible": kind.is_free(),
                "SupportedUsageClasses": list(&mut kind.usage_classes()),
                "SupportedRootDeviceTypes": list(&mut kind.root_devices()),
                "SupportedVirtualizationTypes": list(&mut kind.virtualization()),
                "BareMetal": kind.hypervisor.is_none(),
                "ProcessorInfo": { "SupportedArchitectures": list(&mut kind.architectures()) },
                "VCpuInfo": {
                    "DefaultVCpus": kind.cpus, "DefaultCores": kind.cores(), "DefaultThreadsPerCore": kind.threads_per_core,
                },
                "MemoryInfo": { "SizeInMiB": kind.memory_mib },
                "InstanceStorageSupported": kind.instance_storage_gb > 0,
                "HibernationSupported": kind.hibernates(),
                "BurstablePerformanceSupported": kind.is_burstable(),
                "DedicatedHostsSupported": kind.is_for_dedicated_hosts(),
                "AutoRecoverySupported": kind.recovers(),
            });
            if let Some(members) = described.as_object_mut() {
                members.extend(kind.hypervisor.map(|name| ("Hypervisor".to_owned(), name.into())));
                if kind.instance_storage_gb > 0 {
                    members.insert("InstanceStorageInfo".to_owned(), json!({ "TotalSizeInGB": kind.instance_storage_gb }));
                }
            }
            described
        })
        .collect();
    let chosen = selected(all, &input.instance_types, "InstanceType", |name| {
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
    page("InstanceTypes", filtered(chosen, &input.filters, paths)?, input.max_results, input.next_token.as_deref())
}

/// `DescribeInstanceTypeOfferings`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypeOfferings.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeInstanceTypeOfferings {
    #[serde(default)]
    dry_run: bool,
    location_type: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(crate) fn describe_offerings(records: &Records, input: &DescribeInstanceTypeOfferings) -> Result<Value, AwsError> {
    let location = input.location_type.as_deref().unwrap_or("region");
    let places: Vec<String> = match location {
        "region" => vec![records.region.clone()],
        "availability-zone" => availability_zone::zones(&records.region).into_iter().map(|zone| zone.name).collect(),
        "availability-zone-id" => availability_zone::zones(&records.region).into_iter().map(|zone| zone.id).collect(),
        other => return Err(invalid_parameter(format!("Value ({other}) for parameter locationType is invalid."))),
    };
    let all = instance_type::instance_types()
        .iter()
        .flat_map(|kind| {
            places.iter().map(move |place| json!({ "InstanceType": kind.name, "LocationType": location, "Location": place }))
        })
        .collect();
    let paths = &[("instance-type", "InstanceType"), ("location", "Location")];
    page("InstanceTypeOfferings", filtered(all, &input.filters, paths)?, input.max_results, input.next_token.as_deref())
}

requests! {
    DescribeInstanceTypes { dry_run },
    DescribeInstanceTypeOfferings { dry_run },
}
