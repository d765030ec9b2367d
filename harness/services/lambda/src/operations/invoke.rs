//! Invoking a function.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use nightproof_core::Region;
use nightproof_core::document::Members as _;
use nightproof_core::metrics::Metric;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::definition::Definition;
use crate::environment::{Environment, Invoked, tail};
use crate::event::Event;
use crate::function::{function_name, qualifier};
use crate::records::{Admitted, Idle, Lambda};
use crate::runtime_api::LARGEST_PAYLOAD;

/// Largest payload of an asynchronous invocation.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const LARGEST_EVENT: usize = 1024 * 1024;
/// How long an environment waits for another invocation, in region time. AWS documents no time; those who measured it saw idle
/// environments kept for five minutes at least. It is the least that a function may meet, so that what relies on a longer one fails here.
const IDLE: SignedDuration = SignedDuration::from_mins(5);

/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>
fn count(region: &Region, account: &str, definition: &Definition, invoked: &Result<(Invoked, bool), AwsError>, time: Duration) {
    let failed = invoked.as_ref().is_ok_and(|(invoked, _)| invoked.failed);
    let duration = time.as_secs_f64() * 1000.0;
    let failed = f64::from(u8::from(failed));
    for (name, value, unit) in
        [("Invocations", 1.0, "Count"), ("Errors", failed, "Count"), ("Duration", duration, "Milliseconds")]
    {
        let metric = Metric::by(account, "AWS/Lambda", name, "FunctionName", definition.text("FunctionName"));
        region.metrics().put(metric, region.clock().now(), value, unit);
    }
}

impl Lambda {
    pub(crate) async fn invoke(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let qualifier = qualifier(input);
        self.with(call, input, |function| {
            function.require_active()?;
            function.resolve(qualifier)
        })?;
        let payload = input.text("Payload").map(|payload| STANDARD.decode(payload)).transpose();
        let mut payload = payload.map_err(|_| crate::error::invalid("Payload is not base64"))?.unwrap_or_default();
        if payload.is_empty() {
            payload = b"{}".to_vec();
        }
        if let Err(error) = serde_json::from_slice::<Value>(&payload) {
            let message = format!("Could not parse request body into json: {error}");
            return Err(AwsError::new("InvalidRequestContentException", 400, message));
        }
        let kind = input.text("InvocationType").unwrap_or("RequestResponse");
        let largest = if kind == "Event" { LARGEST_EVENT } else { LARGEST_PAYLOAD };
        if payload.len() > largest {
            let message =
                format!("{} byte payload is too large for the {kind} invocation type (limit {largest} bytes)", payload.len());
            return Err(AwsError::new("RequestTooLargeException", 413, message));
        }
        if self.host.is_none() && kind != "DryRun" {
            return Err(AwsError::not_implemented("lambda", "execution of functions without the runtime client installed"));
        }
        match kind {
            "DryRun" => Ok(json!({"StatusCode": 204})),
            "Event" => {
                self.enqueue(Event {
                    region: call.region.clone(),
                    account: call.account().to_owned(),
                    function: function_name(input.required("FunctionName")).to_owned(),
                    qualifier: qualifier.map(str::to_owned),
                    request_id: call.request_id.clone(),
                    payload,
                    accepted: call.now,
                });
                Ok(json!({"StatusCode": 202}))
            }
            _ => {
                let admitted = self.admit(call.account(), function_name(input.required("FunctionName")), qualifier)?;
                let version = admitted.definition.text("Version").to_owned();
                let invoked = self.run(&call.region, call.account(), admitted, &call.request_id, payload).await?;
                let mut output =
                    json!({"StatusCode": 200, "ExecutedVersion": version, "Payload": STANDARD.encode(&invoked.payload)});
                if invoked.failed {
                    output["FunctionError"] = "Unhandled".into();
                }
                if input.text("LogType") == Some("Tail") {
                    output["LogResult"] = tail(&invoked.log).into();
                }
                Ok(output)
            }
        }
    }

    /// Runs an invocation in an environment that is free, or in a new one.
    pub(crate) async fn run(
        &self,
        region: &Region,
        account: &str,
        admitted: Admitted,
        request_id: &str,
        payload: Vec<u8>,
    ) -> Result<Invoked, AwsError> {
        let Some(host) = &self.host else {
            return Err(AwsError::not_implemented("lambda", "execution of functions without the runtime client installed"));
        };
        let definition = admitted.definition.as_ref();
        let arn = definition.text("FunctionArn").to_owned();
        let warm = {
            let mut free = self.free.lock();
            let of_function = free.entry(arn.clone()).or_default();
            of_function.retain(|idle| idle.environment.fits(definition, region.clock().now()));
            of_function.pop()
        };
        let mut environment = match warm {
            Some(idle) => idle.environment,
            None => Environment::start(region, host, account, definition).await?,
        };
        let begun = Instant::now();
        let invoked = environment.invoke(definition, request_id, payload, &admitted.arn).await;
        count(region, account, definition, &invoked, begun.elapsed());
        let (invoked, reusable) = invoked?;
        if reusable {
            let since = region.clock().now();
            let mut free = self.free.lock();
            free.entry(arn).or_default().push(Idle { environment, since });
            drop(free);
            self.reap_later(region, since);
        }
        Ok(invoked)
    }

    /// Ends environments that have waited too long, when they have.
    fn reap_later(&self, region: &Region, since: Timestamp) {
        let (me, region) = (self.me.clone(), region.clone());
        region.clone().tasks().spawn(async move {
            tokio::select! {
                () = region.clock().sleep_until(since + IDLE) => {}
                () = region.stopping().cancelled() => return,
            }
            let Some(me) = me.upgrade() else { return };
            let now = region.clock().now();
            let mut free = me.free.lock();
            free.values_mut().for_each(|idle| idle.retain(|idle| idle.since + IDLE > now));
            free.retain(|_, idle| !idle.is_empty());
        });
    }
}
