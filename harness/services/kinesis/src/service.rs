//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::operations::consumers::{
    DeregisterStreamConsumer, DescribeStreamConsumer, ListStreamConsumers, RegisterStreamConsumer,
};
use crate::operations::put::{PutRecord, PutRecords};
use crate::operations::read::{GetRecords, GetShardIterator};
use crate::operations::resource_policy::{DeleteResourcePolicy, GetResourcePolicy, PutResourcePolicy};
use crate::operations::settings::{
    DecreaseStreamRetentionPeriod, IncreaseStreamRetentionPeriod, StartStreamEncryption, StopStreamEncryption,
    UpdateMaxRecordSize, UpdateStreamMode,
};
use crate::operations::shards::{ListShards, MergeShards, SplitShard, UpdateShardCount};
use crate::operations::streams::{
    CreateStream, DeleteStream, DescribeLimits, DescribeStream, DescribeStreamSummary, ListStreams,
};
use crate::operations::tags::{
    AddTagsToStream, ListTagsForResource, ListTagsForStream, RemoveTagsFromStream, TagResource, UntagResource,
};
use crate::records::Kinesis;

// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesisdatastreams.html>
operations!("kinesis", Kinesis:
    AddTagsToStream => add_tags_to_stream: ["= @stream"],
    // <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html>: who gives tags needs the one, and not the other.
    CreateStream => create_stream: ["= @stream", "kinesis:AddTagsToStream @stream ?Tags"],
    DecreaseStreamRetentionPeriod => decrease_stream_retention_period: ["= @stream"],
    DeleteResourcePolicy => delete_resource_policy: ["= {ResourceARN}"],
    DeleteStream => delete_stream: ["= @stream"],
    DeregisterStreamConsumer => deregister_stream_consumer: ["= @consumer"],
    DescribeLimits => describe_limits: ["= *"],
    DescribeStream => describe_stream: ["= @stream"],
    DescribeStreamConsumer => describe_stream_consumer: ["= @consumer"],
    DescribeStreamSummary => describe_stream_summary: ["= @stream"],
    GetRecords => get_records.await: ["= @stream"],
    GetResourcePolicy => get_resource_policy: ["= {ResourceARN}"],
    GetShardIterator => get_shard_iterator: ["= @stream"],
    IncreaseStreamRetentionPeriod => increase_stream_retention_period: ["= @stream"],
    ListShards => list_shards: ["= @stream"],
    ListStreamConsumers => list_stream_consumers: ["= @stream"],
    ListStreams => list_streams: ["= *"],
    ListTagsForResource => list_tags_for_resource: ["= {ResourceARN}"],
    ListTagsForStream => list_tags_for_stream: ["= @stream"],
    MergeShards => merge_shards: ["= @stream"],
    PutRecord => put_record.await: ["= @stream"],
    PutRecords => put_records.await: ["= @stream"],
    PutResourcePolicy => put_resource_policy: ["= {ResourceARN}"],
    RegisterStreamConsumer => register_stream_consumer: ["= @stream", "kinesis:TagResource @consumer ?Tags"],
    RemoveTagsFromStream => remove_tags_from_stream: ["= @stream"],
    SplitShard => split_shard: ["= @stream"],
    StartStreamEncryption => start_stream_encryption: ["= @stream"],
    StopStreamEncryption => stop_stream_encryption: ["= @stream"],
    TagResource => tag_resource: ["= {ResourceARN}"],
    UntagResource => untag_resource: ["= {ResourceARN}"],
    UpdateMaxRecordSize => update_max_record_size: ["= @stream"],
    UpdateShardCount => update_shard_count: ["= @stream"],
    UpdateStreamMode => update_stream_mode: ["= @stream"],
);

#[async_trait]
impl Service for Kinesis {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        self.named(call, kind, input)
    }

    fn resource_policy(&self, _account: &str, arn: &str) -> Option<ResourcePolicyText> {
        self.policy_of(arn)
    }

    fn resource_tags(&self, _account: &str, arn: &str) -> Vec<(String, String)> {
        self.tags_of(arn)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        self.all_tagged(call)
    }
}
