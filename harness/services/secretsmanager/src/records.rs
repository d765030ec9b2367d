//! The records: secrets of all accounts.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use nightproof_core::AccountStore;
use nightproof_core::service::{AwsError, Call};

use crate::error::not_found;
use crate::secret::Secret;

/// The service `secretsmanager`.
#[derive(Debug, Default)]
pub struct SecretsManager {
    accounts: AccountStore<Secrets>,
}

/// The secrets of an account by name.
pub(crate) type Secrets = BTreeMap<String, Secret>;

impl SecretsManager {
    /// A service without secrets.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Runs `act` on the secrets of an account. Synchronous, so that the lock is never held over an await.
    pub(crate) fn with<T>(&self, account: &str, act: impl FnOnce(&mut Secrets) -> T) -> T {
        self.accounts.with(account, act)
    }

    /// Runs `act` on the secret that a request names, whoever owns it. A secret whose recovery window is over is gone.
    pub(crate) fn secret<T>(
        &self,
        call: &Call,
        id: &str,
        act: impl FnOnce(&mut Secret) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        self.with(owner(call, id), |secrets| {
            purge(secrets, call.now);
            secrets.values_mut().find(|secret| is_named(secret, id)).ok_or_else(not_found).and_then(act)
        })
    }
}

/// Secrets whose recovery window is over are gone.
pub(crate) fn purge(secrets: &mut Secrets, now: Timestamp) {
    secrets.retain(|_, secret| secret.deleted.is_none_or(|deleted| deleted > now));
}

/// The account of a secret: that of its ARN, or the caller's.
pub(crate) fn owner<'a>(call: &'a Call, id: &'a str) -> &'a str {
    if id.starts_with("arn:") { nightproof_core::service::arn::account_of(id) } else { call.account() }
}

/// Whether `id` is the secret's name, its ARN, or its ARN without the random characters at its end.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen>
pub(crate) fn is_named(secret: &Secret, id: &str) -> bool {
    secret.name == id || secret.arn == id || secret.arn.rsplit_once('-').is_some_and(|(partial, _)| partial == id)
}
