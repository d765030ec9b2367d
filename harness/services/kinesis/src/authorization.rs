//! The streams and consumers that calls name, their policies and tags.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesisdatastreams.html>

use nightproof_core::authorization::{PolicyDocument, ResourcePolicyText};
use nightproof_core::document::Members as _;
use nightproof_core::service::{Arn, Call, Tagged, arn};
use nightproof_iam_policy::ResourceRule;
use serde_json::Value;

use crate::consumer::Consumer;
use crate::records::Kinesis;
use crate::stream::Stream;
use crate::stream_name::StreamName;

/// What a policy or tags are of.
enum Resource<'s> {
    Stream(&'s Stream),
    Consumer(&'s Consumer),
}

impl Resource<'_> {
    fn tags(&self) -> Vec<(String, String)> {
        match self {
            Self::Stream(stream) => stream.tags.pairs(),
            Self::Consumer(consumer) => consumer.tags.pairs(),
        }
    }

    fn policy(&self) -> Option<PolicyDocument> {
        match self {
            Self::Stream(stream) => stream.policy.clone(),
            Self::Consumer(consumer) => consumer.policy.clone(),
        }
    }
}

/// The stream of a stream's or consumer's ARN.
fn stream_of(resource_arn: &str) -> StreamName {
    let resource = arn::resource_of(resource_arn).trim_start_matches("stream/");
    let name = resource.split('/').next().unwrap_or_default().to_owned();
    StreamName { account: arn::account_of(resource_arn).to_owned(), name }
}

impl Kinesis {
    /// The ARNs of what a call names as its stream or its consumer. An iterator names the stream that it is of.
    pub(crate) fn named(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        match kind {
            "stream" => self.named_stream(call, input).into_iter().collect(),
            "consumer" => self.named_consumer(input).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn named_stream(&self, call: &Call, input: &Value) -> Option<String> {
        if let Some(arn) = input.text("StreamARN") {
            return Some(arn.to_owned());
        }
        if let Some(name) = input.text("StreamName") {
            return Some(call.arn("kinesis", format!("stream/{name}")));
        }
        let iterator = self.seal.open(input.text("ShardIterator")?).ok()?;
        let StreamName { account, name } = iterator.stream;
        Some(Arn::new("kinesis", call.region.name(), &account, format!("stream/{name}")).to_string())
    }

    fn named_consumer(&self, input: &Value) -> Option<String> {
        if let Some(arn) = input.text("ConsumerARN") {
            return Some(arn.to_owned());
        }
        let (stream, name) = (input.text("StreamARN")?, input.text("ConsumerName")?);
        let found = self.peek(&stream_of(stream), |stream| stream.consumers.get(name).map(|consumer| consumer.arn.clone()));
        Some(found.flatten().unwrap_or_else(|| format!("{stream}/consumer/{name}:*")))
    }

    fn by_arn<T>(&self, arn: &str, read: impl FnOnce(&Resource<'_>) -> T) -> Option<T> {
        self.peek(&stream_of(arn), |stream| {
            if stream.arn == arn {
                return Some(read(&Resource::Stream(stream)));
            }
            let consumer = stream.consumers.values().find(|consumer| consumer.arn == arn)?;
            Some(read(&Resource::Consumer(consumer)))
        })
        .flatten()
    }

    pub(crate) fn policy_of(&self, arn: &str) -> Option<ResourcePolicyText> {
        self.by_arn(arn, |resource| ResourcePolicyText {
            name: format!("policy of {}", arn::resource_of(arn)),
            document: resource.policy(),
            rule: ResourceRule::Union,
            owner: arn::account_of(arn).to_owned(),
            restricts_public: false,
        })
    }

    pub(crate) fn tags_of(&self, arn: &str) -> Vec<(String, String)> {
        self.by_arn(arn, |resource| resource.tags()).unwrap_or_default()
    }

    pub(crate) fn all_tagged(&self, call: &Call) -> Vec<Tagged> {
        self.with(call.account(), call.now, |streams| {
            let of = |stream: &Stream| {
                let consumers = stream.consumers.values();
                let consumers = consumers.map(|consumer| Tagged { arn: consumer.arn.clone(), tags: consumer.tags.pairs() });
                let stream = Tagged { arn: stream.arn.clone(), tags: stream.tags.pairs() };
                [stream].into_iter().chain(consumers).collect::<Vec<_>>()
            };
            streams.values().flat_map(of).collect()
        })
    }
}
