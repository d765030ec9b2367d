//! Observe: follows a night from the rule to the script, hop by hop.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_smithy_types::DateTime;
use tokio::time::{Instant, sleep};

use crate::Hop;
use crate::account::dynamic_client::DynamicClient;
use crate::account::run_command::{self, Command, CommandInvocation};
use crate::chain::failure::{HopFailure, at, refused};
use crate::plan::Local;
use crate::steps::event_trigger;
use crate::steps::function;
use crate::steps::function_log::{FunctionLog, Lines};
use crate::steps::job::{self, EarlierRuns};
use crate::steps::orchestration::Earlier;
use crate::steps::progress::Progress;
use crate::steps::rule::{Rule, Starts};
use crate::steps::window;
use crate::timeouts::Timeouts;

/// For the function to be invoked and to send its command; Lambda's own limit is 15 minutes.
const FUNCTION_BOUND: Duration = Duration::from_secs(960);
/// Between a look at the function's permissions and the next.
const LOOK: Duration = Duration::from_secs(2);
/// From the end of the function to its command being listed.
const GRACE: Duration = Duration::from_secs(3);
/// For the script to end.
const SCRIPT_BOUND: Duration = Duration::from_secs(7200);

/// What there was before the rule fired.
#[derive(Debug)]
pub(crate) struct Before {
    commands: BTreeSet<String>,
    /// The log of the function, where one is to send the command.
    log: Option<FunctionLog>,
    /// The runbooks or executions that there had been, if one is to send the command.
    earlier: Earlier,
    /// The openings of the maintenance window, if it is one that starts the backup.
    openings: BTreeSet<String>,
    /// The runs of instances' jobs, if one is to be run.
    runs: EarlierRuns,
}

impl Before {
    pub(crate) async fn take(client: &DynamicClient, rule: &Rule, local: Option<&dyn Local>) -> Result<Self, HopFailure> {
        let commands = commands(client).await?.into_iter().map(|command| command.command_id).collect();
        let log = match rule.starts.function() {
            Some(function) => Some(FunctionLog::from_now(client, function).await?),
            None => None,
        };
        let openings = match &rule.window {
            Some(window) => window::openings(client, window).await?,
            None => BTreeSet::new(),
        };
        let (earlier, runs) = (Earlier::take(client, rule).await?, EarlierRuns::take(rule, local).await);
        Ok(Self { commands, log, earlier, openings, runs })
    }

    /// Whether the function has run since, or a command was sent.
    pub(crate) async fn shows_life(&self, client: &DynamicClient) -> Result<bool, HopFailure> {
        Ok(!new_commands(client, self).await?.is_empty() || self.new_lines(client).await?.started())
    }

    /// What the function has written since.
    async fn new_lines(&self, client: &DynamicClient) -> Result<Lines, HopFailure> {
        match &self.log {
            Some(log) => log.new_lines(client).await,
            None => Ok(Lines::default()),
        }
    }
}

/// What a night did, up to the script's end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Instances whose script succeeded.
    pub(crate) instances: Vec<String>,
    /// By which the handler complains without failing.
    pub(crate) complaint: Option<String>,
    /// Whether the function wrote a log.
    pub(crate) logged: bool,
    /// When the function sent its first command, by AWS's clock.
    pub(crate) sent: Option<DateTime>,
}

/// Follows the night that began after `before`. A function that shows no sign of life for as long as `patience` has was not invoked; a
/// `local` region knows when none works any more.
pub(crate) async fn observe(
    client: &DynamicClient,
    rule: &Rule,
    before: &Before,
    timeouts: Timeouts,
    local: Option<&dyn Local>,
) -> Result<Seen, HopFailure> {
    if let (true, Some(local)) = (rule.starts.is_job(), local) {
        let instances = job::observe(rule, &before.runs, local).await?;
        return Ok(Seen { instances, ..Seen::default() });
    }
    let sent = function(client, rule, before, timeouts.silence, local).await?;
    let done = match rule.starts {
        Starts::StateMachine(_) => orchestrated(client, rule, before, local).await,
        _ => commands_done(client, &sent).await,
    };
    if let (Starts::Automation(_), Ok(_)) = (&rule.starts, &done) {
        before.earlier.ended(client, rule, local).await?;
    }
    // A later task of the window may send another command, or need what the first has done.
    if let (Some(window), Ok(_)) = (&rule.window, &done) {
        window::closed(client, window, &before.openings).await?;
        if let Some(broken) = window::failed(client, window, &rule.name, &before.openings).await? {
            return Err(broken);
        }
    }
    // An event may have been delivered twice, and the other function be slower.
    if let Some(local) = local {
        local.settled().await;
    }
    // The function may well still run: what it says at its end counts too, and so does that it fails where a command did.
    let lines = function_ended(client, before, timeouts.log).await;
    let (mut instances, lines) = (done?, lines?);
    if let Some(reason) = lines.failure() {
        return Err(function_failed(rule, &reason).with("function log", &lines.text()));
    }
    let listed = new_commands(client, before).await?;
    // Those of a state machine have been looked at.
    let later = listed.iter().filter(|one| !sent.contains(&one.command_id));
    for Command { command_id: id, .. } in later.filter(|_| !matches!(rule.starts, Starts::StateMachine(_))) {
        instances.extend(command(client, id).await?);
    }
    Ok(Seen {
        sent: listed.iter().filter_map(Command::sent).min_by_key(DateTime::secs),
        instances: instances.into_iter().collect(),
        complaint: lines.complaint().map(str::to_owned),
        logged: lines.started(),
    })
}

/// The instances on which the commands of a state machine succeeded, once it has ended. A command that failed is made good by a later one that succeeded on the same
/// instances: a state machine may try again.
async fn orchestrated(
    client: &DynamicClient,
    rule: &Rule,
    before: &Before,
    local: Option<&dyn Local>,
) -> Result<BTreeSet<String>, HopFailure> {
    let ended = before.earlier.ended(client, rule, local).await;
    let mut sent = new_commands(client, before).await?;
    sent.sort_by_key(|one| one.sent().map(|at| (at.secs(), at.subsec_nanos())));
    let mut instances = BTreeSet::new();
    let mut failures: Vec<(HopFailure, Vec<String>)> = Vec::new();
    for Command { command_id: id, .. } in &sent {
        match command(client, id).await {
            Ok(done) => {
                failures.iter_mut().for_each(|(_, open)| open.retain(|one| !done.contains(one)));
                failures.retain(|(_, open)| !open.is_empty());
                instances.extend(done);
            }
            Err(failure) => {
                let listed = run_command::invocations(client, id).await.map_err(at(Hop::Command, "ListCommandInvocations"))?;
                let failed = listed.into_iter().filter(|one| one.status != "Success").map(|one| one.instance_id);
                let mut open: Vec<String> = failed.collect();
                // One that reached no instance is made good by none.
                if open.is_empty() {
                    open.push(String::new());
                }
                failures.push((failure, open));
            }
        }
    }
    match (failures.into_iter().next(), ended) {
        (Some((failure, _)), Err(broken)) => Err(failure.with("the state machine", &broken.detail())),
        (Some((failure, _)), Ok(())) => {
            Err(failure.with("the state machine", &format!("{} has ended well all the same", rule.starts)))
        }
        (None, Err(broken)) => Err(broken),
        (None, Ok(())) => Ok(instances),
    }
}

/// The instances on which all of these commands succeeded.
async fn commands_done(client: &DynamicClient, ids: &[String]) -> Result<BTreeSet<String>, HopFailure> {
    let mut instances = BTreeSet::new();
    for id in ids {
        instances.extend(command(client, id).await?);
    }
    Ok(instances)
}

/// Waits for the end of the function, whose log may come later than its command.
async fn function_ended(client: &DynamicClient, before: &Before, timeouts: Duration) -> Result<Lines, HopFailure> {
    let asked = Instant::now();
    if before.log.is_none() {
        return Ok(Lines::default());
    }
    let lines = nightproof_poll::try_until(FUNCTION_BOUND, || async {
        let lines = before.new_lines(client).await?;
        let silent = !lines.started() && asked.elapsed() > timeouts;
        Ok::<_, HopFailure>(if lines.ended() || lines.failure().is_some() || silent { Ok(lines) } else { Err(String::new()) })
    });
    Ok(lines.await?.unwrap_or_default())
}

fn function_failed(rule: &Rule, reason: &str) -> HopFailure {
    HopFailure::at(Hop::Function, format!("{} failed: {reason}", rule.starts))
}

/// Waits for the function's commands. A local region is silent only when nothing is on its way: on a busy host, a function may take long to
/// begin.
async fn function(
    client: &DynamicClient,
    rule: &Rule,
    before: &Before,
    silence: Duration,
    mut local: Option<&dyn Local>,
) -> Result<Vec<String>, HopFailure> {
    let begun = Instant::now();
    let mut looked = begun;
    let mut ended: Option<Instant> = None;
    let mut pauses = nightproof_poll::pauses(FUNCTION_BOUND);
    loop {
        let sent = new_commands(client, before).await?;
        if !sent.is_empty() {
            return Ok(sent.into_iter().map(|command| command.command_id).collect());
        }
        if let Starts::Automation(_) | Starts::StateMachine(_) = rule.starts {
            match before.earlier.progress(client, rule).await? {
                Progress::None => {}
                Progress::Running => {
                    if let Some(local) = local {
                        local.settled().await;
                    }
                }
                // What was sent meanwhile is looked at first.
                _ if !new_commands(client, before).await?.is_empty() => continue,
                Progress::Failed(broken) => return Err(broken),
                Progress::Succeeded => {
                    let reason = format!("{} ended without an error and sent no command", rule.starts);
                    return Err(HopFailure::at(Hop::Command, reason));
                }
            }
        }
        if let Some(window) = &rule.window
            && let Some(broken) = window::in_vain(client, window, &rule.name, &before.openings).await?
            // What was sent meanwhile is looked at first.
            && new_commands(client, before).await?.is_empty()
        {
            // A runbook that failed says more than the task that it was.
            return match before.earlier.progress(client, rule).await? {
                Progress::Failed(failed) => Err(failed),
                _ => Err(broken),
            };
        }
        let lines = before.new_lines(client).await?;
        if let Some(reason) = lines.failure() {
            return Err(function_failed(rule, &reason).with("function log", &lines.text()));
        }
        if lines.ended() && ended.get_or_insert_with(Instant::now).elapsed() > GRACE {
            let reason = format!(
                "{} ended without an error and sent no command: a handler that catches its exception and returns it looks like this",
                rule.starts
            );
            return Err(HopFailure::at(Hop::Command, reason).with("function log", &lines.text()));
        }
        if !lines.started() && looked.elapsed() > LOOK {
            looked = Instant::now();
            if let Some(broken) = not_permitted(client, rule).await {
                return Err(broken);
            }
            if let Some(cause) = &rule.cause
                && let Some(broken) = event_trigger::untold(client, cause).await
            {
                return Err(broken);
            }
            if begun.elapsed() > silence {
                // What has begun meanwhile is looked at once more.
                if let Some(local) = local.take() {
                    let _ = tokio::time::timeout(FUNCTION_BOUND, local.settled()).await;
                    continue;
                }
                let seconds = silence.as_secs();
                let reason = match &rule.starts {
                    Starts::Function { name, .. } if rule.by_role => format!(
                        "{} and within {seconds} s {name} neither logged nor sent a command: may the role of its target invoke it?",
                        rule.fired()
                    ),
                    Starts::Function { name, .. } => {
                        format!("{} and within {seconds} s {name} neither logged nor sent a command", rule.fired())
                    }
                    Starts::Automation(name) => format!(
                        "{} and within {seconds} s no command was sent: may the role of its target start the automation {name}?",
                        rule.fired()
                    ),
                    Starts::StateMachine(_) => format!(
                        "{} and within {seconds} s no command was sent: may the role of its target start {}?",
                        rule.fired(),
                        rule.starts
                    ),
                    Starts::Job { .. } => format!("{} was due, and what runs on instances cannot be asked", rule.name),
                    Starts::Document(_) if rule.is_association() => {
                        format!("{} was due and within {seconds} s no command was sent", rule.name)
                    }
                    Starts::Document(name) => format!(
                        "{} and within {seconds} s no command was sent: may the role of its target send commands with {name}?",
                        rule.fired()
                    ),
                };
                return Err(HopFailure::at(Hop::Rule, reason));
            }
        }
        let Some(pause) = pauses.next() else {
            let reason = format!("{} still runs after {} s and has sent no command", rule.starts, FUNCTION_BOUND.as_secs());
            return Err(HopFailure::at(Hop::Function, reason).with("function log", &lines.text()));
        };
        sleep(pause).await;
    }
}

/// Whether the function's own policy keeps out who is to invoke it.
async fn not_permitted(client: &DynamicClient, rule: &Rule) -> Option<HopFailure> {
    let function = rule.starts.function().filter(|_| !rule.by_role)?;
    let (fired, principal) = (rule.fired(), rule.principal());
    let comma = if fired.ends_with(',') { "" } else { "," };
    let reason = format!("{fired}{comma} and {function} does not let {principal} invoke it");
    // A policy that cannot be read keeps nobody out as far as is known.
    let policy = function::policy(client, function, None).await.ok()?;
    let policy = policy.unwrap_or_else(|| "it has none".to_owned());
    (!policy.contains(principal)).then(|| HopFailure::at(Hop::Rule, reason).with("policy of the function", &policy))
}

/// How long it takes at most until a trigger whose time has come shows that it starts something.
const STARTED: Duration = Duration::from_secs(5);

/// Has the time of a trigger come on a local region, and returns when every command has ended, however: those that it sent, if it sends any.
pub(crate) async fn at_rest(client: &DynamicClient, local: &dyn Local, trigger: &Rule) -> Result<(), HopFailure> {
    let known: BTreeSet<String> = commands(client).await?.into_iter().map(|command| command.command_id).collect();
    let cannot = |reason| HopFailure::at(Hop::Rule, format!("{} cannot be fired: {reason}", trigger.name));
    local.fire(&trigger.arn).await.map_err(cannot)?;
    let fired = Instant::now();
    let rest = nightproof_poll::try_until(SCRIPT_BOUND, || async {
        local.settled().await;
        let listed = commands(client).await?;
        let waiting = listed.iter().find(|command| command.is_waiting()).map(|command| command.command_id.clone());
        let has_begun = listed.iter().any(|command| !known.contains(&command.command_id)) || fired.elapsed() > STARTED;
        Ok::<_, HopFailure>(if has_begun && waiting.is_none() { Ok(()) } else { Err(waiting.unwrap_or_default()) })
    });
    let late = |id| HopFailure::at(Hop::Script, format!("command {id} has not ended after {} s", SCRIPT_BOUND.as_secs()));
    rest.await?.map_err(late)
}

async fn new_commands(client: &DynamicClient, before: &Before) -> Result<Vec<Command>, HopFailure> {
    let mut found = commands(client).await?;
    found.retain(|command| !before.commands.contains(&command.command_id));
    Ok(found)
}

async fn commands(client: &DynamicClient) -> Result<Vec<Command>, HopFailure> {
    run_command::commands(client, &[]).await.map_err(at(Hop::Command, "ListCommands"))
}

/// Waits for a command's end, and returns the instances on which it succeeded: all of its targets.
async fn command(client: &DynamicClient, id: &str) -> Result<Vec<String>, HopFailure> {
    let ended = nightproof_poll::try_until(SCRIPT_BOUND, || async {
        let found = run_command::command(client, id).await.map_err(at(Hop::Command, "ListCommands"))?;
        let Some(command) = found else { return Ok(Err("not listed".to_owned())) };
        Ok::<_, HopFailure>(if command.is_waiting() { Err(command.status_details) } else { Ok(command) })
    })
    .await?;
    let command = match ended {
        Ok(command) => command,
        Err(seen) => {
            return Err(HopFailure::at(Hop::Script, format!("command {id} is {seen} after {} s", SCRIPT_BOUND.as_secs())));
        }
    };
    let invocations = run_command::invocations(client, id).await.map_err(at(Hop::Command, "ListCommandInvocations"))?;
    if let Some(failed) = invocations.iter().find(|found| found.status != "Success") {
        return Err(invocation_failed(client, id, failed).await);
    }
    let details = &command.status_details;
    if invocations.is_empty() {
        let targets: Vec<String> =
            command.targets.iter().map(|target| format!("{}={}", target.key, target.values.join(","))).collect();
        let reason =
            format!("command {id} ({details}) reached no instance: no managed instance matches {}", targets.join(" and "));
        return Err(HopFailure::at(Hop::Command, reason));
    }
    if command.status != "Success" {
        return Err(HopFailure::at(Hop::Command, format!("command {id} is {details}")));
    }
    Ok(invocations.into_iter().map(|found| found.instance_id).collect())
}

/// Whether the instance got the command, by the details of its invocation's status, with or without blanks.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html>
pub fn was_delivered(details: &str) -> bool {
    !matches!(
        details.replace(' ', "").as_str(),
        "DeliveryTimedOut" | "Undeliverable" | "Terminated" | "InvalidPlatform" | "AccessDenied"
    )
}

/// What became of a command on an instance where it did not succeed.
async fn invocation_failed(client: &DynamicClient, id: &str, failed: &CommandInvocation) -> HopFailure {
    let CommandInvocation { instance_id: instance, status_details: details, .. } = failed;
    let answer = match run_command::output(client, id, instance).await {
        Ok(answer) => answer,
        Err(error) => {
            return HopFailure::at(Hop::Script, format!("{details} on {instance}"))
                .with("GetCommandInvocation", &refused("GetCommandInvocation", &error));
        }
    };
    let broken = if was_delivered(details) {
        let code = answer.response_code;
        HopFailure::at(Hop::Script, format!("the script on {instance} is {details}, exit code {code}"))
    } else {
        HopFailure::at(Hop::Instance, format!("{instance} did not get the command: {details}"))
    };
    broken
        .with("standard error of the script", &answer.standard_error_content)
        .with("standard output of the script", &answer.standard_output_content)
}
