//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::operations;
use nightproof_core::request_tags::{ListTagsForResource, TagResource, UntagResource};
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::operations::groups::{CreateScheduleGroup, DeleteScheduleGroup, GetScheduleGroup, ListScheduleGroups};
use crate::operations::schedules::{CreateSchedule, DeleteSchedule, GetSchedule, ListSchedules, UpdateSchedule};
use crate::records::Scheduler;

operations!("scheduler", Scheduler:
    CreateSchedule => create_schedule.await: ["= @schedule", "iam:PassRole {Target.RoleArn} iam:PassedToService='scheduler.amazonaws.com'"],
    CreateScheduleGroup => create_schedule_group: ["= schedule-group/{Name}", "scheduler:TagResource schedule-group/{Name} ?Tags"],
    DeleteSchedule => delete_schedule: ["= @schedule"],
    DeleteScheduleGroup => delete_schedule_group: ["= schedule-group/{Name}"],
    GetSchedule => get_schedule: ["= @schedule"],
    GetScheduleGroup => get_schedule_group: ["= schedule-group/{Name}"],
    ListScheduleGroups => list_schedule_groups: ["= *"],
    ListSchedules => list_schedules: ["= @schedules"],
    ListTagsForResource => list_tags_for_resource: ["= {ResourceArn}"],
    TagResource => tag_resource: ["= {ResourceArn}"],
    UntagResource => untag_resource: ["= {ResourceArn}"],
    UpdateSchedule => update_schedule.await: ["= @schedule", "iam:PassRole {Target.RoleArn} iam:PassedToService='scheduler.amazonaws.com'"],
);

#[async_trait]
impl Service for Scheduler {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        self.named_resources(call, kind, input)
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.tags_of(account, arn)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        self.with(&call.region, call.account(), |groups| {
            groups.values().map(|group| Tagged { arn: group.arn.clone(), tags: group.tags.pairs() }).collect()
        })
    }
}
