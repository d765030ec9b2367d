//! Making, describing and deleting launch configurations.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::filter::Pages;
use super::settings::nothing;
use crate::autoscaling::AutoScaling;
use crate::error::{already_exists, in_use, no_configuration, validation};
use crate::launch_configuration::{CreateLaunchConfiguration, LaunchConfiguration};
use crate::launch_source::LaunchSource;

/// `DescribeLaunchConfigurations`.
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeLaunchConfigurations.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeLaunchConfigurations {
    #[serde(default)]
    launch_configuration_names: Vec<String>,
    next_token: Option<String>,
    max_records: Option<i64>,
}

/// `DeleteLaunchConfiguration`.
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteLaunchConfiguration.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteLaunchConfiguration {
    launch_configuration_name: String,
}

impl AutoScaling {
    /// The image is looked at in the name of who calls; whether an instance can be launched shows when one is.
    pub(crate) async fn create_launch_configuration(
        &self,
        call: &Call,
        input: CreateLaunchConfiguration,
    ) -> Result<Value, AwsError> {
        let name = input.launch_configuration_name.clone();
        let image = input.image_id.as_deref().ok_or_else(|| {
            validation(
                "Valid requests must contain either the InstanceID parameter or both the ImageId and InstanceType parameters.",
            )
        })?;
        if input.instance_type.is_none() {
            return Err(validation(
                "Valid requests must contain either the InstanceID parameter or both the ImageId and InstanceType parameters.",
            ));
        }
        let caller = call.caller.clone().via(crate::role::PRINCIPAL);
        let found = call.region.call(&caller, "ec2", "DescribeImages", json!({ "ImageIds": [image] })).await;
        found.map_err(|_| validation("AMI cannot be described"))?;
        let arn = format!("launchConfiguration:{}:launchConfigurationName/{name}", uuid::Uuid::new_v4());
        let made = LaunchConfiguration { arn: call.arn("autoscaling", arn), created: call.now, given: input };
        self.with(call.account(), |records| {
            if records.configurations.contains_key(&name) {
                return Err(already_exists(format!(
                    "Launch Configuration by this name already exists - A launch configuration already exists with the name {name}"
                )));
            }
            records.configurations.insert(name, made);
            Ok(nothing())
        })
    }

    pub(crate) fn describe_launch_configurations(
        &self,
        call: &Call,
        input: DescribeLaunchConfigurations,
    ) -> Result<Value, AwsError> {
        let names = &input.launch_configuration_names;
        let described = self.with(call.account(), |records| {
            let chosen = records.configurations.iter().filter(|(name, _)| names.is_empty() || names.contains(name));
            chosen.map(|(_, configuration)| configuration.describe()).collect()
        });
        Pages { token: input.next_token.as_deref(), records: input.max_records }.of("LaunchConfigurations", described)
    }

    pub(crate) fn delete_launch_configuration(&self, call: &Call, input: DeleteLaunchConfiguration) -> Result<Value, AwsError> {
        let name = input.launch_configuration_name;
        self.with(call.account(), |records| {
            let source = LaunchSource::Configuration(name.clone());
            if let Some(group) = records.groups.values().find(|group| group.settings.source == source) {
                return Err(in_use(format!(
                    "Cannot delete launch configuration {name} because it is attached to AutoScalingGroup {}",
                    group.name
                )));
            }
            records.configurations.remove(&name).map(|_| nothing()).ok_or_else(|| no_configuration(&name))
        })
    }
}
