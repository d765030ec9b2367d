//! Instances and commands, as Systems Manager knows them.

use aws_smithy_types::DateTime;
use serde_json::Value;

use super::answer::{noted, time};
use super::evidence::{Evidence, Invocation, ManagedInstance, SentCommand, Window};
use crate::account::dynamic_client::DynamicClient;
use crate::account::instances;
use crate::account::resources::Resources;
use crate::account::run_command::{self, Command};

/// The stack's instances, and those of its groups.
pub(super) async fn instances(client: &DynamicClient, resources: &Resources, evidence: &mut Evidence) {
    let known = run_command::managed(client, &[]).await;
    let known = noted(known, "DescribeInstanceInformation", evidence).unwrap_or_default();
    let declared = resources.of_type("AWS::EC2::Instance").map(|one| (one.logical.clone(), one.physical.clone()));
    let launched = noted(instances::of_groups(client, resources).await, "DescribeAutoScalingGroups", evidence);
    evidence.instances.extend(declared.chain(launched.unwrap_or_default()).map(|(logical_id, id)| {
        let found = known.iter().find(|one| one.instance_id == id).cloned().unwrap_or_default();
        ManagedInstance {
            logical_id,
            id,
            ping: found.ping_status,
            last_ping: found.last_ping_date_time,
            agent: found.agent_version,
        }
    }));
}

/// Commands of the window that concern the stack: its functions sent them, or they ran on its instances.
pub(super) async fn commands(client: &DynamicClient, window: Window, evidence: &mut Evidence) {
    // ListCommands wants whole seconds, and has no end that is included.
    let moment = |milliseconds: i64| time(&DateTime::from_secs(milliseconds.div_euclid(1000)));
    let filters = [("InvokedAfter", moment(window.from)), ("InvokedBefore", moment(window.to.saturating_add(999)))];
    let listed = run_command::commands(client, &filters).await;
    let Some(listed) = noted(listed, "ListCommands", evidence) else { return };
    let at = |command: &Command| command.sent().and_then(|time| time.to_millis().ok());
    let mut found = Vec::new();
    for command in listed.iter().rev().filter(|command| at(command).is_none_or(|at| window.holds(at))) {
        let sent = sent(client, command.clone(), evidence).await;
        found.push(sent);
    }
    // Who sent a command is in no answer of Systems Manager. The function's log or the event history may tell.
    let (own, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|command| is_sent_by_function(evidence, command));
    evidence.commands = if own.is_empty() { others.into_iter().filter(|one| runs_here(evidence, one)).collect() } else { own };
}

fn is_sent_by_function(evidence: &Evidence, command: &SentCommand) -> bool {
    let logged = evidence.functions.iter().flat_map(|function| &function.log).any(|line| line.message.contains(&command.id));
    let roles = || evidence.functions.iter().filter_map(|function| function.role.rsplit('/').next());
    let recorded = evidence.history.iter().any(|event| {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let answered = event.get("responseElements").is_some_and(|answer| answer.to_string().contains(&command.id));
        let by_function = roles().any(|role| text("/userIdentity/arn").contains(&format!(":assumed-role/{role}/")));
        text("/eventName") == "SendCommand" && answered && by_function
    });
    let buckets = || evidence.resources.iter().filter(|one| one.kind == "AWS::S3::Bucket").map(|one| &one.physical_id);
    let named = command.parameters.values().flatten().any(|line| buckets().any(|bucket| line.contains(bucket)));
    logged || recorded || named
}

fn runs_here(evidence: &Evidence, command: &SentCommand) -> bool {
    command.invocations.iter().any(|one| evidence.instances.iter().any(|instance| instance.id == one.instance))
}

async fn sent(client: &DynamicClient, command: Command, evidence: &mut Evidence) -> SentCommand {
    let id = command.command_id;
    let listed = noted(run_command::invocations(client, &id).await, "ListCommandInvocations", evidence);
    let mut invocations = Vec::new();
    for one in listed.unwrap_or_default() {
        let answer = run_command::output(client, &id, &one.instance_id).await;
        let said = noted(answer, "GetCommandInvocation", evidence);
        let exit_code = said.as_ref().map_or(-1, |answer| answer.response_code);
        let said = said.unwrap_or_default();
        invocations.push(Invocation {
            instance: one.instance_id,
            status: one.status,
            details: one.status_details,
            exit_code,
            stdout: said.standard_output_content,
            stderr: said.standard_error_content,
        });
    }
    SentCommand {
        id,
        time: command.requested_date_time,
        document: command.document_name,
        comment: command.comment,
        status: command.status,
        details: command.status_details,
        targets: command.target_count,
        wanted: command.targets.into_iter().map(|target| (target.key, target.values)).collect(),
        parameters: command.parameters.into_iter().collect(),
        invocations,
    }
}
