//! Notifications of topics when an alarm changes its state.

use nightproof_core::{Caller, Region};
use serde_json::json;

use crate::alarm::Alarm;
use crate::evaluation::State;

/// Publishes to the topics of the alarm's state, as the service itself: a topic's policy has to allow it.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html>
pub(super) async fn notify(region: &Region, account: &str, alarm: &Alarm, before: State) {
    if !alarm.actions_enabled() {
        return;
    }
    let caller = Caller::service(account, "cloudwatch.amazonaws.com").acting_for(&alarm.arn);
    let message = alarm.message(before, account, region.name()).to_string();
    for topic in alarm.actions(alarm.state) {
        let input = json!({ "TopicArn": topic, "Subject": alarm.subject(region.name()), "Message": message });
        if let Err(error) = region.call(&caller, "sns", "Publish", input).await {
            tracing::warn!(alarm = alarm.name(), topic, %error, "a topic was not notified of an alarm");
        }
    }
}
