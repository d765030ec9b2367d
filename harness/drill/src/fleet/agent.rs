//! An agent of Systems Manager without a machine below it: it registers, waits for a command, uploads an archive and replies.

use std::path::Path;

use nightproof_wire::AwsError;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;

use crate::account::dynamic_client::DynamicClient;

/// How long a message stays invisible to others once the agent has it, in seconds; as the real agent asks.
const VISIBILITY: u64 = 10;

/// Agents that register or upload at once: what a client buffers for each would otherwise be most of what is measured, and the processors are busy all the same.
const AT_ONCE: usize = 64;

/// What each agent does with its command.
pub(super) struct Work {
    /// Where archives go.
    pub(super) bucket: String,
    /// The file that is uploaded.
    pub(super) archive: tempfile::NamedTempFile,
    /// How many more agents may register or upload.
    turns: Semaphore,
}

impl Work {
    pub(super) fn new(bucket: String, archive: tempfile::NamedTempFile) -> Self {
        Self { bucket, archive, turns: Semaphore::new(AT_ONCE) }
    }
}

/// Runs the agent of `instance` until it has answered one command. It tells `online` when Systems Manager knows it.
///
/// # Errors
/// The first call that was refused.
pub(super) async fn serve(
    client: DynamicClient,
    instance: String,
    work: &Work,
    online: UnboundedSender<()>,
) -> Result<(), AwsError> {
    let information = json!({
        "InstanceId": instance, "AgentName": "amazon-ssm-agent", "AgentStatus": "Active", "AgentVersion": "3.3.0.0",
        "ComputerName": instance, "PlatformName": "Amazon Linux", "PlatformType": "Linux", "PlatformVersion": "2023",
    });
    let turn = work.turns.acquire().await;
    client.ask("ssm", "UpdateInstanceInformation", &information).await?;
    drop(turn);
    // Whoever counts may have given up.
    let _ = online.send(());
    let message = received(&client, &instance).await?;
    client.ask("ec2messages", "AcknowledgeMessage", &json!({ "MessageId": message })).await?;
    let turn = work.turns.acquire().await;
    upload(&client, &instance, &work.bucket, work.archive.path()).await?;
    drop(turn);
    let payload = json!({
        "documentStatus": "Success",
        "runtimeStatus": { "aws:runShellScript": {
            "status": "Success", "code": 0, "name": "aws:runShellScript", "output": "", "standardOutput": "", "standardError": "",
            "startDateTime": "2026-01-01T00:00:00.000Z", "endDateTime": "2026-01-01T00:00:00.000Z",
        } },
    });
    let reply = json!({ "MessageId": message, "ReplyId": uuid::Uuid::new_v4().to_string(), "Payload": payload.to_string() });
    client.ask("ec2messages", "SendReply", &reply).await.map(drop)
}

/// The id of the first message that comes.
async fn received(client: &DynamicClient, instance: &str) -> Result<String, AwsError> {
    loop {
        let input = json!({
            "Destination": instance, "MessagesRequestId": uuid::Uuid::new_v4().to_string(), "VisibilityTimeoutInSeconds": VISIBILITY,
        });
        // The service holds an empty answer back.
        let answer = client.ask("ec2messages", "GetMessages", &input).await?;
        if let Some(message) = answer.pointer("/Messages/0/MessageId").and_then(Value::as_str) {
            return Ok(message.to_owned());
        }
    }
}

async fn upload(client: &DynamicClient, instance: &str, bucket: &str, archive: &Path) -> Result<(), AwsError> {
    client.upload(&json!({ "Bucket": bucket, "Key": format!("{instance}.tar.gz") }), archive).await.map(drop)
}
