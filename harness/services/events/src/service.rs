//! The service's operations by name, and what other services ask of its records.

use std::collections::BTreeMap;

use async_trait::async_trait;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::operations::event_buses::{DescribeEventBus, ListEventBuses};
use crate::operations::put_events::{PutEvents, TestEventPattern};
use crate::operations::rules::{DeleteRule, DescribeRule, DisableRule, EnableRule, ListRules, PutRule};
use crate::operations::tags::{ListTagsForResource, TagResource, UntagResource};
use crate::operations::targets::{ListRuleNamesByTarget, ListTargetsByRule, PutTargets, RemoveTargets};
use crate::records::Events;

operations!("events", Events:
    DeleteRule => delete_rule: ["= @rule"],
    DescribeEventBus => describe_event_bus: ["= @bus"],
    DescribeRule => describe_rule: ["= @rule"],
    DisableRule => disable_rule: ["= @rule"],
    EnableRule => enable_rule: ["= @rule"],
    ListEventBuses => list_event_buses: ["= *"],
    ListRuleNamesByTarget => list_rule_names_by_target: ["= *"],
    ListRules => list_rules: ["= *"],
    ListTagsForResource => list_tags_for_resource: ["= {ResourceARN}"],
    ListTargetsByRule => list_targets_by_rule: ["= @rule"],
    PutEvents => put_events: ["= @buses events:source=Entries.Source events:detail-type=Entries.DetailType"],
    PutRule => put_rule: ["= @rule events:detail-type=EventPattern.detail-type", "iam:PassRole {RoleArn} ?RoleArn iam:PassedToService='events.amazonaws.com'", "events:TagResource @rule ?Tags"],
    PutTargets => put_targets: ["= @target-rule events:TargetArn=Targets.Arn", "iam:PassRole {Targets.RoleArn} ?Targets.RoleArn iam:PassedToService='events.amazonaws.com'"],
    RemoveTargets => remove_targets: ["= @target-rule"],
    TagResource => tag_resource: ["= {ResourceARN}"],
    TestEventPattern => test_event_pattern: ["= *"],
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
        let rules = self.lock();
        let rules = rules.get(call.account()).into_iter().flat_map(BTreeMap::values);
        rules.map(|rule| Tagged { arn: rule.arn.clone(), tags: rule.tags.pairs() }).collect()
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.rule_tags(account, arn)
    }
}
