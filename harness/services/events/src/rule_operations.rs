//! Operations on rules.

use jiff::Timestamp;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::pattern::Pattern;
use super::rule::Rule;
use super::schedule::Schedule;
use super::{Events, require_default_bus, tags};

const MOST_RULES: usize = 300;

impl Events {
    pub(super) fn put_rule(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        require_default_bus(input)?;
        let schedule = match input.text("ScheduleExpression").filter(|text| !text.is_empty()) {
            Some(text) => Some((text.to_owned(), Schedule::parse(text)?)),
            None => None,
        };
        let pattern = match input.text("EventPattern").filter(|text| !text.is_empty()) {
            Some(text) => Some((text.to_owned(), Pattern::parse(text)?)),
            None => None,
        };
        if schedule.is_none() && pattern.is_none() {
            return Err(AwsError::validation("Parameter(s) EventPattern or ScheduleExpression must be specified."));
        }
        let enabled = match input.text("State") {
            None | Some("ENABLED") => true,
            Some("DISABLED") => false,
            Some(other) => return Err(AwsError::not_implemented("events", &format!("PutRule with State {other}"))),
        };
        let name = input.required("Name");
        let given = tags::given(call, input)?;
        let mut accounts = self.lock();
        let rules = accounts.entry(call.account().to_owned()).or_default();
        if !rules.contains_key(name) && rules.len() >= MOST_RULES {
            let message = "The requested resource exceeds the maximum number allowed.";
            return Err(AwsError::new("LimitExceededException", 400, message));
        }
        let rule = rules.entry(name.to_owned()).or_insert_with(|| Rule {
            arn: format!("arn:aws:events:{}:{}:rule/{name}", call.region.name(), call.account()),
            name: name.to_owned(),
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
        rule.description = input.text("Description").map(ToOwned::to_owned);
        rule.role_arn = input.text("RoleArn").map(ToOwned::to_owned);
        // The same schedule again is no reason to count its period anew.
        if !same {
            rule.since = call.now;
            self.schedule(&call.region, call.account(), rule);
        }
        Ok(json!({ "RuleArn": rule.arn }))
    }

    pub(super) fn describe_rule(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let mut shown = self.with_rule(call, input, "Name", |rule| rule.describe())?;
        if let Some(members) = shown.as_object_mut() {
            members.insert("CreatedBy".into(), call.account().into());
        }
        Ok(shown)
    }

    pub(super) fn list_rules(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        require_default_bus(input)?;
        let prefix = input.text("NamePrefix").unwrap_or_default();
        let rules = self.lock();
        let found = rules.get(call.account()).into_iter().flat_map(|rules| rules.values());
        let found = found.filter(|rule| rule.name.starts_with(prefix)).map(Rule::describe).collect();
        page(input, "Rules", found)
    }

    pub(super) fn set_state(&self, call: &Call, input: &Value, enabled: bool) -> Result<Value, AwsError> {
        self.with_rule(call, input, "Name", |rule| {
            refuse_managed(rule, false)?;
            if rule.enabled != enabled {
                rule.enabled = enabled;
                rule.since = call.now;
                self.schedule(&call.region, call.account(), rule);
            }
            Ok(json!({}))
        })?
    }

    pub(super) fn delete_rule(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        require_default_bus(input)?;
        let name = input.required("Name");
        let mut accounts = self.lock();
        let Some(rules) = accounts.get_mut(call.account()) else { return Ok(json!({})) };
        // Deleting what is not there succeeds.
        let Some(rule) = rules.get(name) else { return Ok(json!({})) };
        refuse_managed(rule, input.flag("Force") == Some(true))?;
        if !rule.targets.is_empty() {
            return Err(AwsError::validation("Rule can't be deleted since it has targets."));
        }
        rules.remove(name);
        Ok(json!({}))
    }
}

/// Rules that an AWS service made are that service's to change.
pub(super) fn refuse_managed(rule: &Rule, force: bool) -> Result<(), AwsError> {
    match &rule.managed_by {
        Some(service) if !force => {
            let message = format!("Rule {} is managed by {service} and can be modified only by it.", rule.name);
            Err(AwsError::new("ManagedRuleException", 400, message))
        }
        _ => Ok(()),
    }
}

/// One page of a list: `Limit` items from `NextToken` on.
pub(super) fn page(input: &Value, member: &str, items: Vec<Value>) -> Result<Value, AwsError> {
    let limit = input.number("Limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100).max(1);
    let invalid = || AwsError::validation("Parameter NextToken is not valid.");
    nightproof_core::page::page(member, items, input.text("NextToken"), limit, invalid)
}
