//! What EventBridge is told of groups. <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-event-reference.html>

use nightproof_core::service::Arn;
use nightproof_core::{Caller, Region};
use serde_json::{Value, json};

use crate::role::PRINCIPAL;

/// Entries of one call of `PutEvents`.
const MOST: usize = 10;

/// An event of an instance of a group.
#[derive(Debug, Clone)]
pub(crate) struct Notification {
    pub(crate) kind: &'static str,
    pub(crate) instance: String,
    pub(crate) detail: Value,
}

/// Puts events of the group with this ARN on the default bus, as the service itself.
pub(crate) async fn send(region: &Region, account: &str, group: &str, notifications: Vec<Notification>) {
    if notifications.is_empty() || region.service("events").is_none() {
        return;
    }
    let entry = |Notification { kind, instance, detail }: &Notification| {
        let mut resources = vec![group.to_owned()];
        if !instance.is_empty() {
            resources.push(Arn::new("ec2", region.name(), account, format!("instance/{instance}")).to_string());
        }
        json!({ "Source": "aws.autoscaling", "DetailType": kind, "Resources": resources, "Detail": detail.to_string() })
    };
    let entries: Vec<Value> = notifications.iter().map(entry).collect();
    let caller = Caller::service(account, PRINCIPAL);
    for some in entries.chunks(MOST) {
        if let Err(error) = region.call(&caller, "events", "PutEvents", json!({ "Entries": some })).await {
            tracing::warn!(group, %error, "EventBridge did not take an event of a group");
        }
    }
}
