//! `AWS::CloudFormation::CustomResource` and `Custom::…`: resources that a function, or who listens to a topic, makes.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html>

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use nightproof_core::document::Members as _;
use nightproof_core::service::arn;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, text};
use serde_json::{Value, json};

use crate::mailbox::Inbox;
use crate::stack_record::worker;
use crate::texts;

/// How long an answer is waited for, if the resource does not say.
const TIMEOUT: u32 = 3600;
/// How often the answer is looked for.
const PAUSE: Duration = Duration::from_millis(25);
/// How long the address for the answer is good.
const EXPIRES: SignedDuration = SignedDuration::from_hours(2);

pub(super) struct CustomResource;

#[async_trait]
impl ResourceProvider for CustomResource {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["ServiceToken", "ServiceTimeout"],
                is_open: true,
                ..ResourceFacts::new("AWS::CloudFormation::CustomResource")
            }
        }
    }

    /// Whether another one takes its place is what its physical id says.
    fn replaces(&self, _property: &str, _new: &Value) -> Option<bool> {
        Some(false)
    }

    fn refuses_change(&self, property: &str) -> Option<String> {
        (property == "ServiceToken").then(|| "Modifying service token is not allowed.".to_owned())
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let request = Request { kind: "Create", physical: None, properties, old: None };
        let answer = match ask(context, &request).await {
            Ok(answer) => answer,
            Err(Refused { physical, reason }) => {
                // It is deleted in the rollback, whatever became of it.
                context.exists(&physical.unwrap_or_else(|| context.name(64)));
                return Err(reason);
            }
        };
        context.exists(&answer.physical);
        Ok(answer)
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let request = Request { kind: "Update", physical: Some(&old.physical), properties, old: Some(&old.properties) };
        ask(context, &request).await.map_err(|refused| refused.reason)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let request = Request { kind: "Delete", physical: Some(&made.physical), properties: &made.properties, old: None };
        ask(context, &request).await.map(|_| ()).map_err(|refused| refused.reason)
    }
}

/// What is asked of whoever makes the resource.
struct Request<'a> {
    kind: &'static str,
    physical: Option<&'a str>,
    properties: &'a Value,
    old: Option<&'a Value>,
}

/// It was not done.
struct Refused {
    /// The id of what may be there nevertheless.
    physical: Option<String>,
    reason: String,
}

impl From<String> for Refused {
    fn from(reason: String) -> Self {
        Self { physical: None, reason }
    }
}

/// Sends a request, and waits for its answer.
async fn ask(context: &Context, request: &Request<'_>) -> std::result::Result<MadeResource, Refused> {
    let worker = worker(context)?;
    let id = uuid::Uuid::new_v4().to_string();
    let token = text(request.properties, "/ServiceToken");
    let key = format!("{}|{}|{id}", worker.id, context.logical_id());
    let mailbox = &worker.service.mailbox;
    let address = mailbox.address(&worker.region, Inbox::CustomResource, &key, EXPIRES).await?;
    let kind = worker.with(|stack| stack.resource(context.logical_id()).map(|resource| resource.kind.clone())).flatten();
    let mut event = json!({
        "RequestType": request.kind,
        "ServiceToken": token,
        "ResponseURL": address,
        "StackId": worker.id,
        "RequestId": id,
        "LogicalResourceId": context.logical_id(),
    });
    if let Some(physical) = request.physical {
        event["PhysicalResourceId"] = physical.into();
    }
    event["ResourceType"] = kind.unwrap_or_default().into();
    event["ResourceProperties"] = texts::texts(request.properties);
    if let Some(old) = request.old {
        event["OldResourceProperties"] = texts::texts(old);
    }
    send(context, &token, &event).await?;
    let timeout =
        request.properties.get("ServiceTimeout").and_then(texts::text).and_then(|text| text.parse().ok()).unwrap_or(TIMEOUT);
    let clock = worker.region.clock();
    let until = clock.now() + SignedDuration::from_secs(i64::from(timeout));
    loop {
        if let Some(answer) = mailbox.answers(&worker.region, Inbox::CustomResource, &key).await?.pop() {
            mailbox.clear(&worker.region, Inbox::CustomResource, &key).await;
            return read(&answer, &id);
        }
        if clock.now() >= until {
            return Err(Refused::from(format!(
                "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [{id}]. \
                 If you are using the Python cfn-response module, you may need to update your Lambda function code so that \
                 CloudFormation can attach the updated version."
            )));
        }
        if context.is_cancelled() {
            return Err(Refused::from("Resource creation cancelled".to_owned()));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Hands a request to the function or topic.
async fn send(context: &Context, token: &str, event: &Value) -> Result<()> {
    match arn::service_of(token) {
        "lambda" => {
            let input = json!({
                "FunctionName": token,
                "InvocationType": "Event",
                "Payload": STANDARD.encode(event.to_string()),
            });
            context.make("lambda", "Invoke", input).await.map(|_| ())
        }
        "sns" => {
            let subject = "AWS CloudFormation custom resource request";
            let input = json!({"TopicArn": token, "Subject": subject, "Message": event.to_string()});
            context.make("sns", "Publish", input).await.map(|_| ())
        }
        _ => Err("Invalid service token.".to_owned()),
    }
}

/// The resource that an answer describes.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html>
fn read(answer: &str, request: &str) -> std::result::Result<MadeResource, Refused> {
    let answer: Value =
        serde_json::from_str(answer).map_err(|_| "Invalid response object: the response is not JSON".to_owned())?;
    let physical = answer.text("PhysicalResourceId").filter(|id| !id.is_empty() && id.len() <= 1024).map(str::to_owned);
    match (answer.text("Status"), physical) {
        (Some("SUCCESS"), Some(physical)) => {
            let data = answer.get("Data").and_then(Value::as_object).cloned().unwrap_or_default();
            Ok(MadeResource { physical, attributes: data, ..MadeResource::default() })
        }
        (Some("SUCCESS"), None) => Err(Refused::from("Invalid PhysicalResourceId".to_owned())),
        (Some("FAILED"), physical) => {
            let reason = answer.text("Reason").unwrap_or_default();
            let reason = format!(
                "Received response status [FAILED] from custom resource. Message returned: {reason} (RequestId: {request})"
            );
            Err(Refused { physical, reason })
        }
        _ => Err(Refused::from("Invalid response: Status must be SUCCESS or FAILED".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_an_id_makes_nothing() {
        let refused = |answer: &str| read(answer, "r").err().unwrap().reason;
        assert_eq!(refused(r#"{"Status": "SUCCESS"}"#), "Invalid PhysicalResourceId");
        assert_eq!(
            refused(r#"{"Status": "FAILED", "Reason": "no"}"#),
            "Received response status [FAILED] from custom resource. Message returned: no (RequestId: r)"
        );
        assert!(refused("x").starts_with("Invalid response object"));
    }
}
