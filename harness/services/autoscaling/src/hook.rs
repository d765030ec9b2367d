//! Lifecycle hooks, and the actions that wait by them.
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html>

use jiff::{SignedDuration, Timestamp};
use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::validation;

/// The longest that an instance waits, whatever its heartbeats.
const LONGEST: i64 = 172_800;

/// When an instance waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transition {
    Launching,
    Terminating,
}

impl Transition {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Launching => "autoscaling:EC2_INSTANCE_LAUNCHING",
            Self::Terminating => "autoscaling:EC2_INSTANCE_TERMINATING",
        }
    }

    pub(crate) fn read(text: &str) -> Result<Self, AwsError> {
        [Self::Launching, Self::Terminating].into_iter().find(|one| one.name() == text).ok_or_else(|| {
            validation(format!(
                "Valid lifecycle transition types are: [autoscaling:EC2_INSTANCE_LAUNCHING, autoscaling:EC2_INSTANCE_TERMINATING]. Given: {text}"
            ))
        })
    }
}

/// How an action ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Continue,
    Abandon,
}

impl Outcome {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Continue => "CONTINUE",
            Self::Abandon => "ABANDON",
        }
    }

    pub(crate) fn read(text: &str) -> Result<Self, AwsError> {
        [Self::Continue, Self::Abandon]
            .into_iter()
            .find(|one| one.name() == text)
            .ok_or_else(|| validation(format!("{text} is not one of the valid results: [CONTINUE, ABANDON]")))
    }
}

/// `LifecycleHookSpecification`, which `PutLifecycleHook` has too.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct HookSpecification {
    pub(crate) lifecycle_hook_name: String,
    pub(crate) lifecycle_transition: Option<String>,
    pub(crate) notification_metadata: Option<String>,
    pub(crate) heartbeat_timeout: Option<i64>,
    pub(crate) default_result: Option<String>,
}

/// A hook of a group.
#[derive(Debug, Clone)]
pub(crate) struct Hook {
    pub(crate) name: String,
    pub(crate) transition: Transition,
    pub(crate) metadata: Option<String>,
    /// Seconds.
    pub(crate) heartbeat: i64,
    pub(crate) default: Outcome,
}

impl Hook {
    /// A hook as a request says it. What it does not say stays as it is `before`.
    pub(crate) fn new(given: HookSpecification, before: Option<&Self>) -> Result<Self, AwsError> {
        let transition = match (given.lifecycle_transition.as_deref(), before) {
            (Some(text), _) => Transition::read(text)?,
            (None, Some(before)) => before.transition,
            (None, None) => {
                return Err(validation("LifecycleTransition is required when creating a lifecycle hook."));
            }
        };
        let heartbeat = given.heartbeat_timeout.or(before.map(|hook| hook.heartbeat)).unwrap_or(3600);
        if !(30..=7200).contains(&heartbeat) {
            return Err(validation("Valid heartbeat timeout values are between 30 and 7200 seconds."));
        }
        let default = given.default_result.as_deref().map(Outcome::read).transpose()?;
        Ok(Self {
            name: given.lifecycle_hook_name,
            transition,
            metadata: given.notification_metadata.or_else(|| before?.metadata.clone()),
            heartbeat,
            default: default.or(before.map(|hook| hook.default)).unwrap_or(Outcome::Abandon),
        })
    }

    /// Seconds that an instance waits at most: 48 hours, or 100 times the heartbeat time-out if that is less.
    fn global(&self) -> i64 {
        self.heartbeat.saturating_mul(100).min(LONGEST)
    }

    pub(crate) fn describe(&self, group: &str) -> Value {
        let mut described = json!({
            "LifecycleHookName": self.name, "AutoScalingGroupName": group, "LifecycleTransition": self.transition.name(),
            "HeartbeatTimeout": self.heartbeat, "GlobalTimeout": self.global(), "DefaultResult": self.default.name(),
        });
        if let (Some(members), Some(metadata)) = (described.as_object_mut(), &self.metadata) {
            members.insert("NotificationMetadata".to_owned(), metadata.as_str().into());
        }
        described
    }
}

/// An instance waits by a hook.
#[derive(Debug, Clone)]
pub(crate) struct Action {
    pub(crate) hook: Hook,
    pub(crate) token: String,
    /// When its default result comes.
    pub(crate) deadline: Timestamp,
    latest: Timestamp,
}

impl Action {
    pub(crate) fn new(hook: &Hook, now: Timestamp) -> Self {
        let after = |seconds| now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
        Self {
            token: uuid::Uuid::new_v4().to_string(),
            deadline: after(hook.heartbeat),
            latest: after(hook.global()),
            hook: hook.clone(),
        }
    }

    /// Its heartbeat time-out begins anew.
    pub(crate) fn heartbeat(&mut self, now: Timestamp) {
        let next = now.saturating_add(SignedDuration::from_secs(self.hook.heartbeat)).unwrap_or(Timestamp::MAX);
        self.deadline = next.min(self.latest);
    }
}
