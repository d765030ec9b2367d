//! Invoking a function: at once, or later with retries.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::environment::{Definition, Environment, Invoked, StartError, tail};
use super::runtime_api::LARGEST_PAYLOAD;
use super::{Lambda, resource_policy};
use crate::service::{AwsError, Call};
use crate::services::document::Members as _;
use crate::{Principal, Region};

/// Largest payload of an asynchronous invocation.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const LARGEST_EVENT: usize = 1024 * 1024;
/// Pauses before the retries of an asynchronous invocation.
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
const RETRY_AFTER: [SignedDuration; 2] = [SignedDuration::from_mins(1), SignedDuration::from_mins(2)];

impl Lambda {
    pub(super) async fn invoke(&self, call: &Call, input: &Value) -> Result<Value, AwsError> {
        let (definition, retries, age) = self.with(call, input, |function| {
            if let Principal::Service { name } = &call.caller.principal
                && !resource_policy::admits(&function.statements, name, &call.caller)
            {
                let arn = function.arn();
                let message = format!("User: {name} is not authorized to perform: lambda:InvokeFunction on resource: {arn} because no resource-based policy allows the lambda:InvokeFunction action");
                return Err(AwsError::new("AccessDeniedException", 403, message));
            }
            let number = |member: &str| function.invoke_config.as_ref().and_then(|config| config.get(member)?.as_u64());
            let retries = number("MaximumRetryAttempts").unwrap_or(2);
            function.require_active()?;
            Ok((Arc::clone(&function.serving), retries, number("MaximumEventAgeInSeconds").unwrap_or(21_600)))
        })?;
        let payload = input.text("Payload").map(|payload| STANDARD.decode(payload)).transpose();
        let mut payload = payload.map_err(|_| super::invalid("Payload is not base64"))?.unwrap_or_default();
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
        if self.tools.is_none() && kind != "DryRun" {
            return Err(AwsError::not_implemented("lambda", "execution of functions without the runtime client installed"));
        }
        match kind {
            "DryRun" => Ok(json!({"StatusCode": 204})),
            "Event" => {
                if let Some(me) = self.me.upgrade() {
                    let (region, account, request_id) = (call.region.clone(), call.account().to_owned(), call.request_id.clone());
                    let attempts = Attempts { region, account, request_id, definition, payload, retries, age };
                    let stopping = call.region.stopping().clone();
                    call.region.tasks().spawn(async move {
                        tokio::select! {
                            () = me.attempt(attempts) => {}
                            () = stopping.cancelled() => {}
                        }
                    });
                }
                Ok(json!({"StatusCode": 202}))
            }
            _ => {
                let invoked = self.run(&call.region, call.account(), &definition, &call.request_id, payload).await?;
                let mut output =
                    json!({"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": STANDARD.encode(&invoked.payload)});
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
    async fn run(
        &self,
        region: &Region,
        account: &str,
        definition: &Definition,
        request_id: &str,
        payload: Vec<u8>,
    ) -> Result<Invoked, AwsError> {
        let Some(tools) = &self.tools else {
            return Err(AwsError::not_implemented("lambda", "execution of functions without the runtime client installed"));
        };
        let arn = definition.text("FunctionArn").to_owned();
        let warm = {
            let mut free = self.free.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let mut of_function = free.remove(&arn).unwrap_or_default();
            of_function.retain(|environment| environment.fits(definition, region.clock().now()));
            let warm = of_function.pop();
            free.insert(arn.clone(), of_function);
            warm
        };
        let mut environment = match warm {
            Some(environment) => environment,
            None => match Environment::start(region, tools, account, definition, request_id).await {
                Ok(environment) => environment,
                Err(StartError::Init(invoked)) => return Ok(invoked),
                Err(StartError::Aws(error)) => return Err(error),
            },
        };
        let (invoked, reusable) = environment.invoke(definition, request_id, payload).await;
        if reusable {
            self.free.lock().unwrap_or_else(std::sync::PoisonError::into_inner).entry(arn).or_default().push(environment);
        }
        Ok(invoked)
    }

    async fn attempt(&self, attempts: Attempts) {
        let Attempts { region, account, request_id, definition, payload, retries, age } = attempts;
        let until = region.clock().now() + SignedDuration::from_secs(i64::try_from(age).unwrap_or(21_600));
        for attempt in 0.. {
            match self.run(&region, &account, &definition, &request_id, payload.clone()).await {
                Ok(invoked) if !invoked.failed => return,
                Ok(_) => {
                    tracing::debug!(function = definition.text("FunctionName"), attempt, "an asynchronous invocation failed")
                }
                Err(error) => {
                    tracing::warn!(function = definition.text("FunctionName"), attempt, %error, "an asynchronous invocation could not run")
                }
            }
            let pause = usize::try_from(attempt).ok().and_then(|attempt| RETRY_AFTER.get(attempt));
            let Some(pause) = pause.filter(|_| attempt < retries) else { return };
            let next = region.clock().now() + *pause;
            if next > until {
                return;
            }
            region.clock().sleep_until(next).await;
        }
    }
}

/// An asynchronous invocation and how often it may be tried.
struct Attempts {
    region: Region,
    account: String,
    request_id: String,
    definition: Arc<Definition>,
    payload: Vec<u8>,
    retries: u64,
    age: u64,
}
