//! The record of a managed node.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::stamp::stamp;

/// A node's record.
#[derive(Debug, Clone)]
pub(crate) struct ManagedNode {
    pub(crate) about: UpdateInstanceInformation,
    pub(crate) role: String,
    pub(crate) registered: Timestamp,
    pub(crate) last_contact: Timestamp,
    /// Calls of the agent that wait for a message at this moment.
    pub(crate) polling: usize,
    /// When the last of them ended.
    pub(crate) polled: Option<Instant>,
}

/// How long an agent takes at most from one call for messages to the next.
const BETWEEN_POLLS: Duration = Duration::from_secs(5);

impl ManagedNode {
    /// Five minutes without a word are a lost connection.
    pub(crate) fn online(&self, now: Timestamp) -> bool {
        self.polling > 0 || now.duration_since(self.last_contact) < SignedDuration::from_mins(5)
    }

    /// Whether the agent asks `ec2messages` for its commands, so that its control channel is not to tell it of them: it says so, or it does.
    pub(crate) fn polls(&self, now: Instant) -> bool {
        self.about.connection_channel.as_deref() == Some("ec2messages")
            || self.polling > 0
            || self.polled.is_some_and(|ended| now.saturating_duration_since(ended) < BETWEEN_POLLS)
    }

    pub(crate) fn describe(&self, instance: &str, now: Timestamp) -> Value {
        let seen = if self.polling > 0 { now } else { self.last_contact };
        json!({
            "InstanceId": instance,
            "PingStatus": if self.online(now) { "Online" } else { "ConnectionLost" },
            "LastPingDateTime": stamp(seen),
            "AgentVersion": self.about.agent_version,
            "IsLatestVersion": true,
            "PlatformType": self.about.platform_type,
            "PlatformName": self.about.platform_name,
            "PlatformVersion": self.about.platform_version,
            "ResourceType": "EC2Instance",
            "IPAddress": self.about.ip_address,
            "ComputerName": self.about.computer_name,
            "IamRole": self.role,
            "RegistrationDate": stamp(self.registered),
            "SourceId": instance,
            "SourceType": "AWS::EC2::Instance",
        })
    }
}

/// `UpdateInstanceInformation`, which only the agent calls, with facts of its instance.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct UpdateInstanceInformation {
    pub(crate) instance_id: Option<String>,
    pub(crate) agent_version: Option<String>,
    pub(crate) platform_type: Option<String>,
    pub(crate) platform_name: Option<String>,
    pub(crate) platform_version: Option<String>,
    #[serde(rename = "IPAddress")]
    pub(crate) ip_address: Option<String>,
    pub(crate) computer_name: Option<String>,
    /// By what commands come to it: `ec2messages` or `ssmmessages`.
    #[serde(rename = "SSMConnectionChannel")]
    pub(crate) connection_channel: Option<String>,
    #[serde(flatten)]
    #[expect(dead_code, reason = "no operation shows the agent's zone and status, nor what newer agents say beside them")]
    pub(crate) more: BTreeMap<String, Value>,
}
