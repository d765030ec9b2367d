//! Streams: making, describing, listing and deleting them.

use std::collections::BTreeMap;

use nightproof_core::page::Page;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::tags::Tags;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{in_use, invalid_argument, limit_exceeded};
use crate::operations::tags::check;
use crate::records::Kinesis;
use crate::shard::Shard;
use crate::stream::{Mode, Stream};
use crate::stream_name::StreamName;

/// Shards that all provisioned streams of an account have at most. AWS has more of them in some regions.
/// <https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>
pub(crate) const SHARD_LIMIT: usize = 20_000;
/// Streams on demand that an account has at most.
const ON_DEMAND_LIMIT: usize = 50;
/// Items of a page where the caller does not say how many.
const PAGE: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StreamModeDetails {
    pub(crate) stream_mode: String,
}

/// `CreateStream`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateStream {
    stream_name: String,
    shard_count: Option<u32>,
    stream_mode_details: Option<StreamModeDetails>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(rename = "MaxRecordSizeInKiB")]
    max_record_size: Option<u32>,
}

/// `DeleteStream`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteStream.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteStream {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    #[serde(default)]
    enforce_consumer_deletion: bool,
}

/// `DescribeStream`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStream.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeStream {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    limit: Option<usize>,
    exclusive_start_shard_id: Option<String>,
}

/// `DescribeStreamSummary`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeStreamSummary {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
}

/// `ListStreams`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreams.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListStreams {
    limit: Option<usize>,
    exclusive_start_stream_name: Option<String>,
    next_token: Option<String>,
}

/// `DescribeLimits`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeLimits.html>
#[derive(Debug, Deserialize)]
pub(crate) struct DescribeLimits {}

/// The mode that a request asks for: without any, on demand if no number of shards is given.
fn mode(details: Option<&StreamModeDetails>, shards: Option<u32>) -> Result<Mode, AwsError> {
    match (details.map(|details| details.stream_mode.as_str()), shards) {
        (Some("ON_DEMAND"), Some(_)) => {
            Err(invalid_argument("The ShardCount parameter cannot be specified for a stream in the ON_DEMAND mode."))
        }
        (Some("ON_DEMAND") | None, None) => Ok(Mode::OnDemand),
        (_, Some(count @ 1..)) => Ok(Mode::Provisioned(count)),
        _ => Err(invalid_argument("ShardCount of a stream in the PROVISIONED mode must be at least 1.")),
    }
}

/// Refuses shards beyond those that the account may have.
pub(crate) fn check_shards<'s>(call: &Call, streams: impl Iterator<Item = &'s Stream>, additional: u32) -> Result<(), AwsError> {
    let provisioned = streams.filter(|stream| stream.mode != Mode::OnDemand);
    let present: usize = provisioned.map(|stream| stream.open_shards().count()).sum();
    if present + usize::try_from(additional).unwrap_or(usize::MAX) <= SHARD_LIMIT {
        return Ok(());
    }
    let (account, region) = (call.account(), call.region.name());
    Err(limit_exceeded(format!(
        "This request would exceed the shard limit for the account {account} in {region}. Current shard count for the account: {present}. \
         Limit: {SHARD_LIMIT}. Number of additional shards that would have resulted from this request: {additional}. Refer to the AWS \
         Service Limits page (https://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to \
         request higher limits."
    )))
}

impl Kinesis {
    pub(crate) fn create_stream(&self, call: &Call, input: CreateStream) -> Result<Value, AwsError> {
        let mode = mode(input.stream_mode_details.as_ref(), input.shard_count)?;
        check(call, input.tags.keys())?;
        let name = StreamName { account: call.account().to_owned(), name: input.stream_name };
        self.with(call.account(), call.now, |streams| {
            if streams.contains_key(&name.name) {
                return Err(in_use(format!("{} already exists.", name.label())));
            }
            match mode {
                Mode::Provisioned(shards) => check_shards(call, streams.values(), shards)?,
                Mode::OnDemand => {
                    let present = streams.values().filter(|stream| stream.mode == Mode::OnDemand).count();
                    if present >= ON_DEMAND_LIMIT {
                        return Err(limit_exceeded(format!(
                            "This request would exceed the on-demand stream limit for the account {}. Limit: {ON_DEMAND_LIMIT}.",
                            call.account()
                        )));
                    }
                }
            }
            let arn = call.arn("kinesis", format!("stream/{}", name.name));
            let mut stream = Stream::new(name.clone(), arn, mode, call.now);
            stream.tags = Tags::from_iter(input.tags);
            stream.record_size = input.max_record_size.unwrap_or(stream.record_size);
            streams.insert(name.name, stream);
            Ok(json!({}))
        })
    }

    pub(crate) fn delete_stream(&self, call: &Call, input: DeleteStream) -> Result<Value, AwsError> {
        let name = StreamName::read(call, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.with_stream(&name, call.now, |stream| {
            if !stream.consumers.is_empty() && !input.enforce_consumer_deletion {
                return Err(in_use(format!(
                    "{} has consumers registered with it. Deregister them, or set EnforceConsumerDeletion.",
                    name.label()
                )));
            }
            stream.consumers.clear();
            if stream.status(call.now) != "DELETING" {
                stream.begin("DELETING", call.now);
            }
            Ok(json!({}))
        })
    }

    pub(crate) fn describe_stream(&self, call: &Call, input: DescribeStream) -> Result<Value, AwsError> {
        let name = StreamName::read(call, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.with_stream(&name, call.now, |stream| {
            let shards = stream.shards.iter().map(|shard| (shard.id(), shard.describe()));
            let after = input.exclusive_start_shard_id.unwrap_or_default();
            let page = Page::after(&after, input.limit.unwrap_or(PAGE), shards);
            let description = stream.describe(page.items, page.next.is_some(), call.now);
            Ok(json!({ "StreamDescription": description }))
        })
    }

    pub(crate) fn describe_stream_summary(&self, call: &Call, input: DescribeStreamSummary) -> Result<Value, AwsError> {
        let name = StreamName::read(call, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        self.with_stream(&name, call.now, |stream| Ok(json!({ "StreamDescriptionSummary": stream.summarize(call.now) })))
    }

    pub(crate) fn list_streams(&self, call: &Call, input: ListStreams) -> Result<Value, AwsError> {
        let after = input.next_token.or(input.exclusive_start_stream_name).unwrap_or_default();
        self.with(call.account(), call.now, |streams| {
            let items = streams.iter().map(|(name, stream)| (name.clone(), (name.clone(), stream.list_item(call.now))));
            let page = Page::after(&after, input.limit.unwrap_or(PAGE), items);
            let (names, summaries): (Vec<String>, Vec<Value>) = page.items.into_iter().unzip();
            let mut listed = json!({ "StreamNames": names, "StreamSummaries": summaries, "HasMoreStreams": page.next.is_some() });
            if let (Some(next), Some(members)) = (page.next, listed.as_object_mut()) {
                members.insert("NextToken".to_owned(), next.into());
            }
            Ok(listed)
        })
    }

    pub(crate) fn describe_limits(&self, call: &Call, _input: DescribeLimits) -> Result<Value, AwsError> {
        self.with(call.account(), call.now, |streams| {
            let (on_demand, provisioned): (Vec<&Stream>, Vec<&Stream>) =
                streams.values().partition(|stream| stream.mode == Mode::OnDemand);
            let open: Vec<&Shard> = provisioned.into_iter().flat_map(Stream::open_shards).collect();
            Ok(json!({
                "ShardLimit": SHARD_LIMIT, "OpenShardCount": open.len(),
                "OnDemandStreamCount": on_demand.len(), "OnDemandStreamCountLimit": ON_DEMAND_LIMIT,
            }))
        })
    }
}
