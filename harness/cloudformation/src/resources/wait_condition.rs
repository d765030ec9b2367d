//! `AWS::CloudFormation::WaitCondition`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitcondition.html>

use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use nightproof_core::document::Members as _;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, text};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::mailbox::Inbox;
use crate::stack_record::worker;

const NAME: &str = "AWS::CloudFormation::WaitCondition";
/// How often signals are looked for.
const PAUSE: Duration = Duration::from_millis(25);

pub(super) struct WaitCondition;

#[async_trait]
impl ResourceProvider for WaitCondition {
    fn facts(&self) -> &'static ResourceFacts {
        const { &ResourceFacts { properties: &["Count", "Handle", "Timeout"], attributes: &["Data"], ..ResourceFacts::new(NAME) } }
    }

    fn replaces(&self, _property: &str, _new: &Value) -> Option<bool> {
        Some(false)
    }

    fn refuses_change(&self, _property: &str) -> Option<String> {
        Some(format!("Update to resource type {NAME} is not supported."))
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let worker = worker(context)?;
        let handle = text(properties, "/Handle");
        // With a creation policy alone it is signalled by its logical id.
        if handle.is_empty() {
            let id = format!("{}/{}", worker.id, context.logical_id());
            context.exists(&id);
            return Ok(MadeResource::new(id, [("Data", "{}".into())]));
        }
        let key = key(&handle).ok_or("The value of Handle is not that of a wait condition handle")?;
        let number = |name: &str| properties.get(name).and_then(|value| text_of(value).parse::<u32>().ok());
        let (count, timeout) = (number("Count").unwrap_or(1) as usize, number("Timeout").ok_or("Timeout must be specified")?);
        let clock = worker.region.clock();
        let until = clock.now() + SignedDuration::from_secs(i64::from(timeout));
        loop {
            let mut signals: Map<String, Value> = Map::new();
            for answer in worker.service.mailbox.answers(&worker.region, Inbox::WaitCondition, &key).await? {
                let signal: Value = serde_json::from_str(&answer).unwrap_or_default();
                let (id, reason) = (signal.text("UniqueId").unwrap_or_default(), signal.text("Reason").unwrap_or_default());
                if signal.text("Status") == Some("FAILURE") {
                    return Err(format!("WaitCondition received failed message: '{reason}' for uniqueId: {id}"));
                }
                signals.insert(id.to_owned(), signal.get("Data").cloned().unwrap_or_default());
            }
            if signals.len() >= count {
                context.exists(&key);
                return Ok(MadeResource::new(key, [("Data", Value::Object(signals).to_string().into())]));
            }
            if clock.now() >= until {
                return Err(format!("WaitCondition timed out. Received {} conditions when expecting {count}", signals.len()));
            }
            if context.is_cancelled() {
                return Err("Resource creation cancelled".to_owned());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn delete(&self, _context: &Context, _made: &MadeResource) -> Result<()> {
        Ok(())
    }
}

/// What a handle's address is signed for.
fn key(handle: &str) -> Option<String> {
    let path = handle.parse::<http::Uri>().ok()?.path().strip_prefix('/')?.to_owned();
    Some(percent_decode_str(&path).decode_utf8().ok()?.into_owned())
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
