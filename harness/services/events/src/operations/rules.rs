//! Operations on rules.

use jiff::Timestamp;
use nightproof_core::request_tags::Tag;
use nightproof_core::service::{AwsError, Call};
use nightproof_schedule::Schedule;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::bus::{DEFAULT, rule_resource};
use crate::error::limit_exceeded;
use crate::operations::tags;
use crate::page::page;
use crate::pattern;
use crate::records::Events;
use crate::rule::Rule;

const MOST_RULES: usize = 300;

/// `PutRule`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutRule {
    name: String,
    schedule_expression: Option<String>,
    event_pattern: Option<String>,
    state: Option<String>,
    description: Option<String>,
    role_arn: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    event_bus_name: Option<String>,
}

/// `DescribeRule`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeRule.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeRule {
    name: String,
    event_bus_name: Option<String>,
}

/// `ListRules`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListRules.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListRules {
    #[serde(default)]
    name_prefix: String,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

/// `EnableRule`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_EnableRule.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EnableRule {
    name: String,
    event_bus_name: Option<String>,
}

/// `DisableRule`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DisableRule.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DisableRule {
    name: String,
    event_bus_name: Option<String>,
}

/// `DeleteRule`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteRule.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteRule {
    name: String,
    event_bus_name: Option<String>,
    #[serde(default)]
    force: bool,
}

impl Events {
    pub(crate) fn put_rule(&self, call: &Call, input: PutRule) -> Result<Value, AwsError> {
        let schedule = match input.schedule_expression.filter(|text| !text.is_empty()) {
            Some(text) => Some((text.clone(), schedule(&text)?)),
            None => None,
        };
        let pattern = match input.event_pattern.filter(|text| !text.is_empty()) {
            Some(text) => Some(pattern::parse(&text).map(|pattern| (text, pattern))?),
            None => None,
        };
        if schedule.is_none() && pattern.is_none() {
            return Err(AwsError::validation("Parameter(s) EventPattern or ScheduleExpression must be specified."));
        }
        let enabled = match input.state.as_deref() {
            None | Some("ENABLED") => true,
            Some("DISABLED") => false,
            Some(other) => return Err(AwsError::not_implemented("events", &format!("PutRule with State {other}"))),
        };
        let name = input.name;
        let given = tags::given(call, input.tags)?;
        self.with_bus(call, input.event_bus_name.as_deref(), |bus| {
            if schedule.is_some() && bus.name != DEFAULT {
                return Err(AwsError::validation("ScheduleExpression is supported only on the default event bus."));
            }
            if !bus.rules.contains_key(&name) && bus.rules.len() >= MOST_RULES {
                return Err(limit_exceeded());
            }
            let rule = bus.rules.entry(name.clone()).or_insert_with(|| Rule {
                arn: call.arn("events", rule_resource(&bus.name, &name)),
                name,
                bus: bus.name.clone(),
                enabled,
                description: None,
                role_arn: None,
                schedule: None,
                pattern: None,
                managed_by: None,
                targets: Default::default(),
                tags: given.into_iter().collect(),
                waiting: CancellationToken::new(),
                since: Timestamp::MIN,
            });
            refuse_managed(rule, false)?;
            let same = rule.schedule == schedule && rule.enabled == enabled && rule.since != Timestamp::MIN;
            rule.enabled = enabled;
            rule.schedule = schedule;
            rule.pattern = pattern;
            rule.description = input.description;
            rule.role_arn = input.role_arn;
            // The same schedule again is no reason to count its period anew.
            if !same {
                rule.since = call.now;
                self.schedule(&call.region, call.account(), rule);
            }
            Ok(json!({ "RuleArn": rule.arn }))
        })
    }

    pub(crate) fn describe_rule(&self, call: &Call, input: DescribeRule) -> Result<Value, AwsError> {
        let mut shown = self.with_rule(call, input.event_bus_name.as_deref(), &input.name, |rule| rule.describe())?;
        if let Some(members) = shown.as_object_mut() {
            members.insert("CreatedBy".into(), call.account().into());
        }
        Ok(shown)
    }

    pub(crate) fn list_rules(&self, call: &Call, input: ListRules) -> Result<Value, AwsError> {
        let found = self.with_bus(call, input.event_bus_name.as_deref(), |bus| {
            let found = bus.rules.values().filter(|rule| rule.name.starts_with(&input.name_prefix));
            Ok(found.map(Rule::describe).collect())
        })?;
        page("Rules", found, input.next_token.as_deref(), input.limit)
    }

    pub(crate) fn enable_rule(&self, call: &Call, input: EnableRule) -> Result<Value, AwsError> {
        self.set_state(call, input.event_bus_name.as_deref(), &input.name, true)
    }

    pub(crate) fn disable_rule(&self, call: &Call, input: DisableRule) -> Result<Value, AwsError> {
        self.set_state(call, input.event_bus_name.as_deref(), &input.name, false)
    }

    fn set_state(&self, call: &Call, bus: Option<&str>, name: &str, enabled: bool) -> Result<Value, AwsError> {
        self.with_rule(call, bus, name, |rule| {
            refuse_managed(rule, false)?;
            if rule.enabled != enabled {
                rule.enabled = enabled;
                rule.since = call.now;
                self.schedule(&call.region, call.account(), rule);
            }
            Ok(json!({}))
        })?
    }

    pub(crate) fn delete_rule(&self, call: &Call, input: DeleteRule) -> Result<Value, AwsError> {
        self.with_bus(call, input.event_bus_name.as_deref(), |bus| {
            // Deleting what is not there succeeds.
            let Some(rule) = bus.rules.get(&input.name) else { return Ok(json!({})) };
            refuse_managed(rule, input.force)?;
            if !rule.targets.is_empty() {
                return Err(AwsError::validation("Rule can't be deleted since it has targets."));
            }
            bus.rules.remove(&input.name);
            Ok(json!({}))
        })
    }
}

/// Rules that an AWS service made are that service's to change.
pub(crate) fn refuse_managed(rule: &Rule, force: bool) -> Result<(), AwsError> {
    match &rule.managed_by {
        Some(service) if !force => {
            let message = format!("Rule {} is managed by {service} and can be modified only by it.", rule.name);
            Err(AwsError::new("ManagedRuleException", 400, message))
        }
        _ => Ok(()),
    }
}

/// What an expression says. Rules have none that comes once.
fn schedule(expression: &str) -> Result<Schedule, AwsError> {
    let parsed = Schedule::parse(expression).filter(|schedule| !matches!(schedule, Schedule::At(_)));
    parsed.ok_or_else(|| AwsError::validation("Parameter ScheduleExpression is not valid."))
}
