//! Queues: making, finding, describing and deleting them.

use jiff::SignedDuration;
use nightproof_core::page::Page;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::tags::Tags;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::address::{arn, url};
use crate::error::{bad_value, no_queue};
use crate::fifo::Fifo;
use crate::queue_attributes::{Attributes, check_kind, effective, no_dead_letter_target, read, redrive, same};
use crate::records::{Queue, Sqs, policy};

/// `CreateQueue`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateQueue {
    queue_name: String,
    #[serde(default)]
    attributes: Attributes,
    #[serde(default, rename = "tags")]
    tags: Tags,
}

/// `DeleteQueue`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteQueue {
    queue_url: String,
}

/// `GetQueueUrl`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetQueueUrl {
    queue_name: String,
    #[serde(rename = "QueueOwnerAWSAccountId")]
    owner: Option<String>,
}

/// `ListQueues`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListQueues {
    #[serde(default)]
    queue_name_prefix: String,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// `ListDeadLetterSourceQueues`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListDeadLetterSourceQueues.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListDeadLetterSourceQueues {
    queue_url: String,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// `GetQueueAttributes`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetQueueAttributes {
    queue_url: String,
    #[serde(default)]
    attribute_names: Vec<String>,
}

/// `SetQueueAttributes`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SetQueueAttributes {
    queue_url: String,
    attributes: Attributes,
}

/// `PurgeQueue`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PurgeQueue {
    queue_url: String,
}

/// `TagQueue`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_TagQueue.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TagQueue {
    queue_url: String,
    tags: Tags,
}

/// `UntagQueue`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_UntagQueue.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UntagQueue {
    queue_url: String,
    tag_keys: Vec<String>,
}

/// `ListQueueTags`. <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueueTags.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListQueueTags {
    queue_url: String,
}

impl Sqs {
    pub(crate) fn create_queue(&self, call: &Call, input: CreateQueue) -> Result<Value, AwsError> {
        let name = input.queue_name.as_str();
        let attributes = read(input.attributes)?;
        let is_fifo = attributes.get("FifoQueue").is_some_and(|value| value == "true");
        check_name(name, is_fifo)?;
        check_kind(&attributes, is_fifo)?;
        self.check_redrive(call, &arn(call, name), &attributes, is_fifo)?;
        let minute = SignedDuration::from_mins(1);
        self.with(call.account(), |queues| {
            if let Some(existing) = queues.by_name.get(name) {
                let has = effective(&existing.attributes);
                let same_as = |(name, value): (&String, &String)| same(has.get(name).map_or("", String::as_str), value);
                return match attributes.iter().find(|(name, value)| !same_as((name, value))) {
                    None => Ok(json!({"QueueUrl": url(call, call.account(), name)})),
                    Some((attribute, _)) => Err(AwsError::new(
                        "QueueNameExists",
                        400,
                        format!("A queue already exists with the same name and a different value for attribute {attribute}"),
                    )),
                };
            }
            if queues.deleted.get(name).is_some_and(|deleted| call.now.duration_since(*deleted) < minute) {
                return Err(AwsError::new(
                    "QueueDeletedRecently",
                    400,
                    "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
                ));
            }
            let queue = Queue {
                name: name.to_owned(),
                arn: arn(call, name),
                created: call.now,
                modified: call.now,
                policy: policy(&attributes),
                attributes,
                tags: input.tags,
                messages: Vec::new(),
                purged: None,
                fifo: is_fifo.then(Fifo::default),
            };
            queues.by_name.insert(name.to_owned(), queue);
            Ok(json!({"QueueUrl": url(call, call.account(), name)}))
        })
    }

    /// A dead-letter queue must exist before it is pointed to, be of the same kind, and let the queue.
    fn check_redrive(&self, call: &Call, source: &str, attributes: &Attributes, is_fifo: bool) -> Result<(), AwsError> {
        let Some(policy) = attributes.get("RedrivePolicy").filter(|policy| !policy.is_empty()) else { return Ok(()) };
        let target = redrive(policy).map(|redrive| redrive.target).unwrap_or_default();
        let found = self.with(call.account(), |queues| {
            let found = queues.by_name.values().find(|queue| queue.arn == target);
            found.map(|queue| (queue.fifo.is_some(), queue.redrive_allow().is_none_or(|policy| policy.allows(source))))
        });
        let refused =
            |reason: &str| Err(bad_value(format!("Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}")));
        match found {
            Some((is_fifo_too, _)) if is_fifo_too != is_fifo => {
                refused("Dead-letter queue must be same type of queue as the source..")
            }
            Some((_, false)) => refused("Dead-letter queue does not allow this queue as its source."),
            Some(_) => Ok(()),
            None => Err(no_dead_letter_target(policy)),
        }
    }

    pub(crate) fn delete_queue(&self, call: &Call, input: DeleteQueue) -> Result<Value, AwsError> {
        let (account, name) = crate::address::address(&input.queue_url)?;
        self.with(account, |queues| {
            queues.by_name.remove(name).ok_or_else(no_queue)?;
            queues.deleted.insert(name.to_owned(), call.now);
            Ok(json!({}))
        })
    }

    pub(crate) fn get_queue_url(&self, call: &Call, input: GetQueueUrl) -> Result<Value, AwsError> {
        let name = input.queue_name.as_str();
        let owner = input.owner.as_deref().unwrap_or(call.account());
        if self.with(owner, |queues| queues.by_name.contains_key(name)) {
            Ok(json!({"QueueUrl": url(call, owner, name)}))
        } else {
            Err(no_queue())
        }
    }

    pub(crate) fn list_queues(&self, call: &Call, input: ListQueues) -> Result<Value, AwsError> {
        let prefix = input.queue_name_prefix.as_str();
        let names: Vec<String> =
            self.with(call.account(), |queues| queues.by_name.keys().filter(|name| name.starts_with(prefix)).cloned().collect());
        listing(call, names, input.max_results, input.next_token.as_deref(), "QueueUrls")
    }

    pub(crate) fn list_dead_letter_source_queues(
        &self,
        call: &Call,
        input: ListDeadLetterSourceQueues,
    ) -> Result<Value, AwsError> {
        let arn = self.queue(&input.queue_url, |queue| Ok(queue.arn.clone()))?;
        let names = self.with(call.account(), |queues| {
            let sources = queues.by_name.values().filter(|queue| queue.redrive().is_some_and(|redrive| redrive.target == arn));
            sources.map(|queue| queue.name.clone()).collect()
        });
        let mut output = listing(call, names, input.max_results, input.next_token.as_deref(), "queueUrls")?;
        if let Some(output) = output.as_object_mut() {
            output.entry("queueUrls").or_insert_with(|| json!([]));
        }
        Ok(output)
    }

    pub(crate) fn get_queue_attributes(&self, call: &Call, input: GetQueueAttributes) -> Result<Value, AwsError> {
        let names = input.attribute_names;
        let all = self.queue(&input.queue_url, |queue| Ok(queue.describe(call.now)))?;
        const SETTABLE_ONLY: [&str; 5] =
            ["Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds"];
        const FIFO: [&str; 4] = ["FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"];
        for name in &names {
            let known = name == "All"
                || all.contains_key(name)
                || SETTABLE_ONLY.contains(&name.as_str())
                || FIFO.contains(&name.as_str());
            if !known {
                return Err(AwsError::new("InvalidAttributeName", 400, format!("Unknown Attribute {name}.")));
            }
        }
        let everything = names.iter().any(|name| name == "All");
        let wanted: Map<String, Value> = all
            .into_iter()
            .filter(|(name, _)| everything || names.contains(name))
            .map(|(name, value)| (name, json!(value)))
            .collect();
        Ok(if wanted.is_empty() { json!({}) } else { json!({"Attributes": wanted}) })
    }

    pub(crate) fn set_queue_attributes(&self, call: &Call, input: SetQueueAttributes) -> Result<Value, AwsError> {
        let attributes = read(input.attributes)?;
        let (source, is_fifo) = self.queue(&input.queue_url, |queue| Ok((queue.arn.clone(), queue.fifo.is_some())))?;
        check_kind(&attributes, is_fifo)?;
        self.check_redrive(call, &source, &attributes, is_fifo)?;
        self.queue(&input.queue_url, |queue| {
            // One kind of encryption replaces the other.
            if attributes.get("KmsMasterKeyId").is_some_and(|key| !key.is_empty()) {
                queue.attributes.remove("SqsManagedSseEnabled");
            }
            if attributes.get("SqsManagedSseEnabled").is_some_and(|enabled| enabled == "true") {
                queue.attributes.remove("KmsMasterKeyId");
            }
            for (name, value) in attributes {
                if value.is_empty() {
                    queue.attributes.remove(&name);
                } else {
                    queue.attributes.insert(name, value);
                }
            }
            queue.policy = policy(&queue.attributes);
            queue.modified = call.now;
            Ok(json!({}))
        })
    }

    pub(crate) fn purge_queue(&self, call: &Call, input: PurgeQueue) -> Result<Value, AwsError> {
        self.queue(&input.queue_url, |queue| {
            if queue.purged.is_some_and(|purged| call.now.duration_since(purged) < SignedDuration::from_mins(1)) {
                let message = format!("Only one PurgeQueue operation on {} is allowed every 60 seconds.", queue.name);
                return Err(AwsError::new("PurgeQueueInProgress", 403, message));
            }
            queue.purged = Some(call.now);
            queue.messages.clear();
            if let Some(fifo) = &mut queue.fifo {
                fifo.purge();
            }
            Ok(json!({}))
        })
    }

    pub(crate) fn tag_queue(&self, _call: &Call, input: TagQueue) -> Result<Value, AwsError> {
        self.queue(&input.queue_url, |queue| {
            queue.tags.extend(input.tags.pairs());
            Ok(json!({}))
        })
    }

    pub(crate) fn untag_queue(&self, _call: &Call, input: UntagQueue) -> Result<Value, AwsError> {
        self.queue(&input.queue_url, |queue| {
            queue.tags.remove(&input.tag_keys);
            Ok(json!({}))
        })
    }

    pub(crate) fn list_queue_tags(&self, _call: &Call, input: ListQueueTags) -> Result<Value, AwsError> {
        self.queue(&input.queue_url, |queue| Ok(if queue.tags.is_empty() { json!({}) } else { json!({"Tags": queue.tags}) }))
    }
}

/// A FIFO queue's name ends with `.fifo`, and no other's does.
fn check_name(name: &str, is_fifo: bool) -> Result<(), AwsError> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let stem = if is_fifo { name.strip_suffix(".fifo").unwrap_or_default() } else { name };
    if !stem.is_empty() && name.len() <= 80 && stem.bytes().all(good) {
        return Ok(());
    }
    Err(bad_value(if is_fifo {
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be \
         1 to 80 in length."
    } else {
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    }))
}

/// A page of queue URLs. As with AWS, an empty list is no list, and there are pages only if `MaxResults` asks for them.
fn listing(
    call: &Call,
    names: Vec<String>,
    max_results: Option<i64>,
    token: Option<&str>,
    member: &str,
) -> Result<Value, AwsError> {
    let size = max_results.and_then(|size| usize::try_from(size).ok()).unwrap_or(1000);
    let start: usize = match token {
        None => 0,
        Some(token) => token.parse().map_err(|_| bad_value("Invalid or expired next token."))?,
    };
    let page = Page::at(start, size, names);
    let urls: Vec<String> = page.items.iter().map(|name| url(call, call.account(), name)).collect();
    let mut output = Map::new();
    if !urls.is_empty() {
        output.insert(member.to_owned(), json!(urls));
    }
    if let Some(next) = page.next.filter(|_| max_results.is_some()) {
        output.insert("NextToken".to_owned(), json!(next.to_string()));
    }
    Ok(Value::Object(output))
}
