//! What EventBridge and CloudWatch are told of executions.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html>

use jiff::Timestamp;
use nightproof_core::metrics::Metric;
use nightproof_core::{Caller, Region};
use serde_json::{Value, json};

use crate::execution::{Execution, Status};
use crate::records::States;

impl States {
    /// Counts a change of an execution's status and puts it on the default bus.
    pub(crate) async fn announce(&self, region: &Region, account: &str, arn: &str) {
        let told = self.with(account, |records| {
            let execution = records.execution(arn).ok()?;
            Some((execution.machine_arn.clone(), execution.status, execution.started, detail(execution)))
        });
        let Some((machine, status, started, detail)) = told else { return };
        let now = region.clock().now();
        let metric = |name| Metric::by(account, "AWS/States", name, "StateMachineArn", &machine);
        region.metrics().put(metric(status.metric()), now, 1.0, "Count");
        if status != Status::Running {
            let time = now.duration_since(started).as_secs_f64() * 1000.0;
            region.metrics().put(metric("ExecutionTime"), now, time, "Milliseconds");
        }
        let entry = json!({
            "Source": "aws.states",
            "DetailType": "Step Functions Execution Status Change",
            "Resources": [arn],
            "Detail": detail.to_string(),
        });
        let caller = Caller::service(account, "states.amazonaws.com");
        if let Err(error) = region.call(&caller, "events", "PutEvents", json!({ "Entries": [entry] })).await {
            tracing::warn!(%error, "EventBridge did not take the status of an execution");
        }
    }
}

fn detail(execution: &Execution) -> Value {
    let (error, cause) = execution.failure.clone().unwrap_or_default();
    json!({
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine_arn,
        "name": execution.name,
        "status": execution.status.as_str(),
        "startDate": execution.started.as_millisecond(),
        "stopDate": execution.stopped.map(Timestamp::as_millisecond),
        "input": execution.input,
        "inputDetails": { "included": true },
        "output": execution.output,
        "outputDetails": execution.output.as_ref().map(|_| json!({ "included": true })),
        "error": error,
        "cause": cause,
    })
}
