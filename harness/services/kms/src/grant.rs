//! Grants: what a principal may do with a key, beside its policy.
//! <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::document::put;

/// A grant.
pub(crate) struct Grant {
    pub(crate) id: String,
    pub(crate) key_arn: String,
    /// All tokens that were handed out for it.
    pub(crate) tokens: Vec<String>,
    pub(crate) name: Option<String>,
    pub(crate) grantee: String,
    pub(crate) retiring: Option<String>,
    pub(crate) issuer: String,
    pub(crate) operations: Vec<String>,
    pub(crate) constraints: Constraints,
    pub(crate) created: Timestamp,
}

/// `GrantConstraints`: which encryption context a cryptographic operation must have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Constraints {
    encryption_context_subset: Option<BTreeMap<String, String>>,
    encryption_context_equals: Option<BTreeMap<String, String>>,
}

impl Constraints {
    fn document(&self) -> Value {
        let mut document = json!({});
        if let Some(context) = &self.encryption_context_subset {
            put(&mut document, "EncryptionContextSubset", json!(context));
        }
        if let Some(context) = &self.encryption_context_equals {
            put(&mut document, "EncryptionContextEquals", json!(context));
        }
        document
    }

    /// The constraint as the conditions of a policy's statement; `None` if there is none.
    fn conditions(&self) -> Option<Value> {
        let context = self.encryption_context_equals.as_ref().or(self.encryption_context_subset.as_ref())?;
        let equal = context.iter().map(|(key, value)| (format!("kms:EncryptionContext:{key}"), json!(value)));
        let mut conditions = json!({"StringEquals": equal.collect::<serde_json::Map<_, _>>()});
        if self.encryption_context_equals.is_some() {
            let keys: Vec<&String> = context.keys().collect();
            put(&mut conditions, "ForAllValues:StringEquals", json!({"kms:EncryptionContextKeys": keys}));
        }
        Some(conditions)
    }
}

impl Grant {
    /// An element of `ListGrants`.
    pub(crate) fn document(&self) -> Value {
        let mut document = json!({
            "KeyId": self.key_arn,
            "GrantId": self.id,
            "Name": self.name.as_deref().unwrap_or_default(),
            "CreationDate": self.created,
            "GranteePrincipal": self.grantee,
            "IssuingAccount": self.issuer,
            "Operations": self.operations,
        });
        if let Some(retiring) = &self.retiring {
            put(&mut document, "RetiringPrincipal", json!(retiring));
        }
        if self.constraints != Constraints::default() {
            put(&mut document, "Constraints", self.constraints.document());
        }
        document
    }

    /// The statements that the grant adds to its key's policy. A constraint is for cryptographic operations; a grantee retires a grant only if
    /// that is one of its operations, the retiring principal always.
    pub(crate) fn statements(&self) -> Vec<Value> {
        const WITHOUT_CONTEXT: [&str; 3] = ["CreateGrant", "DescribeKey", "RetireGrant"];
        // A policy has no two statements of one name.
        let statement = |part: &str, principal: &str, operations: Vec<String>, conditions: Option<Value>| {
            let kind = if principal.ends_with(".amazonaws.com") { "Service" } else { "AWS" };
            let mut statement = json!({
                "Sid": format!("{part} {}", self.id),
                "Effect": "Allow",
                "Principal": {kind: principal},
                "Action": operations,
                "Resource": "*",
            });
            if let Some(conditions) = conditions {
                put(&mut statement, "Condition", conditions);
            }
            statement
        };
        let actions = self.operations.iter().map(|operation| format!("kms:{operation}"));
        let conditions = self.constraints.conditions();
        let free = |action: &String| conditions.is_none() || WITHOUT_CONTEXT.iter().any(|name| action.ends_with(name));
        let (plain, bound): (Vec<String>, Vec<String>) = actions.partition(free);
        let mut statements = Vec::new();
        if !plain.is_empty() {
            statements.push(statement("grant", &self.grantee, plain, None));
        }
        if !bound.is_empty() {
            statements.push(statement("constrained grant", &self.grantee, bound, conditions));
        }
        if let Some(retiring) = &self.retiring {
            statements.push(statement("retirement of grant", retiring, vec!["kms:RetireGrant".to_owned()], None));
        }
        statements
    }
}
