//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::operations;
use nightproof_core::service::{Body, Call, Reply, Service, Tagged};
use nightproof_wire::AwsError;
use serde_json::Value;

use crate::error::dry_run;
use crate::operations::aliases::{self, CreateAlias, DeleteAlias, ListAliases, UpdateAlias};
use crate::operations::cryptographic::Cryptographic;
use crate::operations::cryptography::{
    self, Decrypt, Encrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, GenerateRandom, ReEncrypt,
};
use crate::operations::data_key_pairs::{self, GenerateDataKeyPair, GenerateDataKeyPairWithoutPlaintext};
use crate::operations::grants::{self, CreateGrant, ListGrants, ListRetirableGrants, RetireGrant, RevokeGrant};
use crate::operations::imports::{self, DeleteImportedKeyMaterial, GetParametersForImport, ImportKeyMaterial};
use crate::operations::keys::{
    self, CancelKeyDeletion, CreateKey, DescribeKey, DisableKey, DisableKeyRotation, EnableKey, EnableKeyRotation, GetKeyPolicy,
    GetKeyRotationStatus, ListKeyPolicies, ListKeys, ListResourceTags, PutKeyPolicy, ScheduleKeyDeletion, TagResource,
    UntagResource, UpdateKeyDescription,
};
use crate::operations::replicas::{self, ReplicateKey, UpdatePrimaryRegion};
use crate::operations::rotations::{self, ListKeyRotations, RotateKeyOnDemand};
use crate::operations::signatures::{self, DeriveSharedSecret, GenerateMac, GetPublicKey, Sign, Verify, VerifyMac};
use crate::records::{Kms, Records};
use crate::scope::Scope;

/// An operation: from its input to its output.
type Operation<I> = fn(&mut Records, &Scope<'_>, &I) -> Result<Value, AwsError>;

// An alias needs the permission on itself and on its key.
operations!("kms", Kms:
    CreateKey => create_key: ["= * kms:KeySpec=KeySpec kms:KeyUsage=KeyUsage kms:KeyOrigin=Origin kms:MultiRegion=MultiRegion kms:BypassPolicyLockoutSafetyCheck=BypassPolicyLockoutSafetyCheck", "kms:TagResource * ?Tags"],
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

    ReplicateKey => replicate_key: ["= @key kms:ReplicaRegion=ReplicaRegion", "kms:CreateKey *", "kms:TagResource * ?Tags"],
    UpdatePrimaryRegion => update_primary_region: ["= @key kms:PrimaryRegion=PrimaryRegion", "= @next-primary kms:PrimaryRegion=PrimaryRegion"],

    CreateAlias => on_records(aliases::create): ["= {AliasName}", "= @target-key"],
    UpdateAlias => on_records(aliases::update): ["= {AliasName}", "= @target-key"],
    DeleteAlias => on_records(aliases::delete): ["= {AliasName}", "= @alias-key"],
    ListAliases => on_records(aliases::list): ["= *"],

    GenerateDataKey => by_key(cryptography::generate_data_key): ["= @key kms:EncryptionAlgorithm=EncryptionAlgorithm"],
    GenerateDataKeyWithoutPlaintext => by_key(cryptography::generate_data_key_without_plaintext): ["= @key kms:EncryptionAlgorithm=EncryptionAlgorithm"],
    Encrypt => by_key(cryptography::encrypt): ["= @key kms:EncryptionAlgorithm=EncryptionAlgorithm"],
    Decrypt => by_key(cryptography::decrypt): ["= @ciphertext-key kms:EncryptionAlgorithm=EncryptionAlgorithm"],
    ReEncrypt => by_key(cryptography::re_encrypt): ["kms:ReEncryptFrom @ciphertext-key", "kms:ReEncryptTo @destination-key"],
    GenerateDataKeyPair => generate_data_key_pair: ["= @key kms:DataKeyPairSpec=KeyPairSpec"],
    GenerateDataKeyPairWithoutPlaintext => generate_data_key_pair_without_plaintext: ["= @key kms:DataKeyPairSpec=KeyPairSpec"],

    Sign => by_key(signatures::sign): ["= @key kms:SigningAlgorithm=SigningAlgorithm kms:MessageType=MessageType"],
    Verify => by_key(signatures::verify): ["= @key kms:SigningAlgorithm=SigningAlgorithm kms:MessageType=MessageType"],
    GenerateMac => by_key(signatures::generate_mac): ["= @key kms:MacAlgorithm=MacAlgorithm"],
    VerifyMac => by_key(signatures::verify_mac): ["= @key kms:MacAlgorithm=MacAlgorithm"],
    GetPublicKey => on_records(signatures::get_public_key): ["= @key"],
    DeriveSharedSecret => by_key(signatures::derive_shared_secret): ["= @key kms:KeyAgreementAlgorithm=KeyAgreementAlgorithm"],

    GetParametersForImport => get_parameters_for_import: ["= @key kms:WrappingAlgorithm=WrappingAlgorithm kms:WrappingKeySpec=WrappingKeySpec"],
    ImportKeyMaterial => on_records(imports::import_key_material): ["= @key kms:ExpirationModel=ExpirationModel kms:ValidTo=ValidTo"],
    DeleteImportedKeyMaterial => on_records(imports::delete_imported_key_material): ["= @key"],
    RotateKeyOnDemand => on_records(rotations::rotate_on_demand): ["= @key"],
    ListKeyRotations => on_records(rotations::list_rotations): ["= @key"],

    CreateGrant => create_grant: ["= @key kms:GranteePrincipal=GranteePrincipal kms:RetiringPrincipal=RetiringPrincipal kms:GrantOperations=Operations"],
    ListGrants => on_records(grants::list_grants): ["= @key"],
    ListRetirableGrants => on_records(grants::list_retirable_grants): ["= *"],
    RetireGrant => on_records(grants::retire_grant): ["= @grant-key"],
    RevokeGrant => on_records(grants::revoke_grant): ["= @key"],
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
        self.records().check_tokens(input.grant_tokens())?;
        let dry = input.is_dry_run();
        let output = self.on_records(call, input, operation)?;
        if dry { Err(dry_run()) } else { Ok(output) }
    }

    fn create_key(&self, call: &Call, input: CreateKey) -> Result<Value, AwsError> {
        let new = keys::new_key(&input)?;
        keys::create_key(&mut self.records(), &Scope::new(call), &input, new)
    }

    fn replicate_key(&self, call: &Call, input: ReplicateKey) -> Result<Value, AwsError> {
        let mut records = self.records();
        records.purge(call.now);
        replicas::replicate_key(&mut records, call, &input)
    }

    fn update_primary_region(&self, call: &Call, input: UpdatePrimaryRegion) -> Result<Value, AwsError> {
        let mut records = self.records();
        records.purge(call.now);
        replicas::update_primary_region(&mut records, call, &input)
    }

    fn generate_data_key_pair(&self, call: &Call, input: GenerateDataKeyPair) -> Result<Value, AwsError> {
        let pair = data_key_pairs::pair(&input)?;
        let mut records = self.records();
        records.purge(call.now);
        records.check_tokens(input.grant_tokens())?;
        let output = data_key_pairs::generate_data_key_pair(&mut records, &Scope::new(call), &input, &pair)?;
        if input.is_dry_run() { Err(dry_run()) } else { Ok(output) }
    }

    fn generate_data_key_pair_without_plaintext(
        &self,
        call: &Call,
        input: GenerateDataKeyPairWithoutPlaintext,
    ) -> Result<Value, AwsError> {
        let mut output = self.generate_data_key_pair(call, input)?;
        if let Value::Object(members) = &mut output {
            members.shift_remove("PrivateKeyPlaintext");
        }
        Ok(output)
    }

    fn get_parameters_for_import(&self, call: &Call, input: GetParametersForImport) -> Result<Value, AwsError> {
        let wrapping = imports::wrapping_key(&input)?;
        let mut records = self.records();
        records.purge(call.now);
        imports::get_parameters_for_import(&mut records, &Scope::new(call), &input, wrapping)
    }

    fn create_grant(&self, call: &Call, input: CreateGrant) -> Result<Value, AwsError> {
        let dry = input.dry_run();
        self.records().check_tokens(input.grant_tokens())?;
        let output = self.on_records(call, input, grants::create_grant)?;
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
        let mine = Scope::new(call).arn("key/");
        let own = records.keys.values().filter(|key| key.arn.starts_with(&mine));
        own.map(|key| Tagged { arn: key.arn.clone(), tags: key.tags.clone().into_iter().collect() }).collect()
    }

    fn resource_tags(&self, _account: &str, arn: &str) -> Vec<(String, String)> {
        self.key_tags(arn)
    }
}
