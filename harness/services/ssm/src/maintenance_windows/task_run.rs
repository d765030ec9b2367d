//! A task of an open window: on what it runs, as whom, and what comes of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use nightproof_core::Caller;
use nightproof_core::delivery::assume;
use nightproof_core::service::{Arn, AwsError};
use serde_json::json;

use super::execution::{Progress, Status, TaskExecution};
use super::group_target::GroupTarget;
use super::pseudo_parameters;
use super::run::Opening;
use super::task::WindowTask;
use crate::command::Target;
use crate::rate_control::{self, Limits};

/// Nodes of one command. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html>
const MOST_NODES: usize = 50;

/// On what a task is invoked once.
#[derive(Debug, Clone, Default)]
pub(super) struct Unit {
    pub(super) nodes: Vec<String>,
    /// The one resource that it is for, if it is for one.
    pub(super) resource: Option<String>,
    pub(super) window_target: Option<String>,
    pub(super) owner_information: Option<String>,
}

/// A task that runs.
pub(super) struct TaskRun {
    pub(super) opening: Arc<Opening>,
    pub(super) window_task: String,
    pub(super) task: WindowTask,
    /// The id of its execution.
    pub(super) id: String,
    pub(super) caller: Caller,
}

impl Opening {
    /// Runs a task on all of its targets.
    pub(super) async fn task(self: Arc<Self>, window_task: String, task: WindowTask) {
        let id = uuid::Uuid::new_v4().to_string();
        let begun = TaskExecution {
            id: id.clone(),
            task: task.clone(),
            progress: Progress::new(self.region.clock().now()),
            invocations: Vec::new(),
        };
        self.change(|execution| execution.tasks.push(begun));
        let (status, details) = match self.obstacle() {
            Some((status, details)) => (status, details.to_owned()),
            None => match Arc::clone(&self).invoke_all(window_task, task, &id).await {
                Ok(ended) => ended,
                Err(error) => (Status::Failed, format!("{}: {}", error.code, error.message)),
            },
        };
        let now = self.region.clock().now();
        self.change_task(&id, |task| task.progress.end(status, &details, now));
    }

    async fn invoke_all(self: Arc<Self>, window_task: String, task: WindowTask, id: &str) -> Result<(Status, String), AwsError> {
        let units = self.units(&task)?;
        if units.is_empty() {
            return Ok((Status::Success, "No invocations to execute.".to_owned()));
        }
        let caller = self.caller(&task).await?;
        // A command has its own rate control.
        let (concurrency, errors) = task.rate();
        let is_for_many = |unit: &Unit| unit.resource.is_none() && !unit.nodes.is_empty();
        let limits = match units.iter().any(is_for_many) {
            true => Limits { concurrency: units.len(), errors: units.len() },
            false => Limits::new(concurrency, errors, units.len()),
        };
        let run = Arc::new(TaskRun { opening: Arc::clone(&self), window_task, task, id: id.to_owned(), caller });
        let work = units.into_iter().map(|unit| {
            let run = Arc::clone(&run);
            async move { run.invoke(unit).await == Status::Success }
        });
        let left = rate_control::run(work.collect(), limits, || self.obstacle().is_none()).await;
        let invoked = self.change_task(id, |task| {
            let statuses: Vec<Status> = task.invocations.iter().map(|invocation| invocation.progress.status).collect();
            Status::of_parts(statuses.iter().copied())
        });
        let status = invoked.unwrap_or(Status::Failed);
        Ok(match (left, self.obstacle()) {
            (0, _) => (status, String::new()),
            (_, Some((late, details))) if status == Status::Success => (late, details.to_owned()),
            (left, _) => (status, format!("MaxErrors was exceeded: {left} targets were not reached.")),
        })
    }

    /// Whom a task acts as: a session of its role, and without one Systems Manager by its service-linked role.
    /// <https://docs.aws.amazon.com/systems-manager/latest/userguide/maintenance-window-tasks-service-role.html>
    async fn caller(&self, task: &WindowTask) -> Result<Caller, AwsError> {
        let window = Arn::new("ssm", self.region.name(), &self.account, format!("maintenancewindow/{}", self.window)).to_string();
        let service = Caller::service(&self.account, "ssm.amazonaws.com");
        match &task.service_role_arn {
            Some(role) => assume(&self.region, &service.acting_for(&window), role).await,
            None => Ok(service),
        }
    }

    /// On what a task is invoked. A command goes to all nodes of a target at once, unless its parameters differ from one to the next;
    /// everything else is invoked for each. A task without targets is invoked once.
    fn units(&self, task: &WindowTask) -> Result<Vec<Unit>, AwsError> {
        if task.targets.is_empty() {
            return Ok(vec![Unit::default()]);
        }
        let parameters = json!(task.task_invocation_parameters);
        let for_each = task.task_type != "RUN_COMMAND" || pseudo_parameters::name_a_resource(&parameters);
        let mut units = Vec::new();
        for found in self.found(task)? {
            let one = |nodes: &[String]| Unit {
                nodes: nodes.to_vec(),
                resource: nodes.first().filter(|_| for_each).cloned(),
                ..found.clone()
            };
            units.extend(found.nodes.chunks(if for_each { 1 } else { MOST_NODES }).map(one));
        }
        Ok(units)
    }

    /// The nodes of each of a task's targets.
    fn found(&self, task: &WindowTask) -> Result<Vec<Unit>, AwsError> {
        let instances = self.ssm.instances(&self.region, &self.account);
        let resolve = |targets: &[Target]| match GroupTarget::new(targets) {
            Some(group) => group.instances(self, &instances, &task.task_type),
            None => self.ssm.resolve(&self.region, &self.account, &instances, targets),
        };
        let window = self.ssm.with(&self.account, |records| {
            let window = records.windows.get(&self.window)?;
            Some((window.targets.clone(), window.settings.allow_unassociated_targets))
        });
        let Some((registered, anything)) = window else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for id in task.window_targets() {
            let Some(target) = registered.get(id) else { continue };
            found.push(Unit {
                nodes: resolve(&target.targets)?,
                resource: None,
                window_target: Some(id.to_owned()),
                owner_information: target.owner_information.clone(),
            });
        }
        for target in task.named_nodes() {
            let mut nodes = resolve(&[target])?;
            if !anything {
                let associated: Result<Vec<_>, _> = registered.values().map(|target| resolve(&target.targets)).collect();
                let associated: BTreeSet<String> = associated?.into_iter().flatten().collect();
                nodes.retain(|node| associated.contains(node));
            }
            found.push(Unit { nodes, ..Unit::default() });
        }
        Ok(found)
    }
}
