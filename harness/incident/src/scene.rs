//! Where an incident happens: a local region in which things are done before the rule's time comes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use nightproof_core::{Caller, Region};
use nightproof_drill::{Endpoint, InstanceJobs, Local, Step};
use nightproof_faults::{Effect, Faults, InsertedCall, Rule};
use nightproof_journal::{Event, Journal};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::file::{Action, Incident};

/// For a script to end on all instances.
const SCRIPT_BOUND: Duration = Duration::from_secs(120);
/// For a command to be sent once the rule has fired.
const COMMAND_BOUND: Duration = Duration::from_secs(300);
/// A command that was not fetched for so long is fetched by nobody.
const UNFETCHED: Duration = Duration::from_secs(30);

/// A local region in which an incident happens.
pub struct Scene {
    region: Region,
    /// What goes wrong on purpose.
    armed: Arc<Faults>,
    /// Moves the clock.
    local: Arc<dyn Local>,
    root: Caller,
    stack: String,
    before: Vec<Action>,
    faults: Vec<Rule>,
    /// Nights that nothing happens in before it does.
    quiet: AtomicU32,
    /// Whether commands that nobody fetches are waited for in region time.
    skips_delivery: bool,
    /// Who moves the clock past their time-out; ends with the scene.
    waiting: Mutex<JoinSet<()>>,
}

impl Scene {
    /// The incident in `region`, whose calls `faults` are asked about; `local` moves its clock, and `stack` is the drill's.
    pub fn new(incident: &Incident, region: &Region, faults: &Arc<Faults>, local: Arc<dyn Local>, stack: &str) -> Arc<Self> {
        Arc::new(Self {
            region: region.clone(),
            armed: Arc::clone(faults),
            local,
            root: Caller::root(&region.settings().account),
            stack: stack.to_owned(),
            before: incident.before.clone(),
            faults: incident.faults.clone(),
            quiet: AtomicU32::new(incident.first_night().saturating_sub(1)),
            skips_delivery: incident.skip_delivery,
            waiting: Mutex::default(),
        })
    }

    /// Ends all faults when the drill begins to remove what it made.
    pub fn lift_faults_before_destruction(&self, journal: &Journal) {
        let (region, armed) = (self.region.clone(), Arc::clone(&self.armed));
        journal.subscribe(move |record| {
            if matches!(&record.event, Event::StepStarted { step, .. } if *step == Step::Destroy) {
                armed.set(Vec::new());
                region.link_outages().end_all();
                region.agents().end_all();
                region.cpu_shares().end_all();
            }
        });
    }

    async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Value, String> {
        let answer = self.region.call(&self.root, service, operation, input).await;
        answer.map_err(|error| format!("{service}:{operation}: {}: {}", error.code, error.message))
    }

    /// Physical ids by logical ids.
    async fn resources(&self) -> Result<BTreeMap<String, String>, String> {
        let answer = self.call("cloudformation", "DescribeStackResources", json!({ "StackName": self.stack })).await?;
        let text = |resource: &Value, name: &str| resource.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let resources = answer.get("StackResources").and_then(Value::as_array).into_iter().flatten();
        Ok(resources.map(|one| (text(one, "LogicalResourceId"), text(one, "PhysicalResourceId"))).collect())
    }

    async fn act(&self, action: &Action, resources: &BTreeMap<String, String>) -> Result<(), String> {
        match action {
            Action::Call(InsertedCall { service, operation, input }) => {
                self.call(service, operation, filled(input, resources)?).await.map(drop)
            }
            Action::Instance(fault) => {
                for instance in instances(resources) {
                    let detail = format!("befalls {instance} before the night: {fault}");
                    self.region.journal().record(Event::Fault { request_id: String::new(), detail });
                    self.armed.befall(&self.region, instance, *fault);
                }
                Ok(())
            }
            Action::Script(script) => {
                let instances: Vec<&String> = instances(resources).collect();
                let input = json!({
                    "DocumentName": "AWS-RunShellScript",
                    "InstanceIds": instances,
                    "Parameters": { "commands": script.lines().collect::<Vec<_>>() },
                });
                let sent = self.call("ssm", "SendCommand", input).await?;
                let id = sent.pointer("/Command/CommandId").cloned().unwrap_or_default();
                self.ended(&id).await
            }
        }
    }

    /// Waits for a script to succeed everywhere.
    async fn ended(&self, command: &Value) -> Result<(), String> {
        let status = nightproof_poll::try_until(SCRIPT_BOUND, || async {
            let answer = self.call("ssm", "ListCommands", json!({ "CommandId": command })).await?;
            let status = answer.pointer("/Commands/0/Status").and_then(Value::as_str).unwrap_or_default().to_owned();
            Ok::<_, String>(if matches!(&*status, "Pending" | "InProgress") { Err(status) } else { Ok(status) })
        });
        match status.await? {
            Ok(status) if status == "Success" => Ok(()),
            Ok(status) | Err(status) => Err(format!("the incident's script is {status}")),
        }
    }
}

impl Scene {
    /// Has the faults of the night begin, if it is theirs.
    async fn begin_night(&self) -> Result<(), String> {
        if self.quiet.fetch_update(Relaxed, Relaxed, |nights| nights.checked_sub(1)).is_ok() {
            return Ok(());
        }
        let resources = self.resources().await?;
        let mut faults = self.faults.clone();
        for rule in &mut faults {
            if let Effect::Calls(calls) = &mut rule.then {
                for call in calls {
                    call.input = filled(&call.input, &resources)?;
                }
            }
        }
        self.armed.set(faults);
        if self.skips_delivery {
            let ssm = UnfetchedCommands { region: self.region.clone(), root: self.root.clone() };
            let known = ssm.all().await?;
            self.waiting.lock().spawn(async move { ssm.skip_delivery(&known).await });
        }
        Ok(())
    }
}

/// Commands that no instance fetches.
struct UnfetchedCommands {
    region: Region,
    root: Caller,
}

impl UnfetchedCommands {
    async fn list(&self, operation: &str, members: &str, input: Value) -> Result<Vec<Value>, String> {
        let answer = self.region.call(&self.root, "ssm", operation, input).await;
        let answer = answer.map_err(|error| format!("ssm:{operation}: {}: {}", error.code, error.message))?;
        Ok(answer.get(members).and_then(Value::as_array).cloned().unwrap_or_default())
    }

    /// The ids of all commands.
    async fn all(&self) -> Result<Vec<Value>, String> {
        let commands = self.list("ListCommands", "Commands", json!({})).await?;
        Ok(commands.into_iter().filter_map(|command| command.get("CommandId").cloned()).collect())
    }

    /// Moves the region's clock on to the delivery time-out of the first command, of those that are not `known`, that is not fetched.
    async fn skip_delivery(&self, known: &[Value]) {
        let skipped = nightproof_poll::until(COMMAND_BOUND, || async {
            let commands = self.list("ListCommands", "Commands", json!({})).await.unwrap_or_default();
            commands.into_iter().find(|command| command.get("CommandId").is_none_or(|id| !known.contains(id))).ok_or(())
        });
        let Ok(command) = skipped.await else { return };
        let input = json!({ "CommandId": command.get("CommandId") });
        // Until then somebody may fetch it.
        tokio::time::sleep(UNFETCHED).await;
        let invocations = self.list("ListCommandInvocations", "CommandInvocations", input).await.unwrap_or_default();
        let is_waiting = |one: &Value| matches!(one.get("Status").and_then(Value::as_str), Some("Pending" | "Delayed"));
        let seconds = command.get("TimeoutSeconds").and_then(Value::as_i64).unwrap_or_default();
        if invocations.iter().any(is_waiting) {
            let clock = self.region.clock();
            let deadline = clock.now().saturating_add(SignedDuration::from_secs(seconds));
            clock.advance_to(deadline.unwrap_or_else(|_| clock.now()));
        }
    }
}

#[async_trait]
impl Local for Scene {
    async fn deployed(&self) {
        self.local.deployed().await;
    }

    async fn before_night(&self) -> Result<(), String> {
        if self.quiet.load(Relaxed) > 0 {
            return Ok(());
        }
        let resources = self.resources().await?;
        for action in &self.before {
            self.act(action, &resources).await?;
        }
        Ok(())
    }

    async fn session(&self, role_arn: &str, name: &str, instance: Option<&str>) -> Result<Endpoint, String> {
        self.local.session(role_arn, name, instance).await
    }

    async fn fire(&self, rule_arn: &str) -> Result<String, String> {
        // The clock is moved for an alarm that has its data already: that night has begun.
        if !rule_arn.contains(":alarm:") {
            self.begin_night().await?;
        }
        self.local.fire(rule_arn).await
    }

    async fn before_event(&self) -> Result<(), String> {
        self.begin_night().await
    }

    async fn due(&self, rule_arn: &str) -> Option<i64> {
        self.local.due(rule_arn).await
    }

    async fn instance_jobs(&self) -> Vec<InstanceJobs> {
        self.local.instance_jobs().await
    }

    fn now(&self) -> i64 {
        self.local.now()
    }

    async fn settled(&self) {
        self.local.settled().await;
    }

    async fn notice(&self, missed: bool) {
        self.local.notice(missed).await;
    }
}

/// The stack's instances.
fn instances(resources: &BTreeMap<String, String>) -> impl Iterator<Item = &String> {
    resources.values().filter(|id| id.starts_with("i-"))
}

/// The document with `${LogicalId}` replaced by physical ids.
fn filled(input: &Value, resources: &BTreeMap<String, String>) -> Result<Value, String> {
    Ok(match input {
        Value::Null => json!({}),
        Value::String(text) => {
            let mut text = text.clone();
            while let Some((head, rest)) = text.split_once("${") {
                let (id, tail) = rest.split_once('}').ok_or_else(|| format!("`{text}` has a `${{` without its `}}`"))?;
                let physical = resources.get(id).ok_or_else(|| format!("the stack has no resource `{id}`"))?;
                text = format!("{head}{physical}{tail}");
            }
            Value::String(text)
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| filled(item, resources)).collect::<Result<_, _>>()?),
        Value::Object(members) => {
            let each = members.iter().map(|(name, value)| Ok((name.clone(), filled(value, resources)?)));
            Value::Object(each.collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logical_ids_stand_for_physical_ids() {
        let resources = BTreeMap::from([("Rule".to_owned(), "r-1".to_owned())]);
        let input = json!({ "Name": "${Rule}", "Tags": ["a-${Rule}-b", 7] });
        assert_eq!(filled(&input, &resources).unwrap(), json!({ "Name": "r-1", "Tags": ["a-r-1-b", 7] }));
        assert!(filled(&json!("${Gone}"), &resources).unwrap_err().contains("`Gone`"));
        assert!(filled(&json!("${Rule"), &resources).is_err());
    }
}
