//! `AWS::Lambda::EventSourceMapping`: of queues and streams; one of anything else is a record, as what it reads is.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html>

use async_trait::async_trait;
use nightproof_journal::Event;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, TagChange, pick, tag_map, text};
use serde_json::{Value, json};

const NAME: &str = "AWS::Lambda::EventSourceMapping";

/// What can be changed of a mapping, whatever it reads.
const SETTINGS: [&str; 6] =
    ["BatchSize", "Enabled", "FilterCriteria", "FunctionName", "FunctionResponseTypes", "MaximumBatchingWindowInSeconds"];

/// What can be changed of a mapping of a stream alone.
const OF_STREAMS: [&str; 6] = [
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "TumblingWindowInSeconds",
];

/// What is given once, and what only a mapping of a queue has.
const OTHERS: [&str; 2] = ["ScalingConfig", "StartingPosition"];

pub(super) struct EventSourceMapping;

#[async_trait]
impl ResourceProvider for EventSourceMapping {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "BatchSize",
                    "BisectBatchOnFunctionError",
                    "DestinationConfig",
                    "Enabled",
                    "EventSourceArn",
                    "FilterCriteria",
                    "FunctionName",
                    "FunctionResponseTypes",
                    "MaximumBatchingWindowInSeconds",
                    "MaximumRecordAgeInSeconds",
                    "MaximumRetryAttempts",
                    "ParallelizationFactor",
                    "ScalingConfig",
                    "StartingPosition",
                    "StartingPositionTimestamp",
                    "Tags",
                    "TumblingWindowInSeconds",
                ],
                recorded: OF_BROKERS,
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
        if let Some(time) = properties.get("StartingPositionTimestamp") {
            input["StartingPositionTimestamp"] = seconds(time)?;
        }
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
        if let Some(members) = input.as_object_mut() {
            members.remove("StartingPosition");
        }
        input["UUID"] = old.physical.as_str().into();
        for (property, default) in defaults(service(properties) == "sqs") {
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

/// What only mappings of brokers and databases have; of a queue or a stream, the service refuses it.
const OF_BROKERS: &[&str] = &[
    "AmazonManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "Queues",
    "SelfManagedEventSource",
    "SelfManagedKafkaEventSourceConfig",
    "SourceAccessConfigurations",
    "Topics",
];

/// Services of sources that are not here.
const ELSEWHERE: [&str; 3] = ["kafka", "mq", "rds"];

fn given(properties: &Value) -> Value {
    pick(properties, &[SETTINGS.as_slice(), OF_STREAMS.as_slice(), OTHERS.as_slice(), OF_BROKERS].concat())
}

/// What is set where a template says nothing any more.
fn defaults(of_queue: bool) -> Vec<(&'static str, Value)> {
    let of_all = [
        ("BatchSize", json!(if of_queue { 10 } else { 100 })),
        ("Enabled", json!(true)),
        ("FilterCriteria", json!({ "Filters": [] })),
        ("FunctionResponseTypes", json!([])),
        ("MaximumBatchingWindowInSeconds", json!(0)),
    ];
    let of_queues = [("ScalingConfig", json!({}))];
    let of_streams = [
        ("BisectBatchOnFunctionError", json!(false)),
        ("DestinationConfig", json!({ "OnFailure": {} })),
        ("MaximumRecordAgeInSeconds", json!(-1)),
        ("MaximumRetryAttempts", json!(-1)),
        ("ParallelizationFactor", json!(1)),
    ];
    let mut defaults = Vec::from(of_all);
    match of_queue {
        true => defaults.extend(of_queues),
        false => defaults.extend(of_streams),
    }
    defaults
}

/// A time that a template has in seconds since 1970.
fn seconds(time: &Value) -> Result<Value> {
    let wrong = || format!("StartingPositionTimestamp {time} is no time");
    let seconds = time.as_f64().ok_or_else(wrong)?;
    let time = jiff::SignedDuration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
    let time = jiff::Timestamp::from_duration(time).map_err(|_| wrong())?;
    Ok(time.to_string().into())
}

/// The service of the source.
fn service(properties: &Value) -> String {
    text(properties, "/EventSourceArn").split(':').nth(2).unwrap_or_default().to_owned()
}

/// Whether the source is of a service that is not here, from which nothing will ever come.
fn is_record(properties: &Value) -> bool {
    properties.get("SelfManagedEventSource").is_some() || ELSEWHERE.contains(&service(properties).as_str())
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
