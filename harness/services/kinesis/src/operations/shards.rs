//! Shards: listing, splitting and merging them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use nightproof_core::page::Page;
use nightproof_core::service::{AwsError, Call};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::streams::check_shards;
use crate::error::invalid_argument;
use crate::hash_key;
use crate::records::Kinesis;
use crate::shard::Shard;
use crate::stream::{Mode, Stream};
use crate::stream_name::StreamName;

/// Shards of a page where the caller does not say how many.
const PAGE: usize = 1000;
/// How long a token can be used, milliseconds.
const VALID: i64 = 300_000;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ShardFilter {
    r#type: String,
    shard_id: Option<String>,
    timestamp: Option<Timestamp>,
}

/// `ListShards`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListShards {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    next_token: Option<String>,
    exclusive_start_shard_id: Option<String>,
    max_results: Option<usize>,
    shard_filter: Option<ShardFilter>,
}

/// What a token says.
#[derive(Debug, Serialize, Deserialize)]
struct Continuation {
    account: String,
    stream: String,
    after: String,
    filter: Option<ShardFilter>,
    /// Milliseconds of region time.
    made: i64,
}

/// `SplitShard`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SplitShard.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SplitShard {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    shard_to_split: String,
    new_starting_hash_key: String,
}

/// `MergeShards`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_MergeShards.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MergeShards {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    shard_to_merge: String,
    adjacent_shard_to_merge: String,
}

/// `UpdateShardCount`. <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateShardCount {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    target_shard_count: u32,
    #[expect(dead_code, reason = "there is one type of scaling, which the model holds it to")]
    scaling_type: String,
}

impl ShardFilter {
    /// Whether a shard of the stream is one that is asked for.
    /// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ShardFilter.html>
    fn finds(&self, stream: &Stream, shard: &Shard, now: Timestamp) -> Result<bool, AwsError> {
        let horizon = (now - SignedDuration::from_hours(stream.retention)).max(stream.created);
        let time = || {
            let missing =
                || invalid_argument(format!("A Timestamp must be specified for a ShardFilter of the type {}.", self.r#type));
            self.timestamp.ok_or_else(missing)
        };
        Ok(match self.r#type.as_str() {
            "AFTER_SHARD_ID" => match &self.shard_id {
                Some(id) => shard.id() > *id,
                None => {
                    return Err(invalid_argument("A ShardId must be specified for a ShardFilter of the type AFTER_SHARD_ID."));
                }
            },
            "AT_TRIM_HORIZON" => shard.was_open_at(horizon),
            "AT_LATEST" => shard.closed.is_none(),
            "AT_TIMESTAMP" => shard.was_open_at(time()?.max(stream.created)),
            "FROM_TIMESTAMP" => {
                let time = time()?;
                shard.closed.is_none_or(|closed| closed >= time)
            }
            // FROM_TRIM_HORIZON: all that the stream still has.
            _ => true,
        })
    }
}

impl Continuation {
    fn read(call: &Call, token: &str) -> Result<Self, AwsError> {
        let bytes = STANDARD.decode(token).ok();
        let read: Option<Self> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let read = read.ok_or_else(|| invalid_argument("Invalid NextToken."))?;
        if call.now.as_millisecond() - read.made > VALID {
            return Err(AwsError::new("ExpiredNextTokenException", 400, "The NextToken has expired."));
        }
        Ok(read)
    }
}

impl Kinesis {
    pub(crate) fn list_shards(&self, call: &Call, input: ListShards) -> Result<Value, AwsError> {
        let is_named = input.stream_name.is_some() || input.stream_arn.is_some();
        let (name, after, filter) = match &input.next_token {
            Some(_) if input.stream_name.is_some() => {
                return Err(invalid_argument("NextToken and StreamName cannot be provided together."));
            }
            Some(token) => {
                let Continuation { account, stream, after, filter, .. } = Continuation::read(call, token)?;
                (StreamName { account, name: stream }, after, filter)
            }
            None if !is_named => return Err(invalid_argument("Either NextToken or StreamName should be provided.")),
            None => {
                let name = StreamName::read(call, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
                (name, input.exclusive_start_shard_id.unwrap_or_default(), input.shard_filter)
            }
        };
        self.with_stream(&name, call.now, |stream| {
            stream.require_data(call.now)?;
            let mut found = Vec::new();
            for shard in &stream.shards {
                let wanted = filter.as_ref().map(|filter| filter.finds(stream, shard, call.now)).transpose()?;
                if wanted.unwrap_or(true) {
                    found.push((shard.id(), shard.describe()));
                }
            }
            let page = Page::after(&after, input.max_results.unwrap_or(PAGE), found);
            let mut listed = json!({ "Shards": page.items });
            if let (Some(after), Some(members)) = (page.next, listed.as_object_mut()) {
                let StreamName { account, name } = name.clone();
                let made = call.now.as_millisecond();
                let next = json!(Continuation { account, stream: name, after, filter: filter.clone(), made });
                members.insert("NextToken".to_owned(), STANDARD.encode(next.to_string()).into());
            }
            Ok(listed)
        })
    }

    pub(crate) fn split_shard(&self, call: &Call, input: SplitShard) -> Result<Value, AwsError> {
        let at = hash_key::explicit(&input.new_starting_hash_key)?;
        self.reshard(call, input.stream_name.as_deref(), input.stream_arn.as_deref(), |stream| {
            stream.split(&input.shard_to_split, at, call.now)
        })
    }

    pub(crate) fn merge_shards(&self, call: &Call, input: MergeShards) -> Result<Value, AwsError> {
        self.reshard(call, input.stream_name.as_deref(), input.stream_arn.as_deref(), |stream| {
            stream.merge(&input.shard_to_merge, &input.adjacent_shard_to_merge, call.now)
        })
    }

    fn reshard(
        &self,
        call: &Call,
        name: Option<&str>,
        arn: Option<&str>,
        act: impl FnOnce(&mut Stream) -> Result<(), AwsError>,
    ) -> Result<Value, AwsError> {
        let name = StreamName::read(call, name, arn)?;
        self.with_stream(&name, call.now, |stream| {
            require_provisioned(stream)?;
            stream.require_active(call.now)?;
            act(stream)?;
            stream.begin("UPDATING", call.now);
            Ok(json!({}))
        })
    }

    /// A stream becomes at most twice as large, or half as large, by one call.
    pub(crate) fn update_shard_count(&self, call: &Call, input: UpdateShardCount) -> Result<Value, AwsError> {
        let name = StreamName::read(call, input.stream_name.as_deref(), input.stream_arn.as_deref())?;
        let target = input.target_shard_count;
        let present = |stream: &Stream| u32::try_from(stream.open_shards().count()).unwrap_or(u32::MAX);
        self.with(&name.account, call.now, |streams| {
            let found = streams.get(&name.name).ok_or_else(|| name.missing())?;
            check_shards(call, streams.values(), target.saturating_sub(present(found)))
        })?;
        self.with_stream(&name, call.now, |stream| {
            require_provisioned(stream)?;
            stream.require_active(call.now)?;
            let current = present(stream);
            let bound = match () {
                () if target > current * 2 => Some("up over double"),
                () if target * 2 < current => Some("down below half"),
                () => None,
            };
            if let Some(bound) = bound {
                return Err(invalid_argument(format!(
                    "UpdateShardCount cannot scale {bound} your current open shard count. Current open shard count: {current} Target shard \
                     count: {target}"
                )));
            }
            stream.reshard(target, call.now)?;
            stream.mode = Mode::Provisioned(target);
            stream.begin("UPDATING", call.now);
            Ok(json!({
                "StreamName": name.name, "StreamARN": stream.arn, "CurrentShardCount": current, "TargetShardCount": target,
            }))
        })
    }
}

fn require_provisioned(stream: &Stream) -> Result<(), AwsError> {
    if stream.mode != Mode::OnDemand {
        return Ok(());
    }
    let message = format!("Request is invalid. {} is in On-Demand mode.", stream.name.label());
    Err(AwsError::validation(message))
}
