//! Consumers with enhanced fan-out: registering, describing and deregistering them.

use std::collections::BTreeMap;

use nightproof_core::page::page;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::tags::Tags;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::consumer::Consumer;
use crate::error::{in_use, invalid_argument, limit_exceeded, not_found};
use crate::operations::tags::check;
use crate::records::Kinesis;
use crate::stream::Stream;
use crate::stream_name::StreamName;

/// Consumers of a stream.
/// <https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>
const MOST: usize = 20;
/// Consumers of a page where the caller does not say how many.
const PAGE: usize = 100;

/// `RegisterStreamConsumer`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RegisterStreamConsumer {
    #[serde(rename = "StreamARN")]
    stream_arn: String,
    consumer_name: String,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

/// A consumer by its ARN, or by its stream's ARN and its name.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OneConsumer {
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    consumer_name: Option<String>,
    #[serde(rename = "ConsumerARN")]
    consumer_arn: Option<String>,
}

/// `DescribeStreamConsumer`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamConsumer.html>
pub(crate) type DescribeStreamConsumer = OneConsumer;

/// `DeregisterStreamConsumer`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeregisterStreamConsumer.html>
pub(crate) type DeregisterStreamConsumer = OneConsumer;

/// `ListStreamConsumers`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreamConsumers.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListStreamConsumers {
    #[serde(rename = "StreamARN")]
    stream_arn: String,
    next_token: Option<String>,
    max_results: Option<usize>,
}

impl OneConsumer {
    fn stream(&self, call: &Call) -> Result<StreamName, AwsError> {
        let given = match (&self.consumer_arn, &self.stream_arn, &self.consumer_name) {
            (Some(arn), _, _) | (None, Some(arn), Some(_)) => arn,
            _ => return Err(invalid_argument("Either ConsumerARN or both StreamARN and ConsumerName must be specified.")),
        };
        StreamName::from_arn(call, given)
    }

    /// Runs `act` on the consumer.
    fn find<T>(&self, stream: &mut Stream, act: impl FnOnce(&mut Consumer) -> T) -> Result<T, AwsError> {
        let is_meant = |consumer: &&mut Consumer| match (&self.consumer_arn, &self.consumer_name) {
            (Some(arn), _) => consumer.arn == *arn,
            (None, name) => name.as_ref() == Some(&consumer.name),
        };
        let found = stream.consumers.values_mut().find(is_meant).map(act);
        let named = self.consumer_arn.as_ref().or(self.consumer_name.as_ref());
        let label = stream.name.label();
        found.ok_or_else(|| not_found(format!("Consumer {} of {label} not found.", named.map_or("", String::as_str))))
    }
}

impl Kinesis {
    pub(crate) fn register_stream_consumer(&self, call: &Call, input: RegisterStreamConsumer) -> Result<Value, AwsError> {
        check(call, input.tags.keys())?;
        let name = StreamName::from_arn(call, &input.stream_arn)?;
        self.with_stream(&name, call.now, |stream| {
            stream.require_data(call.now)?;
            if stream.consumers.contains_key(&input.consumer_name) {
                let message = format!("Consumer {} already exists for {}.", input.consumer_name, name.label());
                return Err(in_use(message));
            }
            if stream.consumers.len() >= MOST {
                return Err(limit_exceeded(format!("{} cannot have more than {MOST} consumers.", name.label())));
            }
            let tags = Tags::from_iter(input.tags);
            let consumer = Consumer::new(input.consumer_name, &stream.arn, tags, call.now);
            let made = json!({ "Consumer": consumer.describe(call.now) });
            stream.consumers.insert(consumer.name.clone(), consumer);
            Ok(made)
        })
    }

    pub(crate) fn describe_stream_consumer(&self, call: &Call, input: DescribeStreamConsumer) -> Result<Value, AwsError> {
        self.with_stream(&input.stream(call)?, call.now, |stream| {
            let arn = stream.arn.clone();
            let mut described = input.find(stream, |consumer| consumer.describe(call.now))?;
            if let Some(members) = described.as_object_mut() {
                members.insert("StreamARN".to_owned(), arn.into());
            }
            Ok(json!({ "ConsumerDescription": described }))
        })
    }

    pub(crate) fn deregister_stream_consumer(&self, call: &Call, input: DeregisterStreamConsumer) -> Result<Value, AwsError> {
        self.with_stream(&input.stream(call)?, call.now, |stream| {
            input.find(stream, |consumer| consumer.deregistered = consumer.deregistered.or(Some(call.now)))?;
            Ok(json!({}))
        })
    }

    pub(crate) fn list_stream_consumers(&self, call: &Call, input: ListStreamConsumers) -> Result<Value, AwsError> {
        let name = StreamName::from_arn(call, &input.stream_arn)?;
        self.with_stream(&name, call.now, |stream| {
            let all = stream.consumers.values().map(|consumer| consumer.describe(call.now)).collect();
            let size = input.max_results.unwrap_or(PAGE);
            page("Consumers", all, input.next_token.as_deref(), size, || invalid_argument("Invalid NextToken."))
        })
    }
}
