//! The keys that calls of KMS name, their policies and tags.
//! <https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::authorization::{PolicyDocument, ResourcePolicyText};
use nightproof_core::document::Members as _;
use nightproof_core::service::Call;
use nightproof_iam_policy::ResourceRule;
use serde_json::Value;

use crate::document::put;
use crate::grant::Grant;
use crate::key::Blob;
use crate::multi_region::in_region;
use crate::records::Kms;
use crate::scope::Scope;

impl Kms {
    /// Keys by whatever name, the key of an alias, of a ciphertext.
    pub(super) fn named_keys(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        let of_blob = || {
            let blob = STANDARD.decode(input.required("CiphertextBlob")).ok()?;
            Blob::read(&blob).map(|blob| in_region(blob.key_arn, call.region.name()))
        };
        if kind == "next-primary" {
            return self.replica_to_be_primary(call, input).into_iter().collect();
        }
        let name = match kind {
            "key" => input.text("KeyId").map(str::to_owned),
            "target-key" => input.text("TargetKeyId").map(str::to_owned),
            "destination-key" => input.text("DestinationKeyId").map(str::to_owned),
            "alias-key" => input.text("AliasName").map(str::to_owned),
            // A ciphertext of RSA's does not name its key.
            "ciphertext-key" => {
                of_blob().or_else(|| input.text("KeyId").or_else(|| input.text("SourceKeyId")).map(str::to_owned))
            }
            "grant-key" => match input.text("GrantToken") {
                Some(token) => self.records().grant_by_token(token).ok().map(|grant| grant.key_arn.clone()),
                None => input.text("KeyId").map(str::to_owned),
            },
            _ => None,
        };
        let resolved = name.and_then(|name| self.records().resolve(&Scope::new(call), &name).ok());
        resolved.into_iter().collect()
    }

    /// The replica of a key in the region that is to have the primary.
    fn replica_to_be_primary(&self, call: &Call, input: &Value) -> Option<String> {
        let mut records = self.records();
        let own = records.resolve(&Scope::new(call), input.text("KeyId")?).ok()?;
        let next = in_region(&own, input.text("PrimaryRegion")?);
        records.keys.contains_key(&next).then_some(next)
    }

    /// The policy of a key, with what its grants allow.
    pub(super) fn key_policy(&self, arn: &str) -> Option<ResourcePolicyText> {
        let records = self.records();
        let key = records.keys.get(arn)?;
        let granted: Vec<Value> =
            records.grants.values().filter(|grant| grant.key_arn == arn).flat_map(Grant::statements).collect();
        Some(ResourcePolicyText {
            name: format!("policy of key {}", arn.rsplit('/').next().unwrap_or(arn)),
            document: Some(with_statements(&key.policy, granted)),
            rule: ResourceRule::Required,
            owner: key.account().to_owned(),
            restricts_public: false,
        })
    }

    /// The tags of a key.
    pub(super) fn key_tags(&self, arn: &str) -> Vec<(String, String)> {
        self.records().keys.get(arn).map(|key| key.tags.clone().into_iter().collect()).unwrap_or_default()
    }
}

/// A policy with more statements.
fn with_statements(policy: &PolicyDocument, more: Vec<Value>) -> PolicyDocument {
    let Some(mut document) = serde_json::from_str::<Value>(policy).ok().filter(|_| !more.is_empty()) else {
        return policy.clone();
    };
    let mut statements = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    statements.extend(more);
    put(&mut document, "Statement", statements.into());
    PolicyDocument::of_resource(document.to_string())
}
