//! Auto scaling groups. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingGroup.html>

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::activity::Activities;
use crate::hook::Hook;
use crate::instance::Instance;
use crate::launch_source::LaunchSource;
use crate::notification::Notification;
use crate::refresh::InstanceRefresh;
use crate::scheduled_action::ScheduledAction;
use crate::size::Size;
use crate::tag::Tag;

/// A subnet that instances are launched into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) zone: String,
}

/// What can be changed of a group.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) source: LaunchSource,
    pub(crate) size: Size,
    pub(crate) cooldown: i64,
    /// If empty, the default subnets of `zones`.
    pub(crate) subnets: Vec<Subnet>,
    pub(crate) zones: Vec<String>,
    /// `EC2`, and what else is asked.
    pub(crate) health_check: String,
    /// Seconds from the launch in which the health of an instance does not count.
    pub(crate) grace: i64,
    pub(crate) termination_policies: Vec<String>,
    pub(crate) protects_new: bool,
    pub(crate) rebalances: Option<bool>,
    /// Seconds; no scaling policy reads them.
    pub(crate) warmup: Option<i64>,
    /// The service-linked role.
    pub(crate) role: String,
    pub(crate) deletion_protection: String,
}

/// A group.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) created: Timestamp,
    pub(crate) settings: Settings,
    pub(crate) tags: Vec<Tag>,
    pub(crate) hooks: BTreeMap<String, Hook>,
    /// By name.
    pub(crate) scheduled: BTreeMap<String, ScheduledAction>,
    /// The newest first.
    pub(crate) refreshes: Vec<InstanceRefresh>,
    pub(crate) instances: Vec<Instance>,
    pub(crate) activities: Activities,
    /// Processes that do not run, with the reason.
    pub(crate) suspended: BTreeMap<&'static str, String>,
    /// Whether it is being deleted, with its instances.
    pub(crate) is_deleted: bool,
    /// Why it has the capacity that it has, as causes of activities begin.
    pub(crate) reason: String,
    /// Launches that failed since the last that did not, and when the next is tried.
    pub(crate) failures: u32,
    pub(crate) retry: Option<Timestamp>,
    /// What EventBridge is to be told.
    pub(crate) outbox: Vec<Notification>,
    /// Wakes its task.
    pub(crate) wake: Arc<Notify>,
}

/// Processes that can be suspended.
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html>
pub(crate) const PROCESSES: [&str; 9] = [
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "Launch",
    "ReplaceUnhealthy",
    "ScheduledActions",
    "Terminate",
];

impl Group {
    pub(crate) fn instance(&self, id: &str) -> Option<&Instance> {
        self.instances.iter().find(|instance| instance.id == id)
    }

    pub(crate) fn instance_mut(&mut self, id: &str) -> Option<&mut Instance> {
        self.instances.iter_mut().find(|instance| instance.id == id)
    }

    /// Instances that are not on their way out.
    pub(crate) fn staying(&self) -> impl Iterator<Item = &Instance> {
        self.instances.iter().filter(|instance| !instance.state.is_leaving())
    }

    pub(crate) fn runs(&self, process: &str) -> bool {
        !self.suspended.contains_key(process)
    }

    /// The zones that instances are launched into.
    pub(crate) fn zones(&self) -> BTreeSet<&str> {
        match self.settings.subnets.as_slice() {
            [] => self.settings.zones.iter().map(String::as_str).collect(),
            subnets => subnets.iter().map(|subnet| subnet.zone.as_str()).collect(),
        }
    }

    pub(crate) fn describe(&self, with_instances: bool) -> Value {
        let Settings { source, size, .. } = &self.settings;
        let settings = &self.settings;
        let suspended = self.suspended.iter();
        let instances = self.instances.iter().filter(|_| with_instances);
        let mut described = json!({
            "AutoScalingGroupName": self.name, "AutoScalingGroupARN": self.arn, "CreatedTime": self.created,
            "MinSize": size.min, "MaxSize": size.max, "DesiredCapacity": size.desired,
            "DefaultCooldown": settings.cooldown, "AvailabilityZones": self.zones(),
            "LoadBalancerNames": [], "TargetGroupARNs": [], "TrafficSources": [], "EnabledMetrics": [],
            "HealthCheckType": settings.health_check, "HealthCheckGracePeriod": settings.grace,
            "Instances": instances.map(Instance::describe).collect::<Vec<_>>(),
            "SuspendedProcesses": suspended
                .map(|(name, reason)| json!({ "ProcessName": name, "SuspensionReason": reason }))
                .collect::<Vec<_>>(),
            "Tags": self.tags.iter().map(|tag| tag.describe(&self.name)).collect::<Vec<_>>(),
            "TerminationPolicies": settings.termination_policies,
            "NewInstancesProtectedFromScaleIn": settings.protects_new,
            "ServiceLinkedRoleARN": settings.role, "DeletionProtection": settings.deletion_protection,
        });
        let Some(members) = described.as_object_mut() else { return described };
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        match source {
            LaunchSource::Template { id, name, version } => {
                let mut template = json!({ "LaunchTemplateId": id, "LaunchTemplateName": name });
                if let (Some(template), Some(version)) = (template.as_object_mut(), version) {
                    template.insert("Version".to_owned(), version.as_str().into());
                }
                put("LaunchTemplate", template);
            }
            LaunchSource::Configuration(name) => {
                put("LaunchConfigurationName", name.as_str().into());
            }
        }
        if !settings.subnets.is_empty() {
            let ids: Vec<&str> = settings.subnets.iter().map(|subnet| subnet.id.as_str()).collect();
            put("VPCZoneIdentifier", ids.join(",").into());
        }
        if let Some(rebalances) = settings.rebalances {
            put("CapacityRebalance", rebalances.into());
        }
        if let Some(warmup) = settings.warmup {
            put("DefaultInstanceWarmup", warmup.into());
        }
        if self.is_deleted {
            put("Status", "Delete in progress".into());
        }
        described
    }
}
