//! Cases about one element of a statement. Each row is put into a statement that allows and into one that denies; both must agree.

use std::collections::BTreeMap;

use nightproof_iam_policy::{
    Context, Decision, Effect, Named, Policies, Policy, PolicyKind, Principal, PrincipalKind, Request, ResourcePolicy,
    ResourceRule, authorize, check_bucket_policy,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::decision::{context, principal};
use super::file::Outcome;

const ACCOUNT: &str = "111122223333";

/// Does a condition hold?
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConditionRow {
    operator: String,
    #[serde(default = "some_key")]
    key: String,
    wanted: Value,
    /// The request's value: text for a single-valued key, a list for a multivalued one; absent if the request does not have it.
    found: Option<Value>,
    /// Further keys of the request.
    #[serde(default)]
    context: BTreeMap<String, Value>,
    #[serde(default = "current")]
    version: String,
    holds: bool,
    /// A part of what is reported as impossible to evaluate.
    problem: Option<String>,
}

fn some_key() -> String {
    "service:Key".to_owned()
}

fn current() -> String {
    "2012-10-17".to_owned()
}

impl ConditionRow {
    pub(crate) fn name(&self) -> String {
        let found = self.found.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
        format!("{} {} wants {} finds {found} {:?} {}", self.operator, self.key, self.wanted, self.context, self.version)
    }

    pub(crate) fn check(&self) -> Outcome {
        let mut context = context(&self.context)?;
        match &self.found {
            None => {}
            Some(Value::Array(values)) => {
                context.insert_all(self.key.clone(), values.iter().map(|value| value.as_str().expect("texts")));
            }
            Some(value) => context.insert(self.key.clone(), value.as_str().ok_or("`found` is text or a list")?),
        }
        let statement = json!({"Action": "*", "Resource": "*", "Condition": {&self.operator: {&self.key: &self.wanted}}});
        let decision = applies(&statement, &self.version, "s3:GetObject", "*", &context, self.holds)?;
        match (&self.problem, decision.errors.as_slice()) {
            (None, []) => Ok(()),
            (Some(part), [error]) if error.contains(part) => Ok(()),
            (_, errors) => Err(format!("errors are {errors:?}")),
        }
    }
}

/// Is an action covered?
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActionRow {
    /// Value of `Action`, or with `not` of `NotAction`.
    pattern: Value,
    #[serde(default)]
    not: bool,
    action: String,
    covers: bool,
}

impl ActionRow {
    pub(crate) fn name(&self) -> String {
        format!("action {} not {} on {}", self.pattern, self.not, self.action)
    }

    pub(crate) fn check(&self) -> Outcome {
        let element = if self.not { "NotAction" } else { "Action" };
        let statement = json!({element: &self.pattern, "Resource": "*"});
        applies(&statement, &current(), &self.action, "*", &Context::new(), self.covers).map(|_| ())
    }
}

/// Is a resource covered?
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourceRow {
    /// Value of `Resource`, or with `not` of `NotResource`.
    pattern: Value,
    #[serde(default)]
    not: bool,
    resource: String,
    #[serde(default)]
    context: BTreeMap<String, Value>,
    #[serde(default = "current")]
    version: String,
    covers: bool,
}

impl ResourceRow {
    pub(crate) fn name(&self) -> String {
        format!("resource {} not {} on {} {:?} {}", self.pattern, self.not, self.resource, self.context, self.version)
    }

    pub(crate) fn check(&self) -> Outcome {
        let element = if self.not { "NotResource" } else { "Resource" };
        let statement = json!({"Action": "*", element: &self.pattern});
        let context = context(&self.context)?;
        applies(&statement, &self.version, "s3:GetObject", &self.resource, &context, self.covers).map(|_| ())
    }
}

/// Puts `statement` into an identity-based policy of the resource's account, once to allow and once to deny.
fn applies(
    statement: &Value,
    version: &str,
    action: &str,
    resource: &str,
    context: &Context,
    expected: bool,
) -> Result<Decision, String> {
    let with = |effect: &str| {
        let mut statement = statement.clone();
        statement["Effect"] = json!(effect);
        json!({"Version": version, "Statement": [statement]}).to_string()
    };
    let everything = json!({"Version": version, "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}).to_string();
    let parse = |text: &str| Policy::parse(text, PolicyKind::Identity).map_err(|error| format!("{error} ({text})"));
    let (allows, denies, everything) = (parse(&with("Allow"))?, parse(&with("Deny"))?, parse(&everything)?);

    let principal =
        Principal { kind: PrincipalKind::User, arn: format!("arn:aws:iam::{ACCOUNT}:user/ann"), account: ACCOUNT.to_owned() };
    let request = Request { principal: &principal, action, resource, resource_account: Some(ACCOUNT), context };
    let decide = |policies: &[&Policy]| {
        let identity = policies.iter().map(|policy| Named { policy, name: "policy" }).collect();
        authorize(&request, &Policies { identity, ..Policies::default() })
    };
    let allowed = decide(&[&allows]);
    let wanted = if expected { Effect::Allow } else { Effect::ImplicitDeny };
    if allowed.effect != wanted {
        return Err(format!("an Allow gives {:?}", allowed.effect));
    }
    let denied = decide(&[&denies, &everything]);
    let wanted = if expected { Effect::ExplicitDeny } else { Effect::Allow };
    if denied.effect != wanted {
        return Err(format!("a Deny gives {:?}", denied.effect));
    }
    Ok(allowed)
}

/// Is a principal named by a resource's policy that allows, and by one that denies?
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrincipalRow {
    /// Value of `Principal`.
    element: Value,
    principal: String,
    #[serde(default)]
    context: BTreeMap<String, Value>,
    covers: bool,
}

impl PrincipalRow {
    pub(crate) fn name(&self) -> String {
        format!("principal {} on {} {:?}", self.element, self.principal, self.context)
    }

    /// A policy that denies tells best, since it does so however directly it names the principal.
    pub(crate) fn check(&self) -> Outcome {
        let everything =
            json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}).to_string();
        let everything = Policy::parse(&everything, PolicyKind::Identity).map_err(|error| error.to_string())?;
        let statement =
            |effect: &str, principal: &Value| json!({"Effect": effect, "Principal": principal, "Action": "*", "Resource": "*"});
        let document =
            json!({"Version": "2012-10-17", "Statement": [statement("Deny", &self.element), statement("Allow", &json!("*"))]});
        let policy = Policy::parse(&document.to_string(), PolicyKind::Resource).map_err(|error| error.to_string())?;
        let principal = principal(&self.principal)?;
        let context = context(&self.context)?;
        let resource =
            ResourcePolicy { policy: Named { policy: &policy, name: "policy" }, rule: ResourceRule::Union, owner: ACCOUNT };
        let identity = vec![Named { policy: &everything, name: "everything" }];
        let policies = Policies { identity, resource: Some(resource), ..Policies::default() };
        let request = Request {
            principal: &principal,
            action: "s3:GetObject",
            resource: "arn:aws:s3:::b/k",
            resource_account: None,
            context: &context,
        };
        let effect = authorize(&request, &policies).effect;
        let wanted = if self.covers { Effect::ExplicitDeny } else { Effect::Allow };
        if effect == wanted { Ok(()) } else { Err(format!("a Deny gives {effect:?}")) }
    }
}

/// Is a document refused, and in which words?
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentRow {
    kind: String,
    /// A document, or text that may be none.
    document: Value,
    /// AWS's message; absent if the document is fine.
    refused: Option<String>,
}

impl DocumentRow {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.kind, self.document)
    }

    pub(crate) fn check(&self) -> Outcome {
        let text = self.document.as_str().map_or_else(|| self.document.to_string(), str::to_owned);
        let result = match self.kind.as_str() {
            "identity" => Policy::parse(&text, PolicyKind::Identity),
            "managed" => Policy::parse(&text, PolicyKind::Identity).and_then(|policy| policy.check_managed().map(|()| policy)),
            "resource" => Policy::parse(&text, PolicyKind::Resource),
            "bucket" => Policy::parse(&text, PolicyKind::Resource)
                .and_then(|policy| check_bucket_policy(&policy, "archives").map(|()| policy)),
            "trust" => Policy::parse(&text, PolicyKind::Trust),
            other => return Err(format!("no kind `{other}`")),
        };
        let message = result.err().map(|error| error.to_string());
        if message == self.refused { Ok(()) } else { Err(format!("says {message:?}")) }
    }
}
