//! The records of all accounts: keys and aliases.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::arn;
use nightproof_wire::AwsError;
use parking_lot::{Mutex, MutexGuard};

use crate::error::not_found;
use crate::grant::Grant;
use crate::import::Import;
use crate::key::{Key, NewKey, State};
use crate::key_policy::managed_policy;
use crate::multi_region::MultiRegion;
use crate::scope::Scope;

/// The service `kms`.
pub struct Kms {
    pub(crate) records: Mutex<Records>,
}

impl Kms {
    /// A KMS without keys.
    pub fn new() -> Arc<Self> {
        Arc::new(Self { records: Mutex::default() })
    }

    pub(crate) fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock()
    }
}

/// Keys and aliases of all accounts.
#[derive(Default)]
pub(crate) struct Records {
    /// By key ARN.
    pub(crate) keys: BTreeMap<String, Key>,
    /// Alias ARN to its alias.
    pub(crate) aliases: BTreeMap<String, Alias>,
    /// By their ids.
    pub(crate) grants: BTreeMap<String, Grant>,
    /// What key material may be imported by, by import token.
    pub(crate) imports: BTreeMap<String, Import>,
}

pub(crate) struct Alias {
    pub(crate) key_arn: String,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

impl Records {
    /// The ARN of the key that `name` stands for: key id, key ARN, alias name or alias ARN.
    pub(crate) fn resolve(&mut self, scope: &Scope<'_>, name: &str) -> Result<String, AwsError> {
        let arn = if name.starts_with("arn:") {
            name.to_owned()
        } else if name.starts_with("alias/") {
            scope.arn(name)
        } else if is_key_id(name) {
            scope.arn(&format!("key/{name}"))
        } else {
            return Err(not_found(format!("Invalid keyId '{name}'")));
        };
        if let Some(service) = arn.split_once(":alias/aws/").map(|(_, service)| service.to_owned()) {
            self.managed_key(scope, &arn, &service);
        }
        let is_alias = arn.contains(":alias/");
        let key_arn = if is_alias { self.aliases.get(&arn).map(|alias| alias.key_arn.clone()) } else { Some(arn.clone()) };
        match key_arn.filter(|key_arn| arn::region_of(&arn) == scope.region && self.keys.contains_key(key_arn)) {
            Some(key_arn) => Ok(key_arn),
            None if is_alias => Err(not_found(format!("Alias {arn} is not found."))),
            None if arn::region_of(&arn) != scope.region => Err(not_found(format!("Invalid arn {}", arn::region_of(&arn)))),
            None => Err(not_found(format!("Key '{arn}' does not exist"))),
        }
    }

    pub(crate) fn key(&mut self, scope: &Scope<'_>, name: &str) -> Result<&mut Key, AwsError> {
        let arn = self.resolve(scope, name)?;
        self.keys.get_mut(&arn).ok_or_else(|| not_found(format!("Key '{arn}' does not exist")))
    }

    /// As [`Records::key`], for operations that take no alias.
    pub(crate) fn key_by_id(&mut self, scope: &Scope<'_>, name: &str) -> Result<&mut Key, AwsError> {
        if name.starts_with("alias/") || name.contains(":alias/") {
            return Err(not_found(format!("Invalid keyId {name}")));
        }
        self.key(scope, name)
    }

    /// The grant that a token was handed out for.
    pub(crate) fn grant_by_token(&self, token: &str) -> Result<&Grant, AwsError> {
        let grant = self.grants.values().find(|grant| grant.tokens.iter().any(|one| one == token));
        grant.ok_or_else(|| AwsError::new("InvalidGrantTokenException", 400, ""))
    }

    /// Refuses tokens that are of no grant. One that is has no effect: a grant is in force at once.
    pub(crate) fn check_tokens(&self, tokens: &[String]) -> Result<(), AwsError> {
        tokens.iter().try_for_each(|token| self.grant_by_token(token).map(|_| ()))
    }

    /// Makes the key that AWS manages for one of its services, when an account first uses it.
    pub(crate) fn managed_key(&mut self, scope: &Scope<'_>, alias_arn: &str, service: &str) {
        const SERVICES: [&str; 10] = ["s3", "ebs", "ssm", "sqs", "sns", "lambda", "secretsmanager", "rds", "dynamodb", "kinesis"];
        let ours = alias_arn.starts_with(&scope.arn("alias/aws/"));
        if !ours || self.aliases.contains_key(alias_arn) || !SERVICES.contains(&service) {
            return;
        }
        let policy = PolicyDocument::of_resource(managed_policy(scope, service));
        let Ok(new) = NewKey::symmetric() else { return };
        let mut key = Key::new(scope.region, scope.account, policy, scope.now, new);
        key.managed_by_aws = true;
        key.rotation = Some(365);
        key.description = format!("Default key that protects my {} data when no other key is defined", service.to_uppercase());
        let alias = Alias { key_arn: key.arn.clone(), created: scope.now, updated: scope.now };
        self.aliases.insert(alias_arn.to_owned(), alias);
        self.keys.insert(key.arn.clone(), key);
    }

    /// Tells all related keys who is the primary and who are the replicas, and the replicas what they share with their primary.
    pub(crate) fn relate(&mut self, primary: &str) {
        let Some(found) = self.keys.get(primary) else { return };
        let (id, rotation, external) = (found.id.clone(), found.rotation, found.external);
        let (material, material_id) = (found.material.clone(), found.material_id.clone());
        let is_replica = |key: &&Key| key.id == id && key.arn != primary;
        let replicas: Vec<String> = self.keys.values().filter(is_replica).map(|key| key.arn.clone()).collect();
        let related = MultiRegion { primary: primary.to_owned(), replicas };
        for key in self.keys.values_mut().filter(|key| key.id == id) {
            key.multi_region = Some(related.clone());
            key.rotation = rotation;
            // Imported material is imported into each key by itself.
            if key.arn != primary && !external {
                key.material.clone_from(&material);
                key.material_id.clone_from(&material_id);
            }
        }
    }

    /// Lets the waiting period of each primary begin whose last replica is gone; tells the others which are left.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/deleting-mrks.html>
    pub(crate) fn settle_replicas(&mut self, now: Timestamp) {
        let gone = |key: &Key, keys: &BTreeMap<String, Key>| {
            key.multi_region.as_ref().is_some_and(|related| related.replicas.iter().any(|arn| !keys.contains_key(arn)))
        };
        let changed: Vec<String> =
            self.keys.values().filter(|key| key.is_primary() && gone(key, &self.keys)).map(|key| key.arn.clone()).collect();
        for primary in changed {
            self.relate(&primary);
            let Some(key) = self.keys.get_mut(&primary) else { continue };
            let is_last = key.multi_region.as_ref().is_some_and(|related| related.replicas.is_empty());
            if let (State::PendingReplicaDeletion { days }, true) = (key.state, is_last) {
                let until = now.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(now);
                key.state = State::PendingDeletion { until, days };
            }
        }
    }

    /// Keys whose waiting period is over are gone, and their aliases with them.
    pub(crate) fn purge(&mut self, now: Timestamp) {
        self.keys.retain(|_, key| !matches!(key.state, State::PendingDeletion { until, .. } if until <= now));
        self.settle_replicas(now);
        self.keys.values_mut().filter(|key| key.expires.is_some_and(|at| at <= now)).for_each(Key::delete_material);
        self.imports.retain(|_, import| import.forgotten > now);
        let keys = &self.keys;
        self.grants.retain(|_, grant| keys.contains_key(&grant.key_arn));
        self.aliases.retain(|_, alias| keys.contains_key(&alias.key_arn));
    }
}

/// A UUID, or that of a multi-Region key.
fn is_key_id(name: &str) -> bool {
    match name.strip_prefix("mrk-") {
        Some(rest) => rest.len() == 32 && rest.chars().all(|c| c.is_ascii_hexdigit()),
        None => name.len() == 36 && uuid::Uuid::try_parse(name).is_ok(),
    }
}
