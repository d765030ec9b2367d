//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::operations;
use nightproof_core::request_tags::{ListTagsForResource, TagResource, UntagResource};
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use nightproof_core::tags::Tags;
use serde_json::Value;

use crate::operations::api_destinations::{
    CreateApiDestination, DeleteApiDestination, DescribeApiDestination, ListApiDestinations, UpdateApiDestination,
};
use crate::operations::archives::{CreateArchive, DeleteArchive, DescribeArchive, ListArchives, UpdateArchive};
use crate::operations::connections::{
    CreateConnection, DeauthorizeConnection, DeleteConnection, DescribeConnection, ListConnections, UpdateConnection,
};
use crate::operations::event_buses::{CreateEventBus, DeleteEventBus, DescribeEventBus, ListEventBuses, UpdateEventBus};
use crate::operations::permissions::{PutPermission, RemovePermission};
use crate::operations::put_events::{PutEvents, TestEventPattern};
use crate::operations::replays::{CancelReplay, DescribeReplay, ListReplays, StartReplay};
use crate::operations::rules::{DeleteRule, DescribeRule, DisableRule, EnableRule, ListRules, PutRule};
use crate::operations::targets::{ListRuleNamesByTarget, ListTargetsByRule, PutTargets, RemoveTargets};
use crate::records::Events;

operations!("events", Events:
    CancelReplay => cancel_replay: ["= replay/{ReplayName}"],
    CreateApiDestination => create_api_destination: ["= api-destination/{Name}"],
    CreateArchive => create_archive: ["= archive/{ArchiveName}", "= {EventSourceArn}"],
    CreateConnection => create_connection.await: ["= connection/{Name}"],
    CreateEventBus => create_event_bus: ["= @bus", "events:TagResource @bus ?Tags"],
    DeauthorizeConnection => deauthorize_connection: ["= connection/{Name}"],
    DeleteApiDestination => delete_api_destination: ["= api-destination/{Name}"],
    DeleteArchive => delete_archive: ["= archive/{ArchiveName}"],
    DeleteConnection => delete_connection.await: ["= connection/{Name}"],
    DeleteEventBus => delete_event_bus: ["= @bus"],
    DeleteRule => delete_rule: ["= @rule"],
    DescribeApiDestination => describe_api_destination: ["= api-destination/{Name}"],
    DescribeArchive => describe_archive: ["= archive/{ArchiveName}"],
    DescribeConnection => describe_connection: ["= connection/{Name}"],
    DescribeEventBus => describe_event_bus: ["= @bus"],
    DescribeReplay => describe_replay: ["= replay/{ReplayName}"],
    DescribeRule => describe_rule: ["= @rule"],
    DisableRule => disable_rule: ["= @rule"],
    EnableRule => enable_rule: ["= @rule"],
    ListApiDestinations => list_api_destinations: ["= *"],
    ListArchives => list_archives: ["= *"],
    ListConnections => list_connections: ["= *"],
    ListEventBuses => list_event_buses: ["= *"],
    ListReplays => list_replays: ["= *"],
    ListRuleNamesByTarget => list_rule_names_by_target: ["= *"],
    ListRules => list_rules: ["= *"],
    ListTagsForResource => list_tags_for_resource: ["= {ResourceARN}"],
    ListTargetsByRule => list_targets_by_rule: ["= @rule"],
    PutEvents => put_events: ["= @buses events:source=Entries.Source events:detail-type=Entries.DetailType"],
    PutPermission => put_permission: ["= @permission-bus"],
    PutRule => put_rule: ["= @rule events:detail-type=EventPattern.detail-type", "iam:PassRole {RoleArn} ?RoleArn iam:PassedToService='events.amazonaws.com'", "events:TagResource @rule ?Tags"],
    PutTargets => put_targets: ["= @target-rule events:TargetArn=Targets.Arn", "iam:PassRole {Targets.RoleArn} ?Targets.RoleArn iam:PassedToService='events.amazonaws.com'"],
    RemovePermission => remove_permission: ["= @permission-bus"],
    RemoveTargets => remove_targets: ["= @target-rule"],
    StartReplay => start_replay: ["= replay/{ReplayName}", "= {EventSourceArn}"],
    TagResource => tag_resource: ["= {ResourceARN}"],
    TestEventPattern => test_event_pattern: ["= *"],
    UpdateApiDestination => update_api_destination: ["= api-destination/{Name}"],
    UpdateArchive => update_archive: ["= archive/{ArchiveName}"],
    UpdateConnection => update_connection.await: ["= connection/{Name}"],
    UpdateEventBus => update_event_bus: ["= @bus"],
    UntagResource => untag_resource: ["= {ResourceARN}"],
);

#[async_trait]
impl Service for Events {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        self.named_resources(call, kind, input)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        let tagged = |(arn, tags): (&str, &Tags)| Tagged { arn: arn.to_owned(), tags: tags.pairs() };
        self.with(&call.region, call.account(), |records| crate::authorization::tagged(records).map(tagged).collect())
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    fn resource_policy(&self, _account: &str, arn: &str) -> Option<ResourcePolicyText> {
        self.bus_policy(arn)
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.tags_of(account, arn)
    }
}
