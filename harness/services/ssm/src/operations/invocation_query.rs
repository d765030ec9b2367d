//! ListCommandInvocations and GetCommandInvocation.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::command::Command;
use crate::invocation::{Invocation, Plugin, Stage, State};
use crate::operations::command_query::Filter;
use crate::page::page;
use crate::records::Ssm;
use crate::stamp::stamp;

/// Characters of standard output that GetCommandInvocation shows.
const STREAM_LIMIT: usize = 24_000;
/// Characters of standard error that it shows.
const ERROR_LIMIT: usize = 8_000;
/// Characters of a plugin's output that ListCommandInvocations shows.
const OUTPUT_LIMIT: usize = 2_500;

/// `ListCommandInvocations`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListCommandInvocations.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListCommandInvocations {
    command_id: Option<String>,
    instance_id: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    details: bool,
}

/// `GetCommandInvocation`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetCommandInvocation {
    command_id: String,
    instance_id: String,
    plugin_name: Option<String>,
}

fn limited(text: &str, limit: usize) -> String {
    const MARK: &str = "--output truncated--";
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit - MARK.len()).chain(MARK.chars()).collect()
}

/// A plugin that was never begun has its invocation's status.
fn plugin_words(plugin: &Plugin, invocation: &Invocation) -> (&'static str, &'static str) {
    match (plugin.state, invocation.state) {
        (State::Open(Stage::Sent), state @ State::Open(_)) => state.words(),
        (state, _) => state.words(),
    }
}

/// Where the agent puts a stream if a bucket was given: `<prefix>/<command>/<instance>/<plugin>/…/stdout`.
fn url(region: &str, plugin: &Plugin, command: &Command, instance: &str, stream: &str) -> String {
    let action = plugin.action.replace(':', "");
    // In schema 1.2 a plugin reports under its own name, and keeps the output of its first properties in a folder of their id.
    let folder = if plugin.id == plugin.action { format!("0.{action}") } else { plugin.id.clone() };
    let (bucket, prefix) = if plugin.output_bucket.is_empty() {
        let tail = format!("{}/{instance}/{action}/{folder}", command.id);
        let prefix = command.output_prefix.trim_end_matches('/');
        (&command.output_bucket, if prefix.is_empty() { tail } else { format!("{prefix}/{tail}") })
    } else {
        // The real agent names the plugin's folder, in which each step has its own.
        let of_plugin = plugin.output_prefix.ends_with(&format!("/{action}"));
        let below = if of_plugin { format!("/{folder}") } else { String::new() };
        (&plugin.output_bucket, format!("{}{below}", plugin.output_prefix))
    };
    if bucket.is_empty() { String::new() } else { format!("https://s3.{region}.amazonaws.com/{bucket}/{prefix}/{stream}") }
}

fn describe_plugin(plugin: &Plugin, invocation: &Invocation, command: &Command, region: &str) -> Value {
    let (status, details) = plugin_words(plugin, invocation);
    let mut output = json!({
        "Name": plugin.id,
        "Status": status,
        "StatusDetails": details,
        "ResponseCode": plugin.code,
        "Output": limited(&plugin.output, OUTPUT_LIMIT),
        "StandardOutputUrl": url(region, plugin, command, &invocation.instance_id, "stdout"),
        "StandardErrorUrl": url(region, plugin, command, &invocation.instance_id, "stderr"),
        "OutputS3Region": region,
        "OutputS3BucketName": command.output_bucket,
        "OutputS3KeyPrefix": command.output_prefix,
    });
    if let Some(output) = output.as_object_mut() {
        if let Some(time) = plugin.started {
            output.insert("ResponseStartDateTime".to_owned(), json!(stamp(time)));
        }
        if let Some(time) = plugin.finished {
            output.insert("ResponseFinishDateTime".to_owned(), json!(stamp(time)));
        }
    }
    output
}

fn describe(invocation: &Invocation, command: &Command, region: &str, details: bool) -> Value {
    let (status, status_details) = invocation.state.words();
    let plugins: Vec<Value> = if details {
        invocation.plugins.iter().map(|plugin| describe_plugin(plugin, invocation, command, region)).collect()
    } else {
        Vec::new()
    };
    let only = invocation.plugins.first().filter(|_| invocation.plugins.len() == 1);
    json!({
        "CommandId": command.id,
        "InstanceId": invocation.instance_id,
        "InstanceName": invocation.instance_name,
        "Comment": command.comment,
        "DocumentName": command.document_name,
        "DocumentVersion": command.document_version,
        "RequestedDateTime": stamp(invocation.requested),
        "Status": status,
        "StatusDetails": status_details,
        "TraceOutput": limited(&invocation.trace, OUTPUT_LIMIT),
        "StandardOutputUrl": only.map(|plugin| url(region, plugin, command, &invocation.instance_id, "stdout")).unwrap_or_default(),
        "StandardErrorUrl": only.map(|plugin| url(region, plugin, command, &invocation.instance_id, "stderr")).unwrap_or_default(),
        "CommandPlugins": plugins,
        "ServiceRole": "",
        "NotificationConfig": {"NotificationArn": "", "NotificationEvents": [], "NotificationType": ""},
        "CloudWatchOutputConfig": command.cloud_watch_output,
    })
}

fn keep(invocation: &Invocation, command: &Command, filters: &[Filter]) -> Result<bool, AwsError> {
    let (status, details) = invocation.state.words();
    for filter in filters {
        let value = filter.value.as_str();
        let good = match filter.key.as_str() {
            "InvokedAfter" => invocation.requested >= filter.time()?,
            "InvokedBefore" => invocation.requested < filter.time()?,
            "Status" => value == status || value == details,
            "DocumentName" => value == command.document_name,
            _ => return Err(filter.unknown_key()),
        };
        if !good {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Ssm {
    pub(crate) fn list_command_invocations(&self, call: &Call, input: ListCommandInvocations) -> Result<Value, AwsError> {
        let found = self.with(call.account(), |records| {
            if let Some(id) = &input.command_id
                && records.command(id).is_none()
            {
                return Err(AwsError::new("InvalidCommandId", 400, format!("Command {id} does not exist.")));
            }
            let mut found = Vec::new();
            let commands = records.commands.iter().rev();
            for command in commands.filter(|command| input.command_id.as_ref().is_none_or(|id| *id == command.id)) {
                for invocation in &command.invocations {
                    let wanted = input.instance_id.as_ref().is_none_or(|id| *id == invocation.instance_id);
                    if wanted && keep(invocation, command, &input.filters)? {
                        found.push(describe(invocation, command, call.region.name(), input.details));
                    }
                }
            }
            Ok(found)
        })?;
        page("CommandInvocations", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }

    pub(crate) fn get_command_invocation(&self, call: &Call, input: GetCommandInvocation) -> Result<Value, AwsError> {
        let region = call.region.name();
        self.with(call.account(), |records| {
            let missing = || AwsError::new("InvocationDoesNotExist", 400, "");
            let command = records.command(&input.command_id).ok_or_else(missing)?;
            let invocation = command.invocation(&input.instance_id).cloned().ok_or_else(missing)?;
            let plugin = match &input.plugin_name {
                Some(name) => Some(
                    invocation
                        .plugins
                        .iter()
                        .find(|plugin| plugin.id == *name || (plugin.action == *name && invocation.plugins.len() == 1))
                        .ok_or_else(|| AwsError::new("InvalidPluginName", 400, format!("The plugin name {name} isn't valid.")))?,
                ),
                // With several plugins one has to be named to see its output; the status is then the invocation's.
                None => invocation.plugins.first().filter(|_| invocation.plugins.len() == 1),
            };
            let mut output = Map::new();
            let mut put = |name: &str, value: Value| {
                output.insert(name.to_owned(), value);
            };
            put("CommandId", json!(command.id));
            put("InstanceId", json!(invocation.instance_id));
            put("Comment", json!(command.comment));
            put("DocumentName", json!(command.document_name));
            put("DocumentVersion", json!(command.document_version));
            put("PluginName", json!(plugin.map(|plugin| plugin.id.as_str()).unwrap_or_default()));
            put("ResponseCode", json!(plugin.map_or(-1, |plugin| plugin.code)));
            let (status, details) = match (&input.plugin_name, plugin) {
                (Some(_), Some(plugin)) => plugin_words(plugin, &invocation),
                _ => invocation.state.words(),
            };
            put("Status", json!(status));
            put("StatusDetails", json!(details));
            let started = plugin.and_then(|plugin| plugin.started);
            let finished = plugin.and_then(|plugin| plugin.finished);
            put("ExecutionStartDateTime", json!(started.map(stamp).unwrap_or_default()));
            put("ExecutionEndDateTime", json!(finished.map(stamp).unwrap_or_default()));
            put("ExecutionElapsedTime", json!(started.zip(finished).map(|(from, to)| elapsed(from, to)).unwrap_or_default()));
            let text = |of: fn(&Plugin) -> &str, limit| limited(plugin.map(of).unwrap_or_default(), limit);
            put("StandardOutputContent", json!(text(|plugin| &plugin.stdout, STREAM_LIMIT)));
            let stderr = text(|plugin| &plugin.stderr, ERROR_LIMIT);
            // A document that the agent could not run at all has no plugin to tell why.
            put("StandardErrorContent", json!(if stderr.is_empty() { limited(&invocation.trace, ERROR_LIMIT) } else { stderr }));
            let link = |stream| plugin.map(|plugin| url(region, plugin, command_of(&command), &invocation.instance_id, stream));
            put("StandardOutputUrl", json!(link("stdout").unwrap_or_default()));
            put("StandardErrorUrl", json!(link("stderr").unwrap_or_default()));
            put("CloudWatchOutputConfig", json!(command.cloud_watch_output));
            Ok(Value::Object(output))
        })
    }
}

fn command_of<'a>(command: &'a &mut Command) -> &'a Command {
    command
}

/// ISO 8601: `PT0.035S`, `PT1M2S`.
fn elapsed(from: jiff::Timestamp, to: jiff::Timestamp) -> String {
    let millis = to.duration_since(from).as_millis().max(0);
    let (hours, minutes, rest) = (millis / 3_600_000, millis / 60_000 % 60, millis % 60_000);
    let mut text = "PT".to_owned();
    if hours > 0 {
        text.push_str(&format!("{hours}H"));
    }
    if minutes > 0 {
        text.push_str(&format!("{minutes}M"));
    }
    let (seconds, fraction) = (rest / 1000, rest % 1000);
    if fraction > 0 {
        let fraction = format!("{fraction:03}");
        text.push_str(&format!("{seconds}.{}S", fraction.trim_end_matches('0')));
    } else if seconds > 0 || text == "PT" {
        text.push_str(&format!("{seconds}S"));
    }
    text
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    #[test]
    fn elapsed_time_is_an_iso_8601_duration() {
        let took = |millis| elapsed(Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH + SignedDuration::from_millis(millis));
        assert_eq!(took(35), "PT0.035S");
        assert_eq!(took(0), "PT0S");
        assert_eq!(took(62_000), "PT1M2S");
        assert_eq!(took(3_600_000), "PT1H");
    }

    #[test]
    fn a_long_output_is_cut_and_says_so() {
        let cut = limited(&"x".repeat(30_000), STREAM_LIMIT);
        assert_eq!(cut.chars().count(), STREAM_LIMIT);
        assert!(cut.ends_with("--output truncated--"));
        assert_eq!(limited("short", STREAM_LIMIT), "short");
    }
}
