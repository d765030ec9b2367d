//! Instances and commands, as Systems Manager knows them.

use aws_sdk_s3::primitives::DateTime;
use aws_sdk_ssm::types::{Command, CommandFilter, CommandFilterKey, InstanceInformation};
use serde_json::Value;

use super::answer::{noted, text, time};
use super::evidence::{Evidence, Invocation, ManagedInstance, SentCommand, Window};
use crate::account::clients::Clients;
use crate::account::resources::Resources;
use crate::steps::observe;

/// The stack's instances.
pub(super) async fn instances(clients: &Clients, resources: &Resources, evidence: &mut Evidence) {
    let (mut known, mut token) = (Vec::<InstanceInformation>::new(), None);
    loop {
        let answer = clients.ssm.describe_instance_information().set_next_token(token).send().await;
        let Some(answer) = noted(answer, "DescribeInstanceInformation", evidence) else { break };
        token = answer.next_token().map(str::to_owned).filter(|token| !token.is_empty());
        known.extend(answer.instance_information_list.unwrap_or_default());
        if token.is_none() {
            break;
        }
    }
    evidence.instances.extend(resources.of_type("AWS::EC2::Instance").map(|resource| {
        let found = known.iter().find(|one| one.instance_id() == Some(&resource.physical));
        ManagedInstance {
            logical_id: resource.logical.clone(),
            id: resource.physical.clone(),
            ping: found.and_then(|one| one.ping_status()).map(ToString::to_string).unwrap_or_default(),
            last_ping: found.and_then(|one| one.last_ping_date_time()).map(time).unwrap_or_default(),
            agent: text(found.and_then(|one| one.agent_version())),
        }
    }));
}

/// Commands of the window that concern the stack: its functions sent them, or they ran on its instances.
pub(super) async fn commands(clients: &Clients, window: Window, evidence: &mut Evidence) {
    // ListCommands wants whole seconds, and has no end that is included.
    let moment = |milliseconds: i64| time(&DateTime::from_secs(milliseconds.div_euclid(1000)));
    let filters = [
        (CommandFilterKey::InvokedAfter, moment(window.from)),
        (CommandFilterKey::InvokedBefore, moment(window.to.saturating_add(999))),
    ];
    let filters = filters.into_iter().filter_map(|(key, value)| CommandFilter::builder().key(key).value(value).build().ok());
    let listed = match observe::commands(clients, filters.collect()).await {
        Ok(listed) => listed,
        Err(broken) => return evidence.refused.push(broken.reason),
    };
    let at = |command: &Command| command.requested_date_time().and_then(|time| time.to_millis().ok());
    let mut found = Vec::new();
    for command in listed.iter().rev().filter(|command| at(command).is_none_or(|at| window.holds(at))) {
        let sent = sent(clients, command, evidence).await;
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

async fn sent(clients: &Clients, command: &Command, evidence: &mut Evidence) -> SentCommand {
    let id = text(command.command_id());
    let listed = match observe::invocations(clients, &id).await {
        Ok(listed) => listed,
        Err(broken) => {
            evidence.refused.push(broken.reason);
            Vec::new()
        }
    };
    let mut invocations = Vec::new();
    for one in listed {
        let instance = text(one.instance_id());
        let answer = clients.ssm.get_command_invocation().command_id(&id).instance_id(&instance).send().await;
        let answer = noted(answer, "GetCommandInvocation", evidence);
        let said = answer.as_ref();
        invocations.push(Invocation {
            instance,
            status: one.status().map(ToString::to_string).unwrap_or_default(),
            details: text(one.status_details()),
            exit_code: said.map_or(-1, |answer| answer.response_code()),
            stdout: text(said.and_then(|answer| answer.standard_output_content())),
            stderr: text(said.and_then(|answer| answer.standard_error_content())),
        });
    }
    let wanted = command.targets().iter().map(|target| (text(target.key()), target.values().to_vec()));
    SentCommand {
        id,
        time: command.requested_date_time().map(time).unwrap_or_default(),
        document: text(command.document_name()),
        comment: text(command.comment()),
        status: command.status().map(ToString::to_string).unwrap_or_default(),
        details: text(command.status_details()),
        targets: command.target_count(),
        wanted: wanted.collect(),
        parameters: command.parameters().into_iter().flatten().map(|(name, values)| (name.clone(), values.clone())).collect(),
        invocations,
    }
}
