//! Policies of an account's log groups: who else may write to them.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html>

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::authorization::{PolicyDocument, ResourcePolicyText};
use nightproof_iam_policy::ResourceRule;
use serde_json::{Value, json};

/// A policy by its name.
#[derive(Debug, Clone)]
pub(crate) struct ResourcePolicy {
    pub(crate) name: String,
    /// As it was given.
    pub(crate) text: String,
    pub(crate) updated: Timestamp,
}

/// The policies of an account, which hold for all of its groups at once.
#[derive(Debug, Default)]
pub(crate) struct ResourcePolicies {
    pub(crate) by_name: BTreeMap<String, ResourcePolicy>,
    /// All statements of those that can be read.
    together: Option<PolicyDocument>,
}

impl ResourcePolicy {
    /// With the policy as it was given.
    pub(crate) fn describe(&self) -> Value {
        self.describe_as(&self.text)
    }

    /// With the policy as AWS lists it: the version is always there, and a list of one principal is that principal.
    pub(crate) fn describe_normalized(&self) -> Value {
        let Ok(Value::Object(mut document)) = serde_json::from_str(&self.text) else { return self.describe() };
        document.entry("Version").or_insert_with(|| "2008-10-17".into());
        let statements = match document.get_mut("Statement") {
            Some(Value::Array(statements)) => statements.iter_mut().collect(),
            Some(statement) => vec![statement],
            None => Vec::new(),
        };
        for principals in statements.into_iter().filter_map(|statement| statement.get_mut("Principal")?.as_object_mut()) {
            for principal in principals.values_mut() {
                if let Some([only]) = principal.as_array().map(Vec::as_slice) {
                    *principal = only.clone();
                }
            }
        }
        self.describe_as(&Value::Object(document).to_string())
    }

    fn describe_as(&self, document: &str) -> Value {
        json!({
            "policyName": self.name,
            "policyDocument": document,
            "lastUpdatedTime": self.updated.as_millisecond(),
            "policyScope": "ACCOUNT",
        })
    }
}

impl ResourcePolicies {
    pub(crate) fn put(&mut self, policy: ResourcePolicy) {
        self.by_name.insert(policy.name.clone(), policy);
        self.gather();
    }

    /// Whether there was one of that name.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        let removed = self.by_name.remove(name).is_some();
        self.gather();
        removed
    }

    fn gather(&mut self) {
        let readable = self.by_name.values().filter(|policy| PolicyDocument::of_resource(policy.text.as_str()).policy().is_ok());
        let statements = readable.flat_map(|policy| {
            let document: Value = serde_json::from_str(&policy.text).unwrap_or_default();
            match document.get("Statement") {
                Some(Value::Array(statements)) => statements.clone(),
                Some(statement) => vec![statement.clone()],
                None => Vec::new(),
            }
        });
        let mut statements: Vec<Value> = statements.collect();
        // Ids of statements are unique in one policy, and not in all of them.
        for statement in statements.iter_mut().filter_map(Value::as_object_mut) {
            statement.remove("Sid");
        }
        let document = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        self.together = (!statements.is_empty()).then(|| PolicyDocument::of_resource(document.as_str()));
    }

    /// What they say of a resource of the account.
    pub(crate) fn text(&self, account: &str) -> Option<ResourcePolicyText> {
        let document = self.together.clone()?;
        Some(ResourcePolicyText {
            name: "resource policies of CloudWatch Logs".to_owned(),
            document: Some(document),
            rule: ResourceRule::Union,
            owner: account.to_owned(),
            restricts_public: false,
        })
    }
}
