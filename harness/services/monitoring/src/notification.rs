//! What is done when an alarm changes its state.

use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use serde_json::{Value, json};

use crate::alarm::{Change, Item, bridge_entry, function_event, subject, topic_message};
use crate::records::CloudWatch;

/// Who publishes to topics and tells the default bus.
const PRINCIPAL: &str = "cloudwatch.amazonaws.com";
/// Who invokes functions.
const INVOKER: &str = "lambda.alarms.cloudwatch.amazonaws.com";

impl CloudWatch {
    /// Tells the default bus of a change, and does what the alarm has for its state, as the service itself: the policies of topics and
    /// functions have to allow it. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html>
    pub(crate) async fn notify(&self, region: &Region, account: &str, change: &Change) {
        let entries = json!({ "Entries": [bridge_entry(change)] });
        if region.service("events").is_some()
            && let Err(error) = region.call(&Caller::service(account, PRINCIPAL), "events", "PutEvents", entries).await
        {
            tracing::warn!(alarm = change.alarm.name(), %error, "EventBridge did not take the state of an alarm");
        }
        if !change.suppressed {
            self.act(region, account, change).await;
        }
    }

    /// Does what the alarm has for its state, unless its actions are disabled.
    pub(crate) async fn act(&self, region: &Region, account: &str, change: &Change) {
        let alarm = &change.alarm;
        if !alarm.configuration.actions_enabled {
            return;
        }
        for action in alarm.configuration.actions(alarm.state()) {
            let (message, outcome) = perform(region, account, change, action).await;
            let error = outcome.err().map(|error| {
                tracing::warn!(alarm = alarm.name(), action, %error, "an action of an alarm was not done");
                error.to_string()
            });
            let item = Item::acted(alarm, action, &message, error.as_deref(), region.clock().now());
            self.with(account, |records| records.history.add(item));
        }
    }
}

/// Performs one action; returns the message too.
async fn perform(region: &Region, account: &str, change: &Change, action: &str) -> (Value, Result<Value, AwsError>) {
    let arn = &change.alarm.configuration.arn;
    if nightproof_core::service::arn::service_of(action) == "lambda" {
        use base64::Engine as _;
        let event = function_event(change, account, region.name());
        let payload = base64::engine::general_purpose::STANDARD.encode(event.to_string());
        let input = json!({ "FunctionName": action, "InvocationType": "Event", "Payload": payload });
        let caller = Caller::service(account, INVOKER).acting_for(arn);
        return (event, region.call(&caller, "lambda", "Invoke", input).await);
    }
    let message = topic_message(change, account, region.name());
    let subject = subject(&change.alarm, region.name());
    let input = json!({ "TopicArn": action, "Subject": subject, "Message": message.to_string() });
    let caller = Caller::service(account, PRINCIPAL).acting_for(arn);
    (message, region.call(&caller, "sns", "Publish", input).await)
}
