//! Invoking a function.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use nightproof_core::Region;
use nightproof_core::metrics::Metric;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::configuration::lacks_runtime;
use crate::definition::Definition;
use crate::environment::{Environment, Invoked, tail};
use crate::error::{not_found, require_one_of};
use crate::event::{Event, InvocationRequest};
use crate::function_name::FunctionName;
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

/// Longest context of a client, base64.
const LONGEST_CONTEXT: usize = 3583;

/// `Invoke`. <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Invoke {
    function_name: String,
    invocation_type: Option<String>,
    log_type: Option<String>,
    client_context: Option<String>,
    payload: Option<String>,
    qualifier: Option<String>,
}

/// The payload of a request; one that is empty is an empty object.
fn payload(input: &Invoke, kind: &str) -> Result<Vec<u8>, AwsError> {
    let payload = input.payload.as_ref().map(|payload| STANDARD.decode(payload)).transpose();
    let mut payload = payload.map_err(|_| crate::error::invalid("Payload is not base64"))?.unwrap_or_default();
    if payload.is_empty() {
        payload = b"{}".to_vec();
    }
    let largest = if kind == "Event" { LARGEST_EVENT } else { LARGEST_PAYLOAD };
    if payload.len() > largest {
        let message =
            format!("{} byte payload is too large for the {kind} invocation type (limit {largest} bytes)", payload.len());
        return Err(AwsError::new("RequestTooLargeException", 413, message).with("Type", "User"));
    }
    match crate::json_refusal::refusal(&payload) {
        Some(why) => Err(crate::error::request_content(format!(
            "Could not parse request body into json: Could not parse payload into json: {why}"
        ))),
        None => Ok(payload),
    }
}

/// What a client says of itself: JSON, in base64.
fn client_context(given: Option<&str>) -> Result<Option<String>, AwsError> {
    let Some(given) = given else { return Ok(None) };
    let text =
        STANDARD.decode(given).ok().filter(|_| given.len() <= LONGEST_CONTEXT).and_then(|bytes| String::from_utf8(bytes).ok());
    match text.filter(|text| serde_json::from_str::<Value>(text).is_ok()) {
        Some(text) => Ok(Some(text)),
        None => Err(crate::error::request_content("Client context must be a valid Base64-encoded JSON object.")),
    }
}

impl Lambda {
    pub(crate) async fn invoke(&self, call: &Call, input: Invoke) -> Result<Value, AwsError> {
        let kind = input.invocation_type.as_deref().unwrap_or("RequestResponse");
        require_one_of(Some(kind), "invocationType", &["Event", "RequestResponse", "DryRun"])?;
        require_one_of(input.log_type.as_deref(), "logType", &["None", "Tail"])?;
        let named = FunctionName::read(call, &input.function_name, input.qualifier.as_deref())?;
        let definition = self.find(&named, |function| {
            let definition = function.resolve(named.qualifier())?.0;
            function.require_active()?;
            Ok(definition)
        });
        let missing = || Err(not_found(format!("Function not found: {}", named.explicit_arn())));
        let definition = definition.unwrap_or_else(missing)?;
        let payload = payload(&input, kind)?;
        let client_context = client_context(input.client_context.as_deref())?;
        let request = InvocationRequest::from_call(call, payload, client_context);
        if kind != "DryRun" {
            self.require_runnable(&definition)?;
        }
        match kind {
            "DryRun" => Ok(json!({ "StatusCode": 204 })),
            "Event" => {
                self.enqueue(Event {
                    region: call.region.clone(),
                    account: named.account.clone(),
                    function: named.name.clone(),
                    qualifier: named.qualifier.clone(),
                    request,
                    accepted: call.now,
                });
                Ok(json!({ "StatusCode": 202 }))
            }
            _ => {
                let admitted = self.admit(&named.account, &named.name, named.qualifier())?;
                let version = admitted.definition.text("Version").to_owned();
                let invoked = self.run(&call.region, &named.account, admitted, request).await?;
                let payload = STANDARD.encode(&invoked.payload);
                let mut output = json!({ "StatusCode": 200, "ExecutedVersion": version, "Payload": payload });
                if invoked.failed {
                    output["FunctionError"] = "Unhandled".into();
                }
                if input.log_type.as_deref() == Some("Tail") {
                    output["LogResult"] = tail(&invoked.log).into();
                }
                Ok(output)
            }
        }
    }

    /// Refuses to run what no machine here runs.
    pub(crate) fn require_runnable(&self, definition: &Definition) -> Result<(), AwsError> {
        let runtime = definition.text("Runtime");
        if lacks_runtime(runtime) {
            return Err(AwsError::not_implemented("lambda", &format!("execution of functions of the runtime {runtime}")));
        }
        if self.host.is_none() {
            return Err(AwsError::not_implemented("lambda", "execution of functions without the runtime client installed"));
        }
        Ok(())
    }

    /// Runs an invocation in an environment that is free, or in a new one.
    pub(crate) async fn run(
        &self,
        region: &Region,
        account: &str,
        admitted: Admitted,
        request: InvocationRequest,
    ) -> Result<Invoked, AwsError> {
        let definition = admitted.definition.as_ref();
        self.require_runnable(definition)?;
        let Some(host) = &self.host else { return Err(AwsError::internal("a function is run nowhere")) };
        let provisioned = admitted.slot.provisioned;
        let arn = format!("{}{}", definition.text("FunctionArn"), if provisioned { "+" } else { "" });
        let warm = {
            let mut free = self.free.lock();
            let of_function = free.entry(arn.clone()).or_default();
            of_function.retain(|idle| idle.environment.fits(definition, region.clock().now()));
            of_function.pop()
        };
        let mut environment = match warm {
            Some(idle) => idle.environment,
            None => {
                let uplink = self.uplink(host, account, definition);
                Environment::start(region, host, (account, uplink), definition, provisioned).await?
            }
        };
        let begun = Instant::now();
        let invoked = environment.invoke(definition, request, &admitted.arn).await;
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
