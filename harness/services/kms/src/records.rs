//! The records of all accounts: keys and aliases.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::arn;
use nightproof_wire::AwsError;
use parking_lot::{Mutex, MutexGuard};

use crate::error::not_found;
use crate::grant::Grant;
use crate::import::Import;
use crate::key::{Key, NewKey, State};
use crate::key_policy::managed_policy;
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
        match key_arn.filter(|key_arn| self.keys.contains_key(key_arn)) {
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
        const SERVICES: [&str; 9] = ["s3", "ebs", "ssm", "sqs", "sns", "lambda", "secretsmanager", "rds", "dynamodb"];
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

    /// Keys whose waiting period is over are gone, and their aliases with them.
    pub(crate) fn purge(&mut self, now: Timestamp) {
        self.keys.retain(|_, key| !matches!(key.state, State::PendingDeletion { until, .. } if until <= now));
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
