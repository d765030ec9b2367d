//! Instances of groups. <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html>

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::hook::Action;

/// Where in its lifecycle an instance is. One that is terminated is in no group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    PendingWait,
    PendingProceed,
    InService,
    Terminating,
    TerminatingWait,
    TerminatingProceed,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::PendingWait => "Pending:Wait",
            Self::PendingProceed => "Pending:Proceed",
            Self::InService => "InService",
            Self::Terminating => "Terminating",
            Self::TerminatingWait => "Terminating:Wait",
            Self::TerminatingProceed => "Terminating:Proceed",
        }
    }

    /// Whether it is on its way out.
    pub(crate) fn is_leaving(self) -> bool {
        matches!(self, Self::Terminating | Self::TerminatingWait | Self::TerminatingProceed)
    }
}

/// What an instance was launched by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LaunchedBy {
    Template { id: String, name: String, version: String },
    Configuration(String),
}

/// An instance of a group.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) image: String,
    pub(crate) zone: String,
    pub(crate) subnet: String,
    pub(crate) by: LaunchedBy,
    pub(crate) launched: Timestamp,
    pub(crate) state: State,
    pub(crate) healthy: bool,
    /// Whether a smaller capacity leaves it alone.
    pub(crate) protected: bool,
    /// The hooks that it waits by.
    pub(crate) actions: Vec<Action>,
    /// The id of the activity that launches or terminates it.
    pub(crate) activity: String,
    /// Whether EC2 was asked to terminate it.
    pub(crate) is_asked: bool,
    /// When EC2 is asked again after it refused.
    pub(crate) ask_after: Option<Timestamp>,
}

impl Instance {
    /// As `DescribeAutoScalingGroups` shows it.
    pub(crate) fn describe(&self) -> Value {
        let mut described = json!({
            "InstanceId": self.id, "InstanceType": self.kind, "ImageId": self.image, "AvailabilityZone": self.zone,
            "LifecycleState": self.state.name(), "HealthStatus": if self.healthy { "Healthy" } else { "Unhealthy" },
            "ProtectedFromScaleIn": self.protected,
        });
        if let Some(members) = described.as_object_mut() {
            match &self.by {
                LaunchedBy::Template { id, name, version } => members.insert(
                    "LaunchTemplate".to_owned(),
                    json!({ "LaunchTemplateId": id, "LaunchTemplateName": name, "Version": version }),
                ),
                LaunchedBy::Configuration(name) => members.insert("LaunchConfigurationName".to_owned(), name.as_str().into()),
            };
        }
        described
    }

    /// As `DescribeAutoScalingInstances` shows it.
    pub(crate) fn describe_with(&self, group: &str) -> Value {
        let mut described = self.describe();
        if let Some(members) = described.as_object_mut() {
            members.insert("AutoScalingGroupName".to_owned(), group.into());
            let health = if self.healthy { "HEALTHY" } else { "UNHEALTHY" };
            members.insert("HealthStatus".to_owned(), health.into());
        }
        described
    }
}
