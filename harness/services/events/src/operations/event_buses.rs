//! Event buses: making, describing, changing and deleting them.

use nightproof_core::request_tags::Tag;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bus::{Bus, BusName, DEFAULT};
use crate::error::{already_exists, limit_exceeded};
use crate::operations::tags;
use crate::page::page;
use crate::records::Events;

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html>
const MOST_BUSES: usize = 100;

/// `CreateEventBus`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateEventBus {
    name: String,
    description: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// `UpdateEventBus`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UpdateEventBus.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateEventBus {
    name: Option<String>,
    description: Option<String>,
}

/// `DeleteEventBus`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteEventBus.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteEventBus {
    name: String,
}

/// `DescribeEventBus`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeEventBus.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeEventBus {
    name: Option<String>,
}

/// `ListEventBuses`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListEventBuses.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListEventBuses {
    #[serde(default)]
    name_prefix: String,
    next_token: Option<String>,
    limit: Option<usize>,
}

impl Events {
    pub(crate) fn create_event_bus(&self, call: &Call, input: CreateEventBus) -> Result<Value, AwsError> {
        let name = input.name;
        let tags = tags::given(call, input.tags)?;
        self.with(&call.region, call.account(), |records| {
            if records.buses.contains_key(&name) {
                return Err(already_exists(&format!("Event bus {name}")));
            }
            if records.buses.len() >= MOST_BUSES {
                return Err(limit_exceeded());
            }
            let mut bus = Bus::new(call.arn("events", format!("event-bus/{name}")), &name, call.now);
            bus.description = input.description;
            bus.tags.extend(tags);
            let mut made = json!({ "EventBusArn": bus.arn });
            if let (Some(description), Some(members)) = (&bus.description, made.as_object_mut()) {
                members.insert("Description".into(), description.clone().into());
            }
            records.buses.insert(name, bus);
            Ok(made)
        })
    }

    pub(crate) fn update_event_bus(&self, call: &Call, input: UpdateEventBus) -> Result<Value, AwsError> {
        self.with_bus(call, input.name.as_deref(), |bus| {
            bus.description = input.description;
            bus.modified = call.now;
            let mut changed = json!({ "Arn": bus.arn, "Name": bus.name });
            if let (Some(description), Some(members)) = (&bus.description, changed.as_object_mut()) {
                members.insert("Description".into(), description.clone().into());
            }
            Ok(changed)
        })
    }

    /// Deleting a bus that is not there succeeds.
    pub(crate) fn delete_event_bus(&self, call: &Call, input: DeleteEventBus) -> Result<Value, AwsError> {
        let name = BusName::new(call, Some(&input.name)).name;
        if name == DEFAULT {
            return Err(AwsError::validation(format!("Cannot delete event bus {DEFAULT}.")));
        }
        self.with(&call.region, call.account(), |records| {
            if records.buses.get(&name).is_some_and(|bus| !bus.rules.is_empty()) {
                return Err(AwsError::validation("EventBus can't be deleted since it has rules."));
            }
            records.buses.remove(&name);
            Ok(json!({}))
        })
    }

    pub(crate) fn describe_event_bus(&self, call: &Call, input: DescribeEventBus) -> Result<Value, AwsError> {
        self.with_bus(call, input.name.as_deref(), |bus| Ok(bus.describe()))
    }

    pub(crate) fn list_event_buses(&self, call: &Call, input: ListEventBuses) -> Result<Value, AwsError> {
        let buses = self.with(&call.region, call.account(), |records| {
            let wanted = records.buses.values().filter(|bus| bus.name.starts_with(&input.name_prefix));
            wanted.map(Bus::describe).collect()
        });
        page("EventBuses", buses, input.next_token.as_deref(), input.limit)
    }
}
