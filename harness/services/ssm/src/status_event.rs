//! Events of Run Command for EventBridge: each change of a command's status, and of its status on each node.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-eventbridge-events.html>

use nightproof_core::service::Arn;
use nightproof_core::{Caller, Region};
use serde_json::{Value, json};

use crate::command::Command;
use crate::records::Ssm;
use crate::stamp::stamp;

/// Entries of one call of `PutEvents`.
const MOST: usize = 10;

impl Ssm {
    /// Wakes who waits for commands, and puts what has changed since it was last asked on the default bus, in the order invocations and then their command.
    pub(crate) async fn announce(&self, region: &Region, account: &str) {
        self.changed.notify_waiters();
        let entries: Vec<Value> = self.with(account, |records| {
            records.commands.iter_mut().flat_map(|command| changes(command, region.name(), account)).collect()
        });
        let caller = Caller::service(account, "ssm.amazonaws.com");
        for some in entries.chunks(MOST) {
            if let Err(error) = region.call(&caller, "events", "PutEvents", json!({ "Entries": some })).await {
                tracing::warn!(%error, "EventBridge did not take the status of a command");
            }
        }
    }
}

fn changes(command: &mut Command, region: &str, account: &str) -> Vec<Value> {
    let mut entries = Vec::new();
    let arn = |instance: &str| Arn::new("ec2", region, account, format!("instance/{instance}")).to_string();
    let requested = stamp(command.requested);
    for invocation in &mut command.invocations {
        let (status, _) = invocation.state.words();
        if std::mem::replace(&mut invocation.reported, status) == status {
            continue;
        }
        let detail = json!({
            "command-id": command.id,
            "document-name": command.document_name,
            "instance-id": invocation.instance_id,
            "requested-date-time": requested,
            "status": status,
        });
        entries.push(entry("EC2 Command Invocation Status-change Notification", vec![arn(&invocation.instance_id)], &detail));
    }
    let status = command.verdict().status;
    if std::mem::replace(&mut command.reported, status) != status {
        let detail = json!({
            "command-id": command.id,
            "document-name": command.document_name,
            "expire-after": stamp(command.expires()),
            "parameters": command.parameters,
            "requested-date-time": requested,
            "status": status,
        });
        let instances = command.invocations.iter().map(|invocation| arn(&invocation.instance_id)).collect();
        entries.push(entry("EC2 Command Status-change Notification", instances, &detail));
    }
    entries
}

fn entry(kind: &str, resources: Vec<String>, detail: &Value) -> Value {
    json!({ "Source": "aws.ssm", "DetailType": kind, "Resources": resources, "Detail": detail.to_string() })
}
