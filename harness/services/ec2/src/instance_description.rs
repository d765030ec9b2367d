//! How instances and their interfaces are shown.

use serde_json::{Value, json};

use crate::records::{Instance, Records, Volume};
use crate::security_group;

impl Instance {
    /// The public name, in VPCs that give one.
    pub(crate) fn public_dns(&self, records: &Records) -> String {
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
    pub(crate) fn describe_interface(&self, records: &Records) -> Value {
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
            let secondary = records.interfaces.get(&self.interface.id).into_iter().flat_map(|interface| &interface.secondary);
            let secondary = secondary.map(|ip| json!({ "Primary": false, "PrivateIpAddress": ip.to_string() }));
            described.insert("PrivateIpAddresses".to_owned(), std::iter::once(address).chain(secondary).collect());
        }
        described
    }

    /// The interface as `DescribeNetworkInterfaces` shows it.
    pub(crate) fn describe_attached(&self, records: &Records) -> Value {
        let mut described = self.describe_interface(records);
        if let Some(described) = described.as_object_mut() {
            described.insert("AvailabilityZone".to_owned(), self.zone.as_str().into());
            described.insert("AvailabilityZoneId".to_owned(), self.zone_id.as_str().into());
            described.insert("RequesterManaged".to_owned(), false.into());
            described.insert("TagSet".to_owned(), records.tags_of(&self.interface.id));
            if let Some(Value::Object(attachment)) = described.get_mut("Attachment") {
                attachment.insert("InstanceId".to_owned(), self.id.as_str().into());
                attachment.insert("InstanceOwnerId".to_owned(), records.account.as_str().into());
            }
        }
        described
    }

    pub(crate) fn describe(&self, records: &Records) -> Value {
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
            "Architecture": self.kind.architecture(),
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
            "CpuOptions": { "CoreCount": self.kind.cores(), "ThreadsPerCore": self.kind.threads_per_core },
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
