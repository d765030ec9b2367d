//! Which actions alarms can have.

use nightproof_core::service::{AwsError, Call};

use super::configuration::Configuration;
use crate::error::{not_implemented, validation};

/// Refuses what is no ARN, is of another region, or is of a service that no alarm acts on here.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>
pub(crate) fn check_actions(call: &Call, configuration: &Configuration) -> Result<(), AwsError> {
    for action in configuration.all_actions() {
        let parts: Vec<&str> = action.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", _, "sns" | "lambda", region, account, _] if !account.is_empty() => {
                if *region != call.region.name() {
                    let message = format!("Invalid region {region} specified. Only {} is supported.", call.region.name());
                    return Err(validation(message));
                }
            }
            ["arn", _, service, _, _, _] => return Err(not_implemented(format!("an alarm's action of {service}"))),
            _ => return Err(validation(format!("Invalid arn syntax: {action}"))),
        }
    }
    Ok(())
}
