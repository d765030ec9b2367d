//! Alarms that take a creation or an update back: watched while it goes on, and for some minutes after all resources are what they are to be.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-rollback-triggers.html>

use std::future::Future;
use std::pin::pin;

use jiff::SignedDuration;
use nightproof_core::document::Members as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::submitted::RollbackConfiguration;
use crate::worker::Worker;

/// How often alarms are looked at, in the region's time. They are evaluated once a minute.
const INTERVAL: SignedDuration = SignedDuration::from_secs(10);

/// Runs `work`, and cancels `cancel` as soon as an alarm goes off. Returns why, beside what `work` came to.
pub(crate) async fn during<T>(
    worker: &Worker,
    configuration: &RollbackConfiguration,
    cancel: &CancellationToken,
    work: impl Future<Output = T>,
) -> (T, Option<String>) {
    let mut work = pin!(work);
    tokio::select! {
        done = &mut work => (done, None),
        reason = alarmed(worker, configuration) => {
            cancel.cancel();
            (work.await, Some(reason))
        }
    }
}

/// Watches for as long as the configuration says once all resources are made. Returns why they are to be taken back; `None` if they stay.
pub(crate) async fn monitor(worker: &Worker, configuration: &RollbackConfiguration) -> Option<String> {
    if let Some(reason) = look_at_all(worker, configuration).await {
        return Some(reason);
    }
    let minutes = configuration.monitoring_time_in_minutes.filter(|minutes| *minutes > 0)?;
    let end = worker.now().checked_add(SignedDuration::from_mins(i64::from(minutes))).ok()?;
    tokio::select! {
        reason = alarmed(worker, configuration) => Some(reason),
        () = worker.region.clock().sleep_until(end) => None,
        () = worker.cancel.cancelled() => None,
    }
}

/// Resolves once an alarm is in the state `ALARM`, or is not there; never without alarms.
async fn alarmed(worker: &Worker, configuration: &RollbackConfiguration) -> String {
    loop {
        if let Some(reason) = look_at_all(worker, configuration).await {
            return reason;
        }
        match worker.now().checked_add(INTERVAL) {
            Ok(next) if !configuration.triggers().is_empty() => worker.region.clock().sleep_until(next).await,
            _ => std::future::pending().await,
        }
    }
}

async fn look_at_all(worker: &Worker, configuration: &RollbackConfiguration) -> Option<String> {
    for trigger in configuration.triggers() {
        if let Some(reason) = look(worker, &trigger.arn, &trigger.kind).await {
            return Some(reason);
        }
    }
    None
}

/// Why an alarm takes the operation back.
async fn look(worker: &Worker, arn: &str, kind: &str) -> Option<String> {
    let name = arn.splitn(7, ':').nth(6).unwrap_or_default();
    let (kind, member) = match kind {
        "AWS::CloudWatch::CompositeAlarm" => ("CompositeAlarm", "CompositeAlarms"),
        _ => ("MetricAlarm", "MetricAlarms"),
    };
    let input = json!({"AlarmNames": [name], "AlarmTypes": [kind]});
    let answer = match worker.region.call(&worker.caller, "monitoring", "DescribeAlarms", input).await {
        Ok(answer) => answer,
        Err(error) => return Some(format!("Rollback trigger {arn} cannot be monitored: {}", error.message)),
    };
    match answer.list(member).first().map(|alarm: &Value| alarm.required("StateValue").to_owned()) {
        None => Some(format!("Rollback trigger {arn} does not exist")),
        Some(state) if state == "ALARM" => Some(format!("Rollback trigger {arn} is in state ALARM")),
        Some(_) => None,
    }
}
