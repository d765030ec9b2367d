//! Instance refreshes, as they are kept.
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html>

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::launch_source::LaunchSource;

/// The reason of a refresh that was cancelled.
pub(crate) const CANCELLED: &str = "Cancelled due to user request.";

/// `RefreshPreferences`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html>
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Preferences {
    /// Percent of the desired capacity that stays in service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min_healthy_percentage: Option<i64>,
    /// Percent of the desired capacity that there may be. Above 100, instances are launched before others leave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_healthy_percentage: Option<i64>,
    /// Seconds in service until a new instance counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instance_warmup: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skip_matching: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) auto_rollback: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scale_in_protected_instances: Option<String>,
    /// No instance of the region is in standby.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) standby_instances: Option<String>,
    /// Seconds that a refresh waits when all are replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bake_time: Option<i64>,
}

/// A refresh of a group's instances.
#[derive(Debug, Clone)]
pub(crate) struct InstanceRefresh {
    pub(crate) id: String,
    pub(crate) status: &'static str,
    pub(crate) reason: Option<String>,
    pub(crate) started: Timestamp,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) preferences: Preferences,
    /// What new instances are launched by, if not as the group launches them. The group takes it over in the end.
    pub(crate) desired: Option<LaunchSource>,
    /// The instances that are to be replaced, and how many there were.
    pub(crate) obsolete: BTreeSet<String>,
    pub(crate) total: usize,
    /// Since when the other instances are in service.
    pub(crate) in_service: BTreeMap<String, Timestamp>,
    /// How many instances there are beyond the desired capacity.
    pub(crate) surplus: usize,
    /// When something changed last.
    pub(crate) progressed: Timestamp,
    /// When baking ends.
    pub(crate) baked: Option<Timestamp>,
}

impl InstanceRefresh {
    /// A refresh of the instances in `obsolete`, which begins now.
    pub(crate) fn new(
        preferences: Preferences,
        desired: Option<LaunchSource>,
        obsolete: BTreeSet<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            status: "Pending",
            reason: None,
            started: now,
            ended: None,
            preferences,
            desired,
            total: obsolete.len(),
            obsolete,
            in_service: BTreeMap::new(),
            surplus: 0,
            progressed: now,
            baked: None,
        }
    }

    /// Whether it goes on.
    pub(crate) fn is_active(&self) -> bool {
        self.ended.is_none()
    }

    /// Ends it.
    pub(crate) fn end(&mut self, status: &'static str, reason: Option<&str>, now: Timestamp) {
        (self.status, self.reason, self.ended, self.surplus) = (status, reason.map(str::to_owned), Some(now), 0);
    }

    /// The shape `InstanceRefresh`. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstanceRefresh.html>
    pub(crate) fn describe(&self, group: &str, warmup: SignedDuration, now: Timestamp) -> Value {
        let warming = self.in_service.values().filter(|since| after(**since, warmup) > now).count();
        let left = if self.status == "Successful" { 0 } else { (self.obsolete.len() + warming).min(self.total) };
        let percent = (self.total - left) * 100 / self.total.max(1);
        let mut described = json!({
            "InstanceRefreshId": self.id, "AutoScalingGroupName": group, "Status": self.status, "Strategy": "Rolling",
            "StartTime": self.started, "InstancesToUpdate": left, "Preferences": self.preferences,
            "PercentageComplete": if self.status == "Successful" { 100 } else { percent },
        });
        let Some(members) = described.as_object_mut() else { return described };
        if let Some(reason) = &self.reason {
            members.insert("StatusReason".to_owned(), reason.as_str().into());
        }
        if let Some(ended) = self.ended {
            members.insert("EndTime".to_owned(), json!(ended));
        }
        if let Some(LaunchSource::Template { id, name, version }) = &self.desired {
            let version = version.as_deref().unwrap_or("$Default");
            let template = json!({ "LaunchTemplateId": id, "LaunchTemplateName": name, "Version": version });
            members.insert("DesiredConfiguration".to_owned(), json!({ "LaunchTemplate": template }));
        }
        described
    }
}

/// The time a while after another.
pub(crate) fn after(time: Timestamp, duration: SignedDuration) -> Timestamp {
    time.saturating_add(duration).unwrap_or(Timestamp::MAX)
}
