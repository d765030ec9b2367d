//! SendCommand: checks, targets, and the first messages.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use nightproof_core::service::{AwsError, Call, Instance};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::command::{CloudWatchOutputConfig, Command, Target};
use crate::command_parameters::{Given, execution_timeout, typed};
use crate::invocation::Invocation;
use crate::records::Ssm;

/// `SendCommand`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SendCommand {
    document_name: String,
    document_version: Option<String>,
    #[serde(default)]
    instance_ids: Vec<String>,
    #[serde(default)]
    targets: Vec<Target>,
    #[serde(default)]
    parameters: Given,
    timeout_seconds: Option<i64>,
    comment: Option<String>,
    #[serde(rename = "OutputS3BucketName")]
    output_bucket: Option<String>,
    #[serde(rename = "OutputS3KeyPrefix")]
    output_prefix: Option<String>,
    max_concurrency: Option<String>,
    max_errors: Option<String>,
    #[serde(default)]
    notification_config: NotificationConfig,
    #[serde(default)]
    cloud_watch_output_config: CloudWatchOutputConfig,
    #[serde(rename = "OutputS3Region")]
    #[expect(dead_code, reason = "AWS ignores it too: the bucket has a region of its own")]
    output_region: Option<String>,
}

/// Whom to notify. Nobody is: only one that says nothing is taken.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NotificationConfig {
    notification_arn: String,
    notification_events: Vec<String>,
    notification_type: String,
}

impl SendCommand {
    /// What would change the outcome and is not done here is refused by name.
    fn refuse_unsupported(&self) -> Result<(), AwsError> {
        let refuse = |what: &str| Err(AwsError::not_implemented("ssm", &format!("{what} of SendCommand")));
        let NotificationConfig { notification_arn, notification_events, notification_type } = &self.notification_config;
        if !(notification_arn.is_empty() && notification_events.is_empty() && notification_type.is_empty()) {
            return refuse("NotificationConfig");
        }
        Ok(())
    }
}

impl Ssm {
    pub(crate) async fn send_command(&self, call: &Call, input: SendCommand) -> Result<Value, AwsError> {
        input.refuse_unsupported()?;
        let (document_name, document_version, document) =
            self.command_document(call, &input.document_name, input.document_version.as_deref())?;
        let parameters = typed(&document, &input.parameters)?;
        check_addressees(&input)?;

        let instances = self.instances(&call.region, call.account());
        let addressed = if input.instance_ids.is_empty() {
            self.resolve(&call.region, call.account(), &instances, &input.targets)?
        } else {
            self.check_instances(call, &instances, &input.instance_ids)?;
            input.instance_ids.clone()
        };
        let none = addressed.is_empty();
        let name_of = |id: &String| {
            let instance = instances.iter().find(|instance| instance.id == *id);
            instance.and_then(|instance| instance.tags.get("Name").cloned()).unwrap_or_default()
        };
        let command = Command {
            id: uuid::Uuid::new_v4().to_string(),
            document_name,
            document_version,
            comment: input.comment.unwrap_or_default(),
            parameters: json!(input.parameters),
            typed_parameters: parameters,
            instance_ids: input.instance_ids,
            targets: input.targets,
            requested: call.now,
            delivery_timeout: SignedDuration::from_secs(input.timeout_seconds.unwrap_or(3600)),
            execution_timeout: SignedDuration::from_secs(execution_timeout(&document, &input.parameters)),
            max_concurrency: input.max_concurrency.unwrap_or_else(|| "50".to_owned()),
            max_errors: input.max_errors.unwrap_or_else(|| "0".to_owned()),
            output_bucket: input.output_bucket.unwrap_or_default(),
            output_prefix: input.output_prefix.unwrap_or_default(),
            cloud_watch_output: input.cloud_watch_output_config,
            invocations: addressed.iter().map(|id| Invocation::new(id, &name_of(id), call.now, &document.steps)).collect(),
            document,
            cancelled: false,
            reported: "Pending",
        };
        let mut answer = command.describe(call.region.name());
        if let Some(answer) = answer.as_object_mut() {
            // The answer of SendCommand is older than the resolution of its targets.
            for (member, value) in [("Status", json!("Pending")), ("StatusDetails", json!("Pending"))] {
                answer.insert(member.to_owned(), value);
            }
        }
        let id = command.id.clone();
        let deadlines = [command.delivery_deadline(), command.expires()];
        self.with(call.account(), |records| records.commands.push(command));
        if !none {
            self.dispatch_command(call.account(), &id, call.now);
            self.watch_deadlines(&call.region, call.account(), &id, deadlines);
        }
        self.announce(&call.region, call.account()).await;
        Ok(json!({"Command": answer}))
    }

    /// Every id must be a node whose instance runs.
    fn check_instances(&self, call: &Call, instances: &[Instance], ids: &[String]) -> Result<(), AwsError> {
        let mut seen = BTreeSet::new();
        if let Some(twice) = ids.iter().find(|id| !seen.insert(*id)) {
            return Err(AwsError::new("DuplicateInstanceId", 400, format!("Instance {twice} is given more than once.")));
        }
        let bad: Vec<&str> = self.with(call.account(), |records| {
            ids.iter()
                .filter(|id| {
                    !records.nodes.contains_key(*id) || !instances.iter().any(|instance| instance.id == **id && instance.usable())
                })
                .map(String::as_str)
                .collect()
        });
        if bad.is_empty() {
            return Ok(());
        }
        Err(AwsError::new(
            "InvalidInstanceId",
            400,
            format!("Instances [[{}]] not in a valid state for account {}", bad.join(", "), call.account()),
        ))
    }
}

fn check_addressees(input: &SendCommand) -> Result<(), AwsError> {
    match (input.instance_ids.is_empty(), input.targets.is_empty()) {
        (true, true) => Err(AwsError::new("InvalidInstanceId", 400, "InstanceIds or Targets must be specified.")),
        (false, false) => {
            Err(AwsError::validation("InstanceIds and Targets can't both be specified in one SendCommand request."))
        }
        (false, true) if input.instance_ids.len() > 50 => Err(AwsError::validation(
            "1 validation error detected: Value at 'instanceIds' failed to satisfy constraint: \
             Member must have length less than or equal to 50",
        )),
        (true, false) if input.targets.len() > 5 => Err(AwsError::validation(
            "1 validation error detected: Value at 'targets' failed to satisfy constraint: \
             Member must have length less than or equal to 5",
        )),
        _ => Ok(()),
    }
}
