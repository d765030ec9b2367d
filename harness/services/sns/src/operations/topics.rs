//! Topics: making, finding, describing and deleting them.

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::default_policy;
use nightproof_core::request_tags::Tag;
use nightproof_core::service::{Arn, AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::attributes::Attributes;
use crate::error::invalid;
use crate::fifo::Fifo;
use crate::operations::{data_protection, tags};
use crate::page::page;
use crate::records::{Sns, Topic};
use crate::topic_attributes as attributes;

/// `CreateTopic`. <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateTopic {
    name: String,
    #[serde(default)]
    attributes: Attributes,
    #[serde(default)]
    tags: Vec<Tag>,
    data_protection_policy: Option<String>,
}

/// `DeleteTopic`. <https://docs.aws.amazon.com/sns/latest/api/API_DeleteTopic.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteTopic {
    topic_arn: String,
}

/// `ListTopics`. <https://docs.aws.amazon.com/sns/latest/api/API_ListTopics.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListTopics {
    next_token: Option<String>,
}

/// `GetTopicAttributes`. <https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetTopicAttributes {
    topic_arn: String,
}

/// `SetTopicAttributes`. <https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SetTopicAttributes {
    topic_arn: String,
    attribute_name: String,
    #[serde(default)]
    attribute_value: String,
}

impl Sns {
    pub(crate) fn create_topic(&self, call: &Call, input: CreateTopic) -> Result<Value, AwsError> {
        let name = input.name.as_str();
        let attributes = attributes::read(input.attributes)?;
        let is_fifo = attributes.contains_key("FifoTopic");
        let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let stem = if is_fifo { name.strip_suffix(".fifo").unwrap_or_default() } else { name };
        if stem.is_empty() || name.len() > 256 || !stem.bytes().all(good) {
            return Err(invalid("Topic Name"));
        }
        let given = tags::given(call, input.tags)?;
        let data_protection = data_protection::read(input.data_protection_policy.unwrap_or_default())?;
        let owner = call.account().to_owned();
        let arn = Arn::new("sns", call.region.name(), &owner, name).to_string();
        self.with(call.account(), |topics| {
            if let Some(topic) = topics.get(&arn) {
                if given.iter().any(|(key, value)| topic.tags.get(key) != Some(value.as_str())) {
                    return Err(invalid("Tags Reason: Topic already exists with different tags"));
                }
                let has = |(name, value): (&String, &String)| topic.attributes.get(name) == Some(value);
                if !attributes.iter().all(has) {
                    return Err(invalid("Attributes Reason: Topic already exists with different attributes"));
                }
                return Ok(json!({ "TopicArn": arn }));
            }
            let tags = given.into_iter().collect();
            let fifo = is_fifo.then(Fifo::default);
            let own = attributes.get("Policy").cloned();
            let policy = PolicyDocument::of_resource(own.unwrap_or_else(|| default_policy::topic(&arn, &owner)));
            let topic = Topic {
                arn: arn.clone(),
                owner,
                attributes,
                policy,
                tags,
                subscriptions: Vec::new(),
                deleted: 0,
                fifo,
                ended: Vec::new(),
                data_protection,
            };
            topics.insert(arn.clone(), topic);
            Ok(json!({ "TopicArn": arn }))
        })
    }

    /// Its subscriptions go along. Deleting a topic that is gone is no error.
    pub(crate) fn delete_topic(&self, _call: &Call, input: DeleteTopic) -> Result<Value, AwsError> {
        let arn = input.topic_arn;
        let owner = match self.topic(&arn, |topic| Ok(topic.owner.clone())) {
            Ok(owner) => owner,
            Err(error) if error.code == "NotFoundException" => return Ok(json!({})),
            Err(error) => return Err(error),
        };
        self.with(&owner, |topics| topics.remove(&arn));
        Ok(json!({}))
    }

    pub(crate) fn list_topics(&self, call: &Call, input: ListTopics) -> Result<Value, AwsError> {
        let arns = self.with(call.account(), |topics| topics.keys().map(|arn| json!({ "TopicArn": arn })).collect());
        page("Topics", arns, input.next_token.as_deref())
    }

    pub(crate) fn get_topic_attributes(&self, _call: &Call, input: GetTopicAttributes) -> Result<Value, AwsError> {
        self.topic(&input.topic_arn, |topic| Ok(json!({ "Attributes": attributes::described(topic) })))
    }

    pub(crate) fn set_topic_attributes(&self, _call: &Call, input: SetTopicAttributes) -> Result<Value, AwsError> {
        let SetTopicAttributes { topic_arn, attribute_name: name, attribute_value: value } = input;
        self.topic(&topic_arn, |topic| {
            // What a topic is made as, it stays.
            if name == "FifoTopic" {
                return Err(invalid("AttributeName"));
            }
            attributes::check(&name, &value)?;
            // Without a policy of its own a topic has the one that it was made with.
            if name == "Policy" && value.is_empty() {
                return Err(invalid("Policy Error: null"));
            }
            if name == "Policy" {
                topic.policy = PolicyDocument::of_resource(value.as_str());
            }
            match attributes::kept(&name, value) {
                Some(value) => topic.attributes.insert(name, value),
                None => topic.attributes.remove(&name),
            };
            Ok(json!({}))
        })
    }
}
