//! What instances are launched with, as a call or a launch template gives it.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestLaunchTemplateData.html>

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Declares a struct with the members that calls and templates have in common, and `more` of its own.
macro_rules! members {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident { $($more:tt)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, serde::Deserialize, serde::Serialize)]
        #[serde(rename_all = "PascalCase")]
        $visibility struct $name {
            pub(crate) image_id: Option<String>,
            pub(crate) instance_type: Option<String>,
            pub(crate) key_name: Option<String>,
            pub(crate) user_data: Option<String>,
            #[serde(default)]
            pub(crate) security_group_ids: Vec<String>,
            #[serde(default)]
            pub(crate) security_groups: Vec<String>,
            #[serde(default)]
            pub(crate) network_interfaces: Vec<$crate::launch_data::NetworkInterface>,
            pub(crate) placement: Option<$crate::launch_data::Placement>,
            pub(crate) iam_instance_profile: Option<$crate::profile_specification::ProfileSpecification>,
            #[serde(default)]
            pub(crate) block_device_mappings: Vec<$crate::block_device_mapping::Mapping>,
            pub(crate) metadata_options: Option<$crate::metadata_options::MetadataOptionsRequest>,
            pub(crate) monitoring: Option<$crate::launch_data::Monitoring>,
            #[serde(default)]
            pub(crate) tag_specifications: Vec<$crate::tag_specification::TagSpecification>,
            pub(crate) instance_initiated_shutdown_behavior: Option<String>,
            pub(crate) disable_api_termination: Option<bool>,
            pub(crate) disable_api_stop: Option<bool>,
            pub(crate) ebs_optimized: Option<bool>,
            /// No machine earns or spends credits.
            pub(crate) credit_specification: Option<$crate::launch_data::CreditSpecification>,
            pub(crate) hibernation_options: Option<$crate::launch_data::Hibernation>,
            pub(crate) enclave_options: Option<$crate::launch_data::Enclave>,
            pub(crate) capacity_reservation_specification: Option<$crate::launch_data::CapacityReservation>,
            pub(crate) maintenance_options: Option<$crate::launch_data::Maintenance>,
            $($more)*
        }

        impl $name {
            /// Takes from a launch template what is not given. Tags are of both.
            pub(crate) fn fill(&mut self, from: $crate::launch_data::LaunchData) {
                use $crate::launch_data::{fill, fill_list};
                fill(&mut self.image_id, from.image_id);
                fill(&mut self.instance_type, from.instance_type);
                fill(&mut self.key_name, from.key_name);
                fill(&mut self.user_data, from.user_data);
                fill_list(&mut self.security_group_ids, from.security_group_ids);
                fill_list(&mut self.security_groups, from.security_groups);
                fill_list(&mut self.network_interfaces, from.network_interfaces);
                fill(&mut self.placement, from.placement);
                fill(&mut self.iam_instance_profile, from.iam_instance_profile);
                fill_list(&mut self.block_device_mappings, from.block_device_mappings);
                fill(&mut self.metadata_options, from.metadata_options);
                fill(&mut self.monitoring, from.monitoring);
                fill(&mut self.instance_initiated_shutdown_behavior, from.instance_initiated_shutdown_behavior);
                fill(&mut self.disable_api_termination, from.disable_api_termination);
                fill(&mut self.disable_api_stop, from.disable_api_stop);
                fill(&mut self.ebs_optimized, from.ebs_optimized);
                fill(&mut self.credit_specification, from.credit_specification);
                fill(&mut self.hibernation_options, from.hibernation_options);
                fill(&mut self.enclave_options, from.enclave_options);
                fill(&mut self.capacity_reservation_specification, from.capacity_reservation_specification);
                fill(&mut self.maintenance_options, from.maintenance_options);
                for specification in from.tag_specifications {
                    $crate::tag_specification::fill(&mut self.tag_specifications, specification);
                }
            }
        }
    };
}
pub(crate) use members;

members! {
    /// The data of a version of a launch template.
    #[derive(Default)]
    pub(crate) struct LaunchData {}
}

impl LaunchData {
    /// The data as answers have it: members that are not given are left out.
    pub(crate) fn describe(&self) -> Value {
        let mut document = serde_json::to_value(self).unwrap_or_default();
        leave_out_absent(&mut document);
        document
    }
}

fn leave_out_absent(document: &mut Value) {
    match document {
        Value::Object(members) => {
            members.values_mut().for_each(leave_out_absent);
            members.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty()));
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out_absent),
        _ => {}
    }
}

/// Takes a value that is not given.
pub(crate) fn fill<T>(given: &mut Option<T>, from: Option<T>) {
    if given.is_none() {
        *given = from;
    }
}

/// Takes a list that is not given.
pub(crate) fn fill_list<T>(given: &mut Vec<T>, from: Vec<T>) {
    if given.is_empty() {
        *given = from;
    }
}

/// One interface of a launch.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NetworkInterface {
    pub(crate) device_index: Option<i64>,
    pub(crate) subnet_id: Option<String>,
    #[serde(default)]
    pub(crate) groups: Vec<String>,
    pub(crate) network_interface_id: Option<String>,
    pub(crate) private_ip_address: Option<String>,
    pub(crate) associate_public_ip_address: Option<bool>,
    pub(crate) description: Option<String>,
    pub(crate) delete_on_termination: Option<bool>,
    pub(crate) interface_type: Option<String>,
    pub(crate) network_card_index: Option<i64>,
}

/// Where an instance is to be.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Placement {
    pub(crate) availability_zone: Option<String>,
    pub(crate) tenancy: Option<String>,
}

/// Whether detailed monitoring is on.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Monitoring {
    #[serde(default)]
    pub(crate) enabled: bool,
}

/// How a burstable instance pays for bursts.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreditSpecification {
    cpu_credits: Option<String>,
}

/// Whether an instance can hibernate.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Hibernation {
    #[serde(default)]
    pub(crate) configured: bool,
}

/// Whether an instance can have an enclave.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Enclave {
    #[serde(default)]
    pub(crate) enabled: bool,
}

/// Which reserved capacity an instance uses.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CapacityReservation {
    pub(crate) capacity_reservation_preference: Option<String>,
}

/// What happens on a failure of its host.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Maintenance {
    pub(crate) auto_recovery: Option<String>,
}
