//! The functions, layers and mappings that calls of Lambda name, their policies and tags.

use nightproof_core::authorization::ResourcePolicyText;
use nightproof_core::document::Members as _;
use nightproof_core::service::{Call, Tagged};
use nightproof_iam_policy::ResourceRule;
use serde_json::Value;

use crate::function_name::FunctionName;
use crate::layer::LayerName;
use crate::records::Lambda;

impl Lambda {
    /// What a call names: functions by name or ARN, with the version or alias, if it names one; layers; mappings.
    pub(super) fn named(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        let named = match kind {
            "layer" => input.text("LayerName").map(|name| LayerName::read(call, name).arn()),
            "layerversion" => input
                .text("LayerName")
                .map(|name| LayerName::read(call, name).version_arn(input.number("VersionNumber").unwrap_or_default())),
            "mapping" => input.text("UUID").map(|uuid| call.arn("lambda", format!("event-source-mapping:{uuid}"))),
            _ => input
                .text("FunctionName")
                .map(|name| FunctionName::of_reference(call, name, input.text("Qualifier")).qualified_arn()),
        };
        named.into_iter().collect()
    }

    /// The policy of a function or layer, whoever asks for it.
    pub(super) fn policy_of(&self, arn: &str) -> Option<ResourcePolicyText> {
        // arn:partition:lambda:region:account:function:name, and possibly a version or alias.
        let mut parts = arn.split(':').skip(4);
        let account = parts.next()?;
        let (kind, name, version) = (parts.next()?, parts.next()?, parts.next());
        let accounts = self.accounts.lock();
        let records = accounts.get(account)?;
        let document = match kind {
            "function" => {
                // Versions and aliases have policies of their own; `$LATEST` has the function's.
                let key = version.filter(|version| *version != "$LATEST").unwrap_or_default();
                let policy = records.functions.get(name)?.policies.get(key);
                policy.filter(|policy| !policy.statements.is_empty()).and_then(|policy| policy.document.clone())
            }
            "layer" => {
                let number = version?.parse().ok()?;
                let policy = records.layers.get(name)?.versions.get(&number)?.policy.as_ref();
                policy.filter(|policy| !policy.statements.is_empty()).map(|policy| policy.document.clone())
            }
            _ => return None,
        };
        Some(ResourcePolicyText {
            name: format!("policy of {kind} {name}"),
            document,
            rule: ResourceRule::Union,
            owner: account.to_owned(),
            restricts_public: false,
        })
    }

    /// The tags of a function or mapping.
    pub(super) fn tags_at(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        let mut parts = arn.split(':').skip(5);
        let accounts = self.accounts.lock();
        let found = match (parts.next(), parts.next(), accounts.get(account)) {
            (Some("function"), Some(name), Some(records)) => records.functions.get(name).map(|function| function.tags.pairs()),
            (Some("event-source-mapping"), Some(uuid), Some(records)) => {
                records.mappings.get(uuid).map(|mapping| mapping.tags.pairs())
            }
            _ => None,
        };
        found.unwrap_or_default()
    }

    /// All that can have tags.
    pub(super) fn all_tagged(&self, account: &str) -> Vec<Tagged> {
        let accounts = self.accounts.lock();
        let Some(records) = accounts.get(account) else { return Vec::new() };
        let functions =
            records.functions.values().map(|function| Tagged { arn: function.arn().to_owned(), tags: function.tags.pairs() });
        let mappings = records.mappings.values().map(|mapping| Tagged { arn: mapping.arn.clone(), tags: mapping.tags.pairs() });
        functions.chain(mappings).collect()
    }
}
