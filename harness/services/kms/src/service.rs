//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::service::{Body, Call, Reply, Service, Tagged};
use nightproof_wire::AwsError;
use serde_json::Value;

use crate::operations::{aliases, cryptography, keys};
use crate::records::Kms;
use crate::scope::Scope;

#[async_trait]
impl Service for Kms {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    fn has_resource_policies(&self) -> bool {
        true
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let scope = Scope::new(call);
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
            "CreateKey" => keys::create_key(records, &scope, &input),
            "DescribeKey" => keys::describe_key(records, &scope, &input),
            "ListKeys" => keys::list_keys(records, &scope, &input),
            "GetKeyPolicy" => keys::get_key_policy(records, &scope, &input),
            "PutKeyPolicy" => keys::put_key_policy(records, &scope, &input),
            "ListKeyPolicies" => keys::list_key_policies(records, &scope, &input),
            "EnableKeyRotation" | "DisableKeyRotation" | "GetKeyRotationStatus" => {
                keys::rotation(records, &scope, operation, &input)
            }
            "EnableKey" | "DisableKey" => keys::enable(records, &scope, operation == "EnableKey", &input),
            "ScheduleKeyDeletion" => keys::schedule_deletion(records, &scope, &input),
            "CancelKeyDeletion" => keys::cancel_deletion(records, &scope, &input),
            "UpdateKeyDescription" => keys::update_description(records, &scope, &input),
            "TagResource" | "UntagResource" | "ListResourceTags" => keys::tags(records, &scope, operation, &input),
            "CreateAlias" => aliases::create(records, &scope, &input),
            "UpdateAlias" => aliases::update(records, &scope, &input),
            "DeleteAlias" => aliases::delete(records, &scope, &input),
            "ListAliases" => aliases::list(records, &scope, &input),
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
        let own = records.keys.values().filter(|key| nightproof_core::service::arn::account_of(&key.arn) == call.account());
        own.map(|key| Tagged { arn: key.arn.clone(), tags: key.tags.clone().into_iter().collect() }).collect()
    }

    fn resource_tags(&self, _account: &str, arn: &str) -> Vec<(String, String)> {
        self.key_tags(arn)
    }
}
