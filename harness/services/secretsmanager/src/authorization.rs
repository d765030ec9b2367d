//! The secrets that calls name, their policies and tags.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html>

use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::document::Members as _;
use nightproof_core::service::Call;
use nightproof_iam_policy::ResourceRule;
use serde_json::Value;

use crate::records::{SecretsManager, is_named, owner};
use crate::secret::Secret;

impl SecretsManager {
    /// The ARN of the secret with this name or ARN. Of a secret that does not exist, or not yet, the random end of the ARN is unknown:
    /// `name-??????`, which the patterns that AWS recommends for policies match.
    pub(super) fn named_secret(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        let id = match kind {
            "secret" => input.required("SecretId"),
            "new-secret" => input.required("Name"),
            _ => return Vec::new(),
        };
        let found = self.with(owner(call, id), |secrets| {
            secrets.values().find(|secret| is_named(secret, id)).map(|secret| secret.arn.clone())
        });
        let unknown = || match id.starts_with("arn:") {
            true => id.to_owned(),
            false => call.arn("secretsmanager", format!("secret:{id}-??????")),
        };
        vec![found.unwrap_or_else(unknown)]
    }

    fn by_arn<T>(&self, arn: &str, read: impl FnOnce(&Secret) -> T) -> Option<T> {
        let account = nightproof_core::service::arn::account_of(arn);
        self.with(account, |secrets| secrets.values().find(|secret| secret.arn == arn).map(read))
    }

    /// The policy of a secret.
    pub(super) fn secret_policy(&self, arn: &str) -> Option<ResourcePolicyText> {
        self.by_arn(arn, |secret| ResourcePolicyText {
            name: format!("policy of secret {}", secret.name),
            document: secret.policy.clone(),
            rule: ResourceRule::Union,
            owner: secret.owner().to_owned(),
            restricts_public: false,
        })
    }

    /// The tags of a secret.
    pub(super) fn secret_tags(&self, arn: &str) -> Vec<(String, String)> {
        self.by_arn(arn, |secret| secret.tags.pairs()).unwrap_or_default()
    }
}
