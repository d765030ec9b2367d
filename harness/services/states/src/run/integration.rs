//! Optimized integrations: queues, topics, buses and executions as tasks. AWS documents no names of their errors; they are those of its SDK for Java 1.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html>

use serde_json::{Value, json};

use super::Run;
use super::child::Child;
use super::function::with_metadata;
use super::sdk::Operation;
use crate::language::failure::Failure;
use crate::language::resource::{Pattern, Target};

impl Run {
    pub(super) async fn integration(&self, target: &Target, parameters: Value) -> Result<Value, Failure> {
        let operation = |service, name, title, generic| Operation { service, name, prefix: title, generic, title };
        match target {
            Target::LambdaInvoke => self.lambda_invoke(parameters).await,
            Target::Sdk { service, operation } => {
                let generic = format!("{}Exception", service.title);
                let (name, title) = (operation.as_str(), service.title);
                self.operation(&Operation { service: service.signing, name, prefix: title, generic: &generic, title }, parameters)
                    .await
            }
            // https://docs.aws.amazon.com/step-functions/latest/dg/connect-ddb.html
            Target::Item(name) => {
                let item = operation("dynamodb", *name, "DynamoDB", "AmazonDynamoDBException");
                self.operation(&item, parameters).await.map(with_metadata)
            }
            Target::Publish => {
                let publish = operation("sns", "Publish", "SNS", "AmazonSNSException");
                self.operation(&publish, as_texts(parameters, &["Message"])).await.map(with_metadata)
            }
            Target::SendMessage => {
                let send = operation("sqs", "SendMessage", "SQS", "AmazonSQSException");
                self.operation(&send, as_texts(parameters, &["MessageBody"])).await.map(with_metadata)
            }
            Target::PutEvents => self.put_events(parameters).await,
            Target::StartExecution => {
                let start = operation("states", "StartExecution", "StepFunctions", "AWSStepFunctionsException");
                self.operation(&start, as_texts(parameters, &["Input"])).await.map(with_metadata)
            }
        }
    }

    /// <https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html>
    async fn put_events(&self, mut parameters: Value) -> Result<Value, Failure> {
        if let Some(entries) = parameters.get_mut("Entries").and_then(Value::as_array_mut) {
            for entry in entries {
                *entry = as_texts(std::mem::take(entry), &["Detail"]);
            }
        }
        let put = Operation {
            service: "events",
            name: "PutEvents",
            prefix: "EventBridge",
            generic: "AmazonEventBridgeException",
            title: "EventBridge",
        };
        let answer = self.operation(&put, parameters).await?;
        match answer.get("FailedEntryCount").and_then(Value::as_i64) {
            None | Some(0) => Ok(with_metadata(answer)),
            Some(_) => Err(Failure::new("EventBridge.FailedEntry", answer.to_string())),
        }
    }

    /// The end of an execution that a task has started.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html>
    pub(super) async fn child(&self, started: &Value, pattern: Pattern) -> Result<Value, Failure> {
        let describe = Operation {
            service: "states",
            name: "DescribeExecution",
            prefix: "StepFunctions",
            generic: "AWSStepFunctionsException",
            title: "StepFunctions",
        };
        let parameters = json!({ "ExecutionArn": started.get("ExecutionArn") });
        let child = Child::new(&self.region, self.caller().await?, started);
        let mut described = loop {
            let changed = self.states.changed.notified();
            tokio::pin!(changed);
            // What changes from here on is not missed.
            changed.as_mut().enable();
            let described = self.operation(&describe, parameters.clone()).await?;
            if described.get("Status").is_none_or(|status| status != "RUNNING") {
                break described;
            }
            changed.await;
        };
        child.has_ended();
        if described.get("Status").is_none_or(|status| status != "SUCCEEDED") {
            return Err(Failure::new("States.TaskFailed", described.to_string()));
        }
        if pattern == Pattern::Sync2 {
            for name in ["Input", "Output"] {
                let Some(text) = described.get_mut(name) else { continue };
                *text = text.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            }
        }
        Ok(described)
    }
}

/// Parameters in which documents that stand where texts are wanted have become texts.
fn as_texts(mut parameters: Value, names: &[&str]) -> Value {
    for name in names {
        if let Some(value) = parameters.get_mut(*name).filter(|value| !value.is_string()) {
            *value = value.to_string().into();
        }
    }
    parameters
}
