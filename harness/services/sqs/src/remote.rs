//! SQS whose queues and messages are in a store elsewhere. Authorization by queue policies stays here, and the data keys of
//! queues under KMS. `docs/stores.md` says where it differs from the embedded one.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::authorization::{PolicyDocument, ResourcePolicyText};
use nightproof_core::document::Members as _;
use nightproof_core::operation::check;
use nightproof_core::service::Arn;
use nightproof_core::service::{AwsError, Body, Call, Prepared, Reply, Service, Tagged, empty_body};
use nightproof_iam_policy::ResourceRule;
use nightproof_store::{Known, Question, Store};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use crate::address::{address, owner_and_name, url as queue_url};

use crate::records::Sqs;
use crate::{authorization, encryption, queue_attributes as attributes};

/// The service `sqs` on a store elsewhere.
pub struct RemoteSqs {
    store: Store,
    /// What is known of queues, by their ARNs.
    queues: Known<Facts>,
    /// The last data key of each queue under KMS, wrapped: SQS too uses one for a while.
    data_keys: Mutex<HashMap<String, String>>,
}

/// What the region must know of a queue to decide on its calls; fetched again after a call that may change it.
struct Facts {
    account: String,
    policy: Option<PolicyDocument>,
    kms_key: Option<String>,
    tags: Vec<(String, String)>,
}

impl RemoteSqs {
    /// On `store`.
    pub fn new(store: Store) -> Arc<Self> {
        Arc::new(Self { store, queues: Known::default(), data_keys: Mutex::default() })
    }

    fn data_keys(&self) -> parking_lot::MutexGuard<'_, HashMap<String, String>> {
        self.data_keys.lock()
    }

    /// Asks the store as the account that the queue belongs to: the region has decided whether the caller may.
    async fn ask(&self, account: &str, operation: &str, input: &Value) -> Result<Value, AwsError> {
        let question = Question { account, service: "sqs", operation, input, trailer: None };
        Ok(self.store.ask(question, empty_body()).await?.output)
    }

    fn url_in_store(&self, account: &str, name: &str) -> String {
        format!("{}/{}/{name}", self.store.url(), self.store.account(account))
    }

    /// Checks the attributes that are to be set, which a store may not do, and says them in the store's words.
    async fn attributes_for_store(&self, account: &str, input: &mut Value) -> Result<(), AwsError> {
        let given = input.get("Attributes").cloned().map(serde_json::from_value).transpose();
        let attributes = attributes::read(given.map_err(|error| AwsError::internal(error.to_string()))?.unwrap_or_default())?;
        if let Some(policy) = attributes.get("RedrivePolicy").filter(|policy| !policy.is_empty()) {
            let target = attributes::redrive(policy).map(|redrive| redrive.target).unwrap_or_default();
            if self.facts(&target).await?.is_none() {
                return Err(attributes::no_dead_letter_target(policy));
            }
            let there = renamed(policy, account, &self.store.account(account));
            if let Some(value) = input.pointer_mut("/Attributes/RedrivePolicy") {
                *value = json!(there);
            }
        }
        Ok(())
    }

    /// Says an answer in the region's words: its addresses and its accounts.
    fn localize(&self, output: &mut Value, call: &Call, account: &str) {
        let there = self.store.account(account);
        let here = |url: &mut Value| {
            if let Some((_, name)) = url.as_str().and_then(|url| address(url).ok()) {
                *url = json!(queue_url(call, account, name));
            }
        };
        if let Some(url) = output.get_mut("QueueUrl") {
            here(url);
        }
        for list in ["QueueUrls", "queueUrls"] {
            output.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten().for_each(here);
        }
        let rename = |document: &mut Value| {
            for name in ["QueueArn", "RedrivePolicy", "DeadLetterQueueSourceArn"] {
                if let Some(value) = document.pointer_mut(&format!("/Attributes/{name}")) {
                    *value = json!(renamed(value.as_str().unwrap_or_default(), &there, account));
                }
            }
        };
        output.get_mut("Messages").and_then(Value::as_array_mut).into_iter().flatten().for_each(rename);
        rename(output);
    }

    async fn facts(&self, arn: &str) -> Result<Option<Arc<Facts>>, AwsError> {
        if let Some(known) = self.queues.get(arn) {
            return Ok(Some(known));
        }
        let changes = self.queues.changes();
        let Some((account, name)) = owner_and_name(arn) else { return Ok(None) };
        let url = self.url_in_store(account, name);
        let asked = json!({"QueueUrl": url, "AttributeNames": ["All"]});
        let attributes = match self.ask(account, "GetQueueAttributes", &asked).await {
            Ok(output) => output,
            Err(error) if error.code == "QueueDoesNotExist" => return Ok(None),
            Err(error) => return Err(error),
        };
        let tags = self.ask(account, "ListQueueTags", &json!({ "QueueUrl": url })).await?;
        let attribute = |name: &str| attributes.get("Attributes").and_then(|all| all.text(name)).filter(|text| !text.is_empty());
        let facts = Arc::new(Facts {
            account: account.to_owned(),
            policy: attribute("Policy").map(PolicyDocument::of_resource),
            kms_key: attribute("KmsMasterKeyId").filter(|key| *key != "alias/aws/sqs").map(str::to_owned),
            tags: pairs(tags.get("Tags")),
        });
        self.queues.keep(arn, &facts, changes);
        Ok(Some(facts))
    }

    async fn run(&self, call: &Call, operation: &str, mut input: Value) -> Result<Value, AwsError> {
        check("sqs", Sqs::INPUTS, operation, &input)?;
        let region = call.region.name();
        let mut account = call.account().to_owned();
        let mut arn = None;
        if let Some(url) = input.text("QueueUrl") {
            let (owner, name) = address(url)?;
            arn = Some(Arn::new("sqs", region, owner, name).to_string());
            let (owner, there) = (owner.to_owned(), self.url_in_store(owner, name));
            if let Value::Object(members) = &mut input {
                members.insert("QueueUrl".to_owned(), json!(there));
            }
            account = owner;
        } else if let Some(name) = input.text("QueueName") {
            let owner = input.text("QueueOwnerAWSAccountId").unwrap_or(&account).to_owned();
            arn = Some(Arn::new("sqs", region, &owner, name).to_string());
            account = owner;
        }
        let key = match &arn {
            Some(arn) if operation != "CreateQueue" => self.facts(arn).await?.and_then(|facts| facts.kms_key.clone()),
            _ => None,
        };
        if let (Some(key), Some(arn), "SendMessage" | "SendMessageBatch") = (&key, &arn, operation) {
            let wrapped = encryption::new_data_key(call, key, arn).await?;
            self.data_keys().extend(wrapped.map(|wrapped| (arn.clone(), wrapped)));
        }
        if matches!(operation, "CreateQueue" | "SetQueueAttributes") {
            self.attributes_for_store(&account, &mut input).await?;
        }
        let answered = self.ask(&account, operation, &input).await;
        if let (Some(arn), true) = (&arn, changes(operation)) {
            self.queues.forget(arn);
        }
        let mut output = answered?;
        if let (Some(arn), "ReceiveMessage", true) = (&arn, operation, key.is_some() && output.get("Messages").is_some()) {
            let wrapped = self.data_keys().get(arn).cloned();
            if let Some(wrapped) = wrapped {
                encryption::open_data_key(call, arn, &wrapped).await?;
            }
        }
        self.localize(&mut output, call, &account);
        Ok(output)
    }
}

fn changes(operation: &str) -> bool {
    matches!(operation, "CreateQueue" | "DeleteQueue" | "SetQueueAttributes" | "TagQueue" | "UntagQueue")
}

/// The text with another account in its ARNs.
fn renamed(text: &str, from: &str, to: &str) -> String {
    text.replace(&format!(":{from}:"), &format!(":{to}:"))
}

fn pairs(tags: Option<&Value>) -> Vec<(String, String)> {
    let tags = tags.and_then(Value::as_object).into_iter().flat_map(Map::iter);
    tags.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

#[async_trait]
impl Service for RemoteSqs {
    fn permissions(&self) -> &'static str {
        Sqs::PERMISSIONS
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.run(call, operation, input).await.map(Reply::from)
    }

    fn prepare<'a>(&'a self, _call: &'a Call, arn: &'a str) -> Option<Prepared<'a>> {
        Some(Box::pin(async move {
            // What cannot be fetched is said when the call itself cannot be carried out.
            self.facts(arn).await.ok();
        }))
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        authorization::named_queues(call, kind, input)
    }

    fn resource_policy(&self, _account: &str, arn: &str) -> Option<ResourcePolicyText> {
        let (_, name) = owner_and_name(arn)?;
        let facts = self.queues.get(arn)?;
        Some(ResourcePolicyText {
            name: format!("policy of queue {name}"),
            document: facts.policy.clone(),
            rule: ResourceRule::Union,
            owner: facts.account.clone(),
            restricts_public: false,
        })
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        // As of buckets: what cannot be fetched is not found.
        let Ok(listed) = self.ask(call.account(), "ListQueues", &json!({})).await else { return Vec::new() };
        let mut found = Vec::new();
        for url in listed.get("QueueUrls").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            let arn = crate::address::arn(call, url.rsplit('/').next().unwrap_or_default());
            if let Ok(Some(facts)) = self.facts(&arn).await {
                found.push(Tagged { arn, tags: facts.tags.clone() });
            }
        }
        found
    }

    fn resource_tags(&self, _account: &str, arn: &str) -> Vec<(String, String)> {
        self.queues.get(arn).map(|facts| facts.tags.clone()).unwrap_or_default()
    }
}
