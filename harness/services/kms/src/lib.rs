//! KMS: symmetric keys, their policies, aliases and states; encryption is AES-256-GCM with the encryption context bound in.
//! <https://docs.aws.amazon.com/kms/latest/APIReference/Welcome.html>

mod administration;
mod alias;
mod authorization;
mod cryptography;
mod key;
mod resources;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use nightproof_core::authorization::{PolicyDocument, ResourcePolicyText};
use nightproof_core::service::{Body, Call, Reply, Service, Tagged};
use nightproof_wire::AwsError;
use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;

use key::{Key, State};
pub use resources::resource_types;

/// The service `kms`.
pub struct Kms {
    records: Mutex<Records>,
}

/// Keys and aliases of all accounts.
#[derive(Default)]
struct Records {
    /// By key ARN.
    keys: BTreeMap<String, Key>,
    /// Alias ARN to its alias.
    aliases: BTreeMap<String, Alias>,
}

struct Alias {
    key_arn: String,
    created: Timestamp,
    updated: Timestamp,
}

/// How a call names a key.
struct Scope<'a> {
    region: &'a str,
    account: &'a str,
    now: Timestamp,
}

impl<'a> Scope<'a> {
    fn of(call: &'a Call) -> Self {
        Self { region: call.region.name(), account: call.account(), now: call.now }
    }

    fn arn(&self, resource: &str) -> String {
        format!("arn:aws:kms:{}:{}:{resource}", self.region, self.account)
    }
}

impl Records {
    /// The ARN of the key that `name` stands for: key id, key ARN, alias name or alias ARN.
    fn resolve(&mut self, scope: &Scope<'_>, name: &str) -> Result<String, AwsError> {
        let arn = if name.starts_with("arn:") {
            name.to_owned()
        } else if name.starts_with("alias/") {
            scope.arn(name)
        } else {
            scope.arn(&format!("key/{name}"))
        };
        if let Some(service) = arn.split_once(":alias/aws/").map(|(_, service)| service.to_owned()) {
            self.managed_key(scope, &arn, &service);
        }
        let is_alias = arn.contains(":alias/");
        let key_arn = if is_alias { self.aliases.get(&arn).map(|alias| alias.key_arn.clone()) } else { Some(arn.clone()) };
        match key_arn.filter(|key_arn| self.keys.contains_key(key_arn)) {
            Some(key_arn) => Ok(key_arn),
            None if is_alias => Err(not_found(format!("Alias {arn} is not found."))),
            None if arn.split(':').nth(3).is_some_and(|region| region != scope.region) => {
                Err(not_found(format!("Invalid arn {}", arn.split(':').nth(3).unwrap_or_default())))
            }
            None => Err(not_found(format!("Key '{arn}' does not exist"))),
        }
    }

    fn key(&mut self, scope: &Scope<'_>, name: &str) -> Result<&mut Key, AwsError> {
        let arn = self.resolve(scope, name)?;
        self.keys.get_mut(&arn).ok_or_else(|| not_found(format!("Key '{arn}' does not exist")))
    }

    /// As [`Records::key`], for operations that take no alias.
    fn key_by_id(&mut self, scope: &Scope<'_>, name: &str) -> Result<&mut Key, AwsError> {
        if name.starts_with("alias/") || name.contains(":alias/") {
            return Err(not_found(format!("Invalid keyId {name}")));
        }
        self.key(scope, name)
    }

    /// Makes the key that AWS manages for one of its services, when an account first uses it.
    fn managed_key(&mut self, scope: &Scope<'_>, alias_arn: &str, service: &str) {
        const SERVICES: [&str; 9] = ["s3", "ebs", "ssm", "sqs", "sns", "lambda", "secretsmanager", "rds", "dynamodb"];
        let ours = alias_arn.starts_with(&scope.arn("alias/aws/"));
        if !ours || self.aliases.contains_key(alias_arn) || !SERVICES.contains(&service) {
            return;
        }
        let policy = PolicyDocument::of_resource(administration::managed_policy(scope, service));
        let mut key = Key::new(scope.region, scope.account, policy, scope.now);
        key.managed_by_aws = true;
        key.rotation = Some(365);
        key.description = format!("Default key that protects my {} data when no other key is defined", service.to_uppercase());
        let alias = Alias { key_arn: key.arn.clone(), created: scope.now, updated: scope.now };
        self.aliases.insert(alias_arn.to_owned(), alias);
        self.keys.insert(key.arn.clone(), key);
    }

    /// Keys whose waiting period is over are gone, and their aliases with them.
    fn purge(&mut self, now: Timestamp) {
        self.keys.retain(|_, key| !matches!(key.state, State::PendingDeletion { until, .. } if until <= now));
        let keys = &self.keys;
        self.aliases.retain(|_, alias| keys.contains_key(&alias.key_arn));
    }
}

fn not_found(message: String) -> AwsError {
    AwsError::new("NotFoundException", 400, message)
}

fn text<'a>(input: &'a Value, name: &str) -> Option<&'a str> {
    input.get(name).and_then(Value::as_str)
}

impl Kms {
    /// A KMS without keys.
    pub fn new() -> Arc<Self> {
        Arc::new(Self { records: Mutex::default() })
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock()
    }
}

#[async_trait]
impl Service for Kms {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let scope = Scope::of(call);
        let mut records = self.records();
        records.purge(call.now);
        if input.get("DryRun").and_then(Value::as_bool) == Some(true) {
            return Err(AwsError::not_implemented("kms", "DryRun"));
        }
        if input.get("GrantTokens").and_then(Value::as_array).is_some_and(|tokens| !tokens.is_empty()) {
            return Err(AwsError::not_implemented("kms", "GrantTokens"));
        }
        let records = &mut *records;
        let output = match operation {
            "CreateKey" => administration::create_key(records, &scope, &input),
            "DescribeKey" => administration::describe_key(records, &scope, &input),
            "ListKeys" => administration::list_keys(records, &scope, &input),
            "GetKeyPolicy" => administration::get_key_policy(records, &scope, &input),
            "PutKeyPolicy" => administration::put_key_policy(records, &scope, &input),
            "ListKeyPolicies" => administration::list_key_policies(records, &scope, &input),
            "EnableKeyRotation" | "DisableKeyRotation" | "GetKeyRotationStatus" => {
                administration::rotation(records, &scope, operation, &input)
            }
            "EnableKey" | "DisableKey" => administration::enable(records, &scope, operation == "EnableKey", &input),
            "ScheduleKeyDeletion" => administration::schedule_deletion(records, &scope, &input),
            "CancelKeyDeletion" => administration::cancel_deletion(records, &scope, &input),
            "UpdateKeyDescription" => administration::update_description(records, &scope, &input),
            "TagResource" | "UntagResource" | "ListResourceTags" => administration::tags(records, &scope, operation, &input),
            "CreateAlias" => alias::create(records, &scope, &input),
            "UpdateAlias" => alias::update(records, &scope, &input),
            "DeleteAlias" => alias::delete(records, &scope, &input),
            "ListAliases" => alias::list(records, &scope, &input),
            "GenerateDataKey" => cryptography::generate_data_key(records, &scope, &input, true),
            "GenerateDataKeyWithoutPlaintext" => cryptography::generate_data_key(records, &scope, &input, false),
            "Encrypt" => cryptography::encrypt(records, &scope, &input),
            "Decrypt" => cryptography::decrypt(records, &scope, &input),
            "ReEncrypt" => cryptography::re_encrypt(records, &scope, &input),
            "GenerateRandom" => cryptography::generate_random(&input),
            _ => Err(AwsError::not_implemented("kms", operation)),
        }?;
        Ok(Reply::from(output))
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        self.named_keys(call, kind, input)
    }

    fn resource_policy(&self, _account: &str, arn: &str) -> Option<ResourcePolicyText> {
        self.key_policy(arn)
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        let records = self.records();
        let own = records.keys.values().filter(|key| key.arn.split(':').nth(4) == Some(call.account()));
        own.map(|key| Tagged { arn: key.arn.clone(), tags: key.tags.clone().into_iter().collect() }).collect()
    }

    fn resource_tags(&self, _account: &str, arn: &str) -> Vec<(String, String)> {
        self.key_tags(arn)
    }
}
