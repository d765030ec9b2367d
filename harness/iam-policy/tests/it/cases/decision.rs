//! Cases of whole decisions.

use std::collections::BTreeMap;

use nightproof_iam_policy::{
    Context, Decision, Miss, Named, Policies, Policy, PolicyKind, Principal, PrincipalKind, Request, ResourcePolicy,
    ResourceRule, StatementRef, authorize,
};
use serde::Deserialize;
use serde_json::Value;

use super::file::{CaseFile, Outcome};

/// One request before the policies that apply to it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionCase {
    pub(crate) name: String,
    principal: String,
    #[serde(default)]
    identity: Vec<Value>,
    boundary: Option<Value>,
    session: Option<Vec<Value>>,
    resource_policy: Option<Value>,
    /// Of the resource's policy: `union`, `key` or `trust`.
    #[serde(default = "union")]
    rule: String,
    /// Account that owns the resource.
    #[serde(default = "own_account")]
    owner: String,
    action: String,
    resource: String,
    #[serde(default)]
    context: BTreeMap<String, Value>,
    /// `allow`, `explicit deny in <layer>` or `implicit deny in <layer>`.
    expect: String,
    /// The deciding statements: `policy#Sid`, or `policy#index` for one without `Sid`.
    #[serde(default)]
    deciding: Vec<String>,
    /// The nearest misses, nearest first: `policy#Sid condition key`, `policy#Sid principal` or `policy#Sid resource`.
    nearest: Option<Vec<String>>,
    /// The tail of AWS's message.
    because: Option<String>,
}

fn union() -> String {
    "union".to_owned()
}

fn own_account() -> String {
    "111122223333".to_owned()
}

impl DecisionCase {
    pub(crate) fn check(&self, file: &CaseFile) -> Outcome {
        let parse = |value: &Value, kind| file.policy(value, kind);
        let identity: Vec<Policy> =
            self.identity.iter().map(|value| parse(value, PolicyKind::Identity)).collect::<Result<_, _>>()?;
        let boundary = self.boundary.as_ref().map(|value| parse(value, PolicyKind::Identity)).transpose()?;
        let session: Option<Vec<Policy>> = match &self.session {
            Some(list) => Some(list.iter().map(|value| parse(value, PolicyKind::Identity)).collect::<Result<_, _>>()?),
            None => None,
        };
        let (kind, rule) = match self.rule.as_str() {
            "union" => (PolicyKind::Resource, ResourceRule::Union),
            "key" => (PolicyKind::Resource, ResourceRule::Required),
            "trust" => (PolicyKind::Trust, ResourceRule::Required),
            other => return Err(format!("no rule `{other}`")),
        };
        let resource = self.resource_policy.as_ref().map(|value| parse(value, kind)).transpose()?;

        let policies = Policies {
            identity: named(&identity, &self.identity),
            boundary: boundary.as_ref().map(|policy| Named { policy, name: label(self.boundary.as_ref()) }),
            session: session.as_ref().map(|list| named(list, self.session.as_deref().unwrap_or_default())),
            resource: resource.as_ref().map(|policy| ResourcePolicy {
                policy: Named { policy, name: label(self.resource_policy.as_ref()) },
                rule,
                owner: &self.owner,
            }),
        };
        let principal = principal(&self.principal)?;
        let context = context(&self.context)?;
        let request = Request {
            principal: &principal,
            action: &self.action,
            resource: &self.resource,
            resource_account: Some(&self.owner),
            context: &context,
        };
        self.compare(&authorize(&request, &policies))
    }

    fn compare(&self, decision: &Decision) -> Outcome {
        let effect = match format!("{:?}", decision.effect).as_str() {
            "Allow" => "allow".to_owned(),
            "ExplicitDeny" => format!("explicit deny in {:?}", decision.layer).to_lowercase(),
            _ => format!("implicit deny in {:?}", decision.layer).to_lowercase(),
        };
        if effect != self.expect {
            return Err(format!("{effect}; {decision:?}"));
        }
        let deciding: Vec<_> = decision.deciding.iter().map(told).collect();
        if deciding != self.deciding {
            return Err(format!("decided by {deciding:?}"));
        }
        let nearest: Vec<_> =
            decision.nearest.iter().map(|near| format!("{} {}", told(&near.statement), missed(&near.miss))).collect();
        if self.nearest.as_ref().is_some_and(|wanted| *wanted != nearest) {
            return Err(format!("nearest are {nearest:?}"));
        }
        let because = decision.because(&self.action);
        if self.because.as_ref().is_some_and(|wanted| *wanted != because) {
            return Err(format!("says {because:?}"));
        }
        Ok(())
    }
}

fn told(statement: &StatementRef) -> String {
    let place = statement.sid.clone().unwrap_or_else(|| statement.index.to_string());
    format!("{}#{place}", statement.policy)
}

fn missed(miss: &Miss) -> String {
    match miss {
        Miss::Condition { key, .. } => format!("condition {key}"),
        Miss::Principal { .. } => "principal".to_owned(),
        Miss::Resource { .. } => "resource".to_owned(),
    }
}

fn label(reference: Option<&Value>) -> &str {
    reference.and_then(Value::as_str).unwrap_or("inline")
}

fn named<'a>(policies: &'a [Policy], references: &'a [Value]) -> Vec<Named<'a>> {
    policies.iter().zip(references).map(|(policy, reference)| Named { policy, name: label(Some(reference)) }).collect()
}

/// `user ann`, `session role/name`, `root`, `service events.amazonaws.com`, `anonymous`; behind `@`, another account than 111122223333.
pub(crate) fn principal(text: &str) -> Result<Principal, String> {
    let (text, account) = text.split_once('@').unwrap_or((text, "111122223333"));
    let (kind, name) = text.split_once(' ').unwrap_or((text, ""));
    let (kind, arn) = match kind {
        "root" => (PrincipalKind::Root, format!("arn:aws:iam::{account}:root")),
        "user" => (PrincipalKind::User, format!("arn:aws:iam::{account}:user/{name}")),
        "session" => {
            // The role's path is not part of the session's ARN.
            let (role, session) = name.rsplit_once('/').ok_or("a session has a role")?;
            let short = role.rsplit('/').next().unwrap_or(role);
            let role_arn = format!("arn:aws:iam::{account}:role/{role}");
            (PrincipalKind::Session { role_arn }, format!("arn:aws:sts::{account}:assumed-role/{short}/{session}"))
        }
        "federated" => {
            let role_arn = format!("arn:aws:iam::{account}:user/{name}");
            (PrincipalKind::Session { role_arn }, format!("arn:aws:sts::{account}:federated-user/{name}"))
        }
        "service" => (PrincipalKind::Service, name.to_owned()),
        "anonymous" => (PrincipalKind::Anonymous, "*".to_owned()),
        other => return Err(format!("no kind of principal `{other}`")),
    };
    Ok(Principal { kind, arn, account: account.to_owned() })
}

/// Condition keys: text for a single-valued one, a list for a multivalued one.
pub(crate) fn context(keys: &BTreeMap<String, Value>) -> Result<Context, String> {
    let mut context = Context::new();
    for (key, value) in keys {
        match value {
            Value::String(text) => context.insert(key.clone(), text.as_str()),
            Value::Array(list) => context.insert_all(key.clone(), list.iter().map(|item| item.as_str().expect("texts"))),
            other => return Err(format!("{key} is {other}")),
        }
    }
    Ok(context)
}
