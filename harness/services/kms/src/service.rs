//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::operations;
use nightproof_core::service::{Body, Call, Reply, Service, Tagged};
use nightproof_wire::AwsError;
use serde_json::Value;

use crate::error::{dry_run, refuse_tokens};
use crate::operations::aliases::{self, CreateAlias, DeleteAlias, ListAliases, UpdateAlias};
use crate::operations::cryptography::{
    self, Cryptographic, Decrypt, Encrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, GenerateRandom, ReEncrypt,
};
use crate::operations::keys::{
    self, CancelKeyDeletion, CreateKey, DescribeKey, DisableKey, DisableKeyRotation, EnableKey, EnableKeyRotation, GetKeyPolicy,
    GetKeyRotationStatus, ListKeyPolicies, ListKeys, ListResourceTags, PutKeyPolicy, ScheduleKeyDeletion, TagResource,
    UntagResource, UpdateKeyDescription,
};
use crate::records::{Kms, Records};
use crate::scope::Scope;

/// An operation: from its input to its output.
type Operation<I> = fn(&mut Records, &Scope<'_>, &I) -> Result<Value, AwsError>;

// An alias needs the permission on itself and on its key.
operations!("kms", Kms:
    CreateKey => on_records(keys::create_key): ["= * kms:KeySpec=KeySpec kms:KeyUsage=KeyUsage kms:KeyOrigin=Origin kms:MultiRegion=MultiRegion kms:BypassPolicyLockoutSafetyCheck=BypassPolicyLockoutSafetyCheck", "kms:TagResource * ?Tags"],
    DescribeKey => on_records(keys::describe_key): ["= @key"],
    ListKeys => on_records(keys::list_keys): ["= *"],
    GetKeyPolicy => on_records(keys::get_key_policy): ["= @key"],
    PutKeyPolicy => on_records(keys::put_key_policy): ["= @key kms:BypassPolicyLockoutSafetyCheck=BypassPolicyLockoutSafetyCheck"],
    ListKeyPolicies => on_records(keys::list_key_policies): ["= @key"],
    EnableKeyRotation => on_records(keys::enable_rotation): ["= @key"],
    DisableKeyRotation => on_records(keys::disable_rotation): ["= @key"],
    GetKeyRotationStatus => on_records(keys::rotation_status): ["= @key"],
    EnableKey => on_records(keys::enable): ["= @key"],
    DisableKey => on_records(keys::disable): ["= @key"],
    ScheduleKeyDeletion => on_records(keys::schedule_deletion): ["= @key kms:ScheduleKeyDeletionPendingWindowInDays=PendingWindowInDays"],
    CancelKeyDeletion => on_records(keys::cancel_deletion): ["= @key"],
    UpdateKeyDescription => on_records(keys::update_description): ["= @key"],
    TagResource => on_records(keys::tag): ["= @key"],
    UntagResource => on_records(keys::untag): ["= @key"],
    ListResourceTags => on_records(keys::list_tags): ["= @key"],

    CreateAlias => on_records(aliases::create): ["= {AliasName}", "= @target-key"],
    UpdateAlias => on_records(aliases::update): ["= {AliasName}", "= @target-key"],
    DeleteAlias => on_records(aliases::delete): ["= {AliasName}", "= @alias-key"],
    ListAliases => on_records(aliases::list): ["= *"],

    GenerateDataKey => by_key(cryptography::generate_data_key): ["= @key kms:EncryptionAlgorithm=EncryptionAlgorithm"],
    GenerateDataKeyWithoutPlaintext => by_key(cryptography::generate_data_key_without_plaintext): ["= @key kms:EncryptionAlgorithm=EncryptionAlgorithm"],
    Encrypt => by_key(cryptography::encrypt): ["= @key kms:EncryptionAlgorithm=EncryptionAlgorithm"],
    Decrypt => by_key(cryptography::decrypt): ["= @ciphertext-key kms:EncryptionAlgorithm=EncryptionAlgorithm"],
    ReEncrypt => by_key(cryptography::re_encrypt): ["kms:ReEncryptFrom @ciphertext-key", "kms:ReEncryptTo @destination-key"],
    GenerateRandom => on_records(cryptography::generate_random): ["= *"],
);

impl Kms {
    fn on_records<I>(&self, call: &Call, input: I, operation: Operation<I>) -> Result<Value, AwsError> {
        let mut records = self.records();
        records.purge(call.now);
        operation(&mut records, &Scope::new(call), &input)
    }

    /// Cryptography changes no record: whether it would succeed is seen by doing it.
    fn by_key<I: Cryptographic>(&self, call: &Call, input: I, operation: Operation<I>) -> Result<Value, AwsError> {
        refuse_tokens(input.grant_tokens())?;
        let dry = input.is_dry_run();
        let output = self.on_records(call, input, operation)?;
        if dry { Err(dry_run()) } else { Ok(output) }
    }
}

#[async_trait]
impl Service for Kms {
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
