//! What became of an opening of a window: of its tasks, and of each on its targets.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::task::WindowTask;

/// Where something of an opening stands.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_MaintenanceWindowExecution.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    InProgress,
    Success,
    Failed,
    TimedOut,
    Cancelled,
    /// The window was still at work from the last time.
    SkippedOverlapping,
}

impl Status {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Cancelled => "CANCELLED",
            Self::SkippedOverlapping => "SKIPPED_OVERLAPPING",
        }
    }

    /// What parts add up to: the worst of them.
    pub(crate) fn of_parts(parts: impl Iterator<Item = Status> + Clone) -> Self {
        let any = |wanted: Status| parts.clone().any(|part| part == wanted);
        [Self::Failed, Self::TimedOut, Self::Cancelled].into_iter().find(|wanted| any(*wanted)).unwrap_or(Self::Success)
    }
}

/// A status, with the times at which something began and ended.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    pub(crate) status: Status,
    pub(crate) details: String,
    pub(crate) started: Timestamp,
    pub(crate) ended: Option<Timestamp>,
}

impl Progress {
    pub(crate) fn new(started: Timestamp) -> Self {
        Self { status: Status::InProgress, details: String::new(), started, ended: None }
    }

    /// Nothing more will happen.
    pub(crate) fn end(&mut self, status: Status, details: &str, now: Timestamp) {
        // Details are at most 250 characters.
        self.details = details.chars().take(250).collect();
        (self.status, self.ended) = (status, Some(now));
    }

    /// `members` with the members of a status.
    fn over(&self, mut members: Value) -> Value {
        if let Some(members) = members.as_object_mut() {
            members.insert("Status".to_owned(), self.status.as_str().into());
            members.insert("StartTime".to_owned(), self.started.to_string().into());
            if !self.details.is_empty() {
                members.insert("StatusDetails".to_owned(), self.details.as_str().into());
            }
            if let Some(ended) = self.ended {
                members.insert("EndTime".to_owned(), ended.to_string().into());
            }
        }
        members
    }
}

/// An opening of a window.
#[derive(Debug)]
pub(crate) struct WindowExecution {
    pub(crate) id: String,
    pub(crate) window: String,
    pub(crate) progress: Progress,
    /// Whether no more tasks are to begin.
    pub(crate) cancelled: bool,
    pub(crate) tasks: Vec<TaskExecution>,
}

/// A task in an opening.
#[derive(Debug)]
pub(crate) struct TaskExecution {
    pub(crate) id: String,
    pub(crate) task: WindowTask,
    pub(crate) progress: Progress,
    pub(crate) invocations: Vec<TaskInvocation>,
}

/// A task on a target, or on several at once.
#[derive(Debug)]
pub(crate) struct TaskInvocation {
    pub(crate) id: String,
    /// The id of what another part of Systems Manager did for it: of the command.
    pub(crate) execution: String,
    pub(crate) parameters: String,
    pub(crate) progress: Progress,
    pub(crate) owner_information: Option<String>,
    pub(crate) window_target: Option<String>,
}

impl WindowExecution {
    /// An item of `DescribeMaintenanceWindowExecutions`.
    pub(crate) fn summary(&self) -> Value {
        self.progress.over(json!({ "WindowId": self.window, "WindowExecutionId": self.id }))
    }

    /// The output of `GetMaintenanceWindowExecution`.
    pub(crate) fn describe(&self) -> Value {
        let tasks: Vec<&str> = self.tasks.iter().map(|task| task.id.as_str()).collect();
        self.progress.over(json!({ "WindowExecutionId": self.id, "TaskIds": tasks }))
    }

    pub(crate) fn task(&self, id: &str) -> Option<&TaskExecution> {
        self.tasks.iter().find(|task| task.id == id)
    }

    pub(crate) fn task_mut(&mut self, id: &str) -> Option<&mut TaskExecution> {
        self.tasks.iter_mut().find(|task| task.id == id)
    }
}

impl TaskExecution {
    /// An item of `DescribeMaintenanceWindowExecutionTasks`.
    pub(crate) fn summary(&self, execution: &str) -> Value {
        self.progress.over(json!({
            "WindowExecutionId": execution,
            "TaskExecutionId": self.id,
            "TaskArn": self.task.task_arn,
            "TaskType": self.task.task_type,
        }))
    }

    /// The output of `GetMaintenanceWindowExecutionTask`.
    pub(crate) fn describe(&self, execution: &str) -> Value {
        let (concurrency, errors) = self.task.rate();
        self.progress.over(json!({
            "WindowExecutionId": execution,
            "TaskExecutionId": self.id,
            "TaskArn": self.task.task_arn,
            "ServiceRole": self.task.service_role_arn.as_deref().unwrap_or_default(),
            "Type": self.task.task_type,
            "TaskParameters": [],
            "Priority": self.task.priority,
            "MaxConcurrency": concurrency,
            "MaxErrors": errors,
        }))
    }
}

impl TaskInvocation {
    /// An item of `DescribeMaintenanceWindowExecutionTaskInvocations`, and the output of `GetMaintenanceWindowExecutionTaskInvocation`.
    pub(crate) fn describe(&self, execution: &str, task: &TaskExecution) -> Value {
        let mut members = json!({
            "WindowExecutionId": execution,
            "TaskExecutionId": task.id,
            "InvocationId": self.id,
            "TaskType": task.task.task_type,
            "Parameters": self.parameters,
        });
        if let Some(members) = members.as_object_mut() {
            let given = [
                ("ExecutionId", Some(&self.execution).filter(|id| !id.is_empty())),
                ("OwnerInformation", self.owner_information.as_ref()),
                ("WindowTargetId", self.window_target.as_ref()),
            ];
            for (name, value) in given {
                if let Some(value) = value {
                    members.insert(name.to_owned(), value.as_str().into());
                }
            }
        }
        self.progress.over(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_a_whole_is_the_worst_of_its_parts() {
        use Status::{Cancelled, Failed, Success, TimedOut};
        let of = |parts: &[Status]| Status::of_parts(parts.iter().copied());
        assert_eq!(of(&[]), Success);
        assert_eq!(of(&[Success, Success]), Success);
        assert_eq!(of(&[Success, Cancelled, TimedOut]), TimedOut);
        assert_eq!(of(&[TimedOut, Failed, Success]), Failed);
    }
}
