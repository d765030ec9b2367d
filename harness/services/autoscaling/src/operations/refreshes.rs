//! Starting, describing and cancelling instance refreshes.

use std::collections::BTreeSet;

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::filter::Pages;
use super::settings::{self, LaunchTemplate};
use crate::autoscaling::AutoScaling;
use crate::capacity;
use crate::error::validation;
use crate::instance::LaunchedBy;
use crate::launch::Blueprint;
use crate::launch_source::LaunchSource;
use crate::refresh::{CANCELLED, InstanceRefresh, Preferences};
use crate::role;

/// `StartInstanceRefresh`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_StartInstanceRefresh.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StartInstanceRefresh {
    auto_scaling_group_name: String,
    strategy: Option<String>,
    desired_configuration: Option<DesiredConfiguration>,
    #[serde(default)]
    preferences: Preferences,
}

/// `DesiredConfiguration`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DesiredConfiguration.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DesiredConfiguration {
    launch_template: Option<LaunchTemplate>,
}

/// `DescribeInstanceRefreshes`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeInstanceRefreshes.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeInstanceRefreshes {
    auto_scaling_group_name: String,
    #[serde(default)]
    instance_refresh_ids: Vec<String>,
    next_token: Option<String>,
    max_records: Option<i64>,
}

/// `CancelInstanceRefresh`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CancelInstanceRefresh.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CancelInstanceRefresh {
    auto_scaling_group_name: String,
    wait_for_transitioning_instances: Option<bool>,
}

impl AutoScaling {
    pub(crate) async fn start_instance_refresh(&self, call: &Call, input: StartInstanceRefresh) -> Result<Value, AwsError> {
        if let Some(other) = input.strategy.filter(|strategy| strategy != "Rolling") {
            return Err(AwsError::not_implemented("autoscaling", &format!("the strategy {other} of an instance refresh")));
        }
        check(&input.preferences)?;
        let (region, account, name) = (&call.region, call.account(), input.auto_scaling_group_name.as_str());
        let mut tried = self.with(account, |records| records.group(name).cloned())?;
        let session = role::session(region, account, &tried.settings.role).await?;
        let template = input.desired_configuration.and_then(|desired| desired.launch_template);
        let desired = settings::source(region, &session, template.as_ref(), None).await?;
        if let Some(desired) = &desired {
            tried.settings.source = desired.clone();
            self.check_launch(call, &tried).await?;
        }
        // Which instances are as the new ones will be.
        let matching = match input.preferences.skip_matching {
            Some(true) => match &tried.settings.source {
                LaunchSource::Configuration(name) => Some(LaunchedBy::Configuration(name.clone())),
                source => Some(Blueprint::read(region, &session, source, None, &capacity::place(&tried)).await?.by),
            },
            _ => None,
        };
        self.change(account, name, |group| {
            if group.refresh().is_some() {
                let message = "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.";
                return Err(AwsError::new("InstanceRefreshInProgressFault", 400, message));
            }
            let obsolete = group.staying().filter(|one| matching.as_ref() != Some(&one.by)).map(|one| one.id.clone());
            let refresh = InstanceRefresh::new(input.preferences, desired, obsolete.collect::<BTreeSet<_>>(), call.now);
            let started = json!({ "InstanceRefreshId": refresh.id });
            group.refreshes.insert(0, refresh);
            Ok(started)
        })
    }

    /// The newest first.
    pub(crate) fn describe_instance_refreshes(&self, call: &Call, input: DescribeInstanceRefreshes) -> Result<Value, AwsError> {
        let described = self.with(call.account(), |records| {
            let group = records.group(&input.auto_scaling_group_name)?;
            let wanted =
                |one: &&InstanceRefresh| input.instance_refresh_ids.is_empty() || input.instance_refresh_ids.contains(&one.id);
            let found = group.refreshes.iter().filter(wanted);
            Ok::<_, AwsError>(found.map(|refresh| refresh.describe(&group.name, refresh.warmup(group), call.now)).collect())
        })?;
        Pages { token: input.next_token.as_deref(), records: input.max_records }.of("InstanceRefreshes", described)
    }

    /// What was replaced stays so.
    pub(crate) fn cancel_instance_refresh(&self, call: &Call, input: CancelInstanceRefresh) -> Result<Value, AwsError> {
        self.change(call.account(), &input.auto_scaling_group_name, |group| {
            let Some(refresh) = group.refreshes.iter_mut().find(|refresh| refresh.is_active()) else {
                let message = format!("No in progress or pending Instance Refresh found for Auto Scaling group {}", group.name);
                return Err(AwsError::new("ActiveInstanceRefreshNotFoundFault", 400, message));
            };
            refresh.status = "Cancelling";
            if input.wait_for_transitioning_instances == Some(false) {
                refresh.end("Cancelled", Some(CANCELLED), call.now);
            }
            Ok(json!({ "InstanceRefreshId": refresh.id }))
        })
    }
}

fn check(preferences: &Preferences) -> Result<(), AwsError> {
    if preferences.auto_rollback == Some(true) {
        return Err(AwsError::not_implemented("autoscaling", "AutoRollback of an instance refresh"));
    }
    match (preferences.min_healthy_percentage, preferences.max_healthy_percentage) {
        (None, Some(_)) => Err(validation("MinHealthyPercentage must be specified when MaxHealthyPercentage is specified.")),
        (Some(min), Some(max)) if max - min > 100 => {
            Err(validation("The difference between MaxHealthyPercentage and MinHealthyPercentage cannot be greater than 100."))
        }
        _ => Ok(()),
    }
}
