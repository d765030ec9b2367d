//! Groups: making, describing, listing and deleting them.

use nightproof_core::page::page;
use nightproof_core::request_tags::Tag;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{already_exists, no_group};
use crate::group::{DEFAULT, Group};
use crate::operations::tags;
use crate::records::Scheduler;

/// `CreateScheduleGroup`. <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateScheduleGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateScheduleGroup {
    name: String,
    #[expect(dead_code, reason = "a second call with the same token is refused as a second group of the name")]
    client_token: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// `GetScheduleGroup`. <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetScheduleGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetScheduleGroup {
    name: String,
}

/// `DeleteScheduleGroup`. <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_DeleteScheduleGroup.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteScheduleGroup {
    name: String,
    #[expect(dead_code, reason = "a second call with the same token is told that there is no such group")]
    client_token: Option<String>,
}

/// `ListScheduleGroups`. <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_ListScheduleGroups.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListScheduleGroups {
    #[serde(default)]
    name_prefix: String,
    next_token: Option<String>,
    max_results: Option<usize>,
}

impl Scheduler {
    pub(crate) fn create_schedule_group(&self, call: &Call, input: CreateScheduleGroup) -> Result<Value, AwsError> {
        let tags = tags::given(call, input.tags)?;
        self.with(&call.region, call.account(), |groups| {
            if groups.contains_key(&input.name) {
                return Err(already_exists(&format!("Schedule group {}", input.name)));
            }
            let mut group = Group::new(call.arn("scheduler", format!("schedule-group/{}", input.name)), &input.name, call.now);
            group.tags.extend(tags);
            let made = json!({ "ScheduleGroupArn": group.arn });
            groups.insert(input.name, group);
            Ok(made)
        })
    }

    pub(crate) fn get_schedule_group(&self, call: &Call, input: GetScheduleGroup) -> Result<Value, AwsError> {
        self.with_group(call, Some(&input.name), |group| Ok(group.describe()))
    }

    /// Deletes a group with its schedules.
    pub(crate) fn delete_schedule_group(&self, call: &Call, input: DeleteScheduleGroup) -> Result<Value, AwsError> {
        if input.name == DEFAULT {
            return Err(AwsError::validation("The default schedule group cannot be deleted."));
        }
        self.with(&call.region, call.account(), |groups| match groups.remove(&input.name) {
            Some(_) => Ok(json!({})),
            None => Err(no_group(&input.name)),
        })
    }

    pub(crate) fn list_schedule_groups(&self, call: &Call, input: ListScheduleGroups) -> Result<Value, AwsError> {
        let items = self.with(&call.region, call.account(), |groups| {
            let found = groups.values().filter(|group| group.name.starts_with(&input.name_prefix));
            found.map(Group::describe).collect()
        });
        page("ScheduleGroups", items, input.next_token.as_deref(), input.max_results.unwrap_or(100), || {
            AwsError::validation("Invalid NextToken.")
        })
    }
}
