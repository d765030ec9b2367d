//! `AWS::Lambda::EventSourceMapping`: of queues; one of anything else is a record, as what it reads is.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html>

use async_trait::async_trait;
use nightproof_journal::Event;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, TagChange, pick, tag_map, text};
use serde_json::{Value, json};

const NAME: &str = "AWS::Lambda::EventSourceMapping";

const SETTINGS: [&str; 7] = [
    "BatchSize",
    "Enabled",
    "FilterCriteria",
    "FunctionName",
    "FunctionResponseTypes",
    "MaximumBatchingWindowInSeconds",
    "ScalingConfig",
];

pub(super) struct EventSourceMapping;

#[async_trait]
impl ResourceProvider for EventSourceMapping {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "BatchSize",
                    "Enabled",
                    "EventSourceArn",
                    "FilterCriteria",
                    "FunctionName",
                    "FunctionResponseTypes",
                    "MaximumBatchingWindowInSeconds",
                    "ScalingConfig",
                    "Tags",
                ],
                recorded: OF_STREAMS,
                attributes: &["EventSourceMappingArn", "Id"],
                ..ResourceFacts::new(NAME)
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        if is_record(properties) {
            return Ok(recorded(context));
        }
        let mut input = given(properties);
        input["EventSourceArn"] = properties.get("EventSourceArn").cloned().unwrap_or_default();
        input["Tags"] = tag_map(properties);
        let answer = context.make("lambda", "CreateEventSourceMapping", input).await?;
        let (id, arn) = (text(&answer, "/UUID"), text(&answer, "/EventSourceMappingArn"));
        context.exists(&id);
        settled(context, &id).await?;
        Ok(MadeResource::new(&id, [("Id", id.as_str().into()), ("EventSourceMappingArn", arn.into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        if is_record(properties) {
            return Ok(old.clone());
        }
        let mut input = given(properties);
        input["UUID"] = old.physical.as_str().into();
        for (property, default) in [
            ("BatchSize", json!(10)),
            ("Enabled", json!(true)),
            ("FilterCriteria", json!({ "Filters": [] })),
            ("FunctionResponseTypes", json!([])),
            ("MaximumBatchingWindowInSeconds", json!(0)),
            ("ScalingConfig", json!({})),
        ] {
            if properties.get(property).is_none() {
                input[property] = default;
            }
        }
        context.make("lambda", "UpdateEventSourceMapping", input).await?;
        settled(context, &old.physical).await?;
        let (tags, arn) = (TagChange::between(&old.properties, properties), old.attributes.get("EventSourceMappingArn"));
        if let Some(keys) = tags.removed() {
            context.make("lambda", "UntagResource", json!({ "Resource": arn, "TagKeys": keys })).await?;
        }
        if let Some(tags) = tags.set_map() {
            context.make("lambda", "TagResource", json!({ "Resource": arn, "Tags": tags })).await?;
        }
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        if is_record(&made.properties) {
            return Ok(());
        }
        context.unmake("lambda", "DeleteEventSourceMapping", json!({ "UUID": made.physical })).await
    }
}

/// What only mappings of streams, brokers and databases have; of a queue, the service refuses it.
const OF_STREAMS: &[&str] = &[
    "AmazonManagedKafkaEventSourceConfig",
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "DocumentDBEventSourceConfig",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "Queues",
    "SelfManagedEventSource",
    "SelfManagedKafkaEventSourceConfig",
    "SourceAccessConfigurations",
    "StartingPosition",
    "StartingPositionTimestamp",
    "Topics",
    "TumblingWindowInSeconds",
];

/// Services of sources that are not here.
const ELSEWHERE: [&str; 5] = ["dynamodb", "kafka", "kinesis", "mq", "rds"];

fn given(properties: &Value) -> Value {
    pick(properties, &[SETTINGS.as_slice(), OF_STREAMS].concat())
}

/// Whether the source is of a service that is not here, from which nothing will ever come.
fn is_record(properties: &Value) -> bool {
    let source = text(properties, "/EventSourceArn");
    let service = source.split(':').nth(2).unwrap_or_default();
    properties.get("SelfManagedEventSource").is_some() || ELSEWHERE.contains(&service)
}

fn recorded(context: &Context) -> MadeResource {
    let id = uuid::Uuid::new_v4().to_string();
    context.exists(&id);
    let (logical_id, kind) = (context.logical_id().to_owned(), NAME.to_owned());
    context.handle().journal().record(Event::Recorded { logical_id, kind, properties: Vec::new() });
    let arn = context.arn("lambda", format!("event-source-mapping:{id}"));
    MadeResource::new(&id, [("Id", id.as_str().into()), ("EventSourceMappingArn", arn.into())])
}

/// Waits until the mapping does what it is to do.
async fn settled(context: &Context, id: &str) -> Result<()> {
    let is_over = |answer: &Value| Ok(matches!(text(answer, "/State").as_str(), "Enabled" | "Disabled"));
    context.until("lambda", "GetEventSourceMapping", json!({ "UUID": id }), is_over).await.map(|_| ())
}
