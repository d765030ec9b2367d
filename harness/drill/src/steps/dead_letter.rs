//! An event that cannot be delivered: whether it comes to the dead-letter queue of its rule's target.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>

use std::time::Duration;

use nightproof_wire::arn;
use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;
use crate::chain::failure::{HopFailure, at, refused};
use crate::steps::rule::{Rule, Starts};
use crate::steps::{function, metrics};
use crate::{FailurePoint, Hop};

/// A queue for what a rule cannot deliver.
#[derive(Debug, Clone)]
pub(crate) struct DeadLetters {
    pub(crate) name: String,
    url: String,
}

/// The dead-letter queue of the target that `rule` invokes.
pub(crate) async fn find(client: &DynamicClient, rule: &Rule) -> Result<DeadLetters, HopFailure> {
    let Some(arn) = &rule.dead_letters else {
        return Err(HopFailure::at(
            FailurePoint::DeadLetter,
            format!("{} has no dead-letter queue for {}", rule.name, rule.starts),
        ));
    };
    let (account, name) = (arn::account_of(arn), arn::resource_of(arn));
    let input = json!({ "QueueName": name, "QueueOwnerAWSAccountId": account });
    let answer = ask(client, "GetQueueUrl", &input).await?;
    let url = answer.get("QueueUrl").and_then(Value::as_str).unwrap_or_default();
    Ok(DeadLetters { name: name.to_owned(), url: url.to_owned() })
}

/// Takes away whatever lets anybody but its own account invoke the function of `rule`. An event that EventBridge has no permission to
/// deliver is not tried again: it goes to the dead-letter queue at once.
pub(crate) async fn forbid(client: &DynamicClient, rule: &Rule) -> Result<(), HopFailure> {
    let (false, Starts::Function { name, qualifier }) = (rule.by_role, &rule.starts) else {
        let reason =
            format!("{} starts {} by a role: only whom a function's policy lets in can be kept out", rule.name, rule.starts);
        return Err(HopFailure::at(FailurePoint::DeadLetter, reason));
    };
    let policy = function::policy(client, name, qualifier.as_deref()).await.map_err(at(Hop::Rule, "GetPolicy"))?;
    let policy: Value = policy.and_then(|policy| serde_json::from_str(&policy).ok()).unwrap_or_default();
    let statements = policy.get("Statement").and_then(Value::as_array).into_iter().flatten();
    for sid in statements.filter_map(|statement| statement.get("Sid")?.as_str()) {
        let input = json!({ "FunctionName": name, "Qualifier": qualifier, "StatementId": sid });
        client.ask("lambda", "RemovePermission", &input).await.map_err(at(Hop::Rule, "RemovePermission"))?;
    }
    Ok(())
}

/// Waits for an event of `rule` in the queue, and returns why it could not be delivered.
pub(crate) async fn receive(
    client: &DynamicClient,
    rule: &Rule,
    queue: &DeadLetters,
    bound: Duration,
) -> Result<String, HopFailure> {
    let received = nightproof_poll::try_until(bound, || async {
        if let Some(code) = look(client, rule, queue).await? {
            return Ok(Ok(code));
        }
        if metrics::lost_by(client, &rule.name).await? > 0.0 {
            let reason = format!("{} did not take the event that {} could not deliver: it is lost", queue.name, rule.name);
            return Err(HopFailure::at(FailurePoint::DeadLetter, reason));
        }
        Ok(Err(String::new()))
    })
    .await?;
    received.map_err(|_| {
        let reason = format!("{} could not deliver its event, and within {} s", rule.name, bound.as_secs());
        HopFailure::at(FailurePoint::DeadLetter, format!("{reason} {} has not got it", queue.name))
    })
}

/// Why the event was not delivered, if it is in the queue.
async fn look(client: &DynamicClient, rule: &Rule, queue: &DeadLetters) -> Result<Option<String>, HopFailure> {
    let input = json!({ "QueueUrl": queue.url, "MessageAttributeNames": ["All"], "MaxNumberOfMessages": 10 });
    let answer = ask(client, "ReceiveMessage", &input).await?;
    let messages = answer.get("Messages").and_then(Value::as_array).into_iter().flatten();
    let mut attributes = messages.filter_map(|message| message.get("MessageAttributes"));
    let text = |attributes: &Value, name: &str| Some(attributes.get(name)?.get("StringValue")?.as_str()?.to_owned());
    let ours = attributes.find(|attributes| text(attributes, "RULE_ARN").as_deref() == Some(rule.arn.as_str()));
    Ok(ours.map(|attributes| text(attributes, "ERROR_CODE").unwrap_or_default()))
}

async fn ask(client: &DynamicClient, operation: &str, input: &Value) -> Result<Value, HopFailure> {
    let answer = client.ask("sqs", operation, input).await;
    answer.map_err(|error| HopFailure::at(FailurePoint::DeadLetter, refused(operation, &error)))
}
