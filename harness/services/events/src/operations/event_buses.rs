//! Event buses: there is the default one.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bus::require_default_bus;
use crate::page::page;
use crate::records::Events;

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
    pub(crate) fn describe_event_bus(&self, call: &Call, input: DescribeEventBus) -> Result<Value, AwsError> {
        require_default_bus(input.name.as_deref())?;
        Ok(default_bus(call))
    }

    pub(crate) fn list_event_buses(&self, call: &Call, input: ListEventBuses) -> Result<Value, AwsError> {
        let buses = if "default".starts_with(&input.name_prefix) { vec![default_bus(call)] } else { Vec::new() };
        page("EventBuses", buses, input.next_token.as_deref(), input.limit)
    }
}

fn default_bus(call: &Call) -> Value {
    json!({ "Name": "default", "Arn": call.arn("events", "event-bus/default") })
}
