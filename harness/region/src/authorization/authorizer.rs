//! Puts a call before the evaluator.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use firedrill_iam::{
    Context, Decision, Effect, Layer, Named, Policies, Policy, PolicyKind, Request, ResourcePolicy, ResourceRule,
};
use firedrill_journal::{Check, Event};
use serde_json::{Value, json};

use super::documents::Documents;
use super::principal::{Document, Subject};
use super::{Need, ResourcePolicyText, by_itself, context, denial, table};
use crate::credentials::random_string;
use crate::service::{AwsError, Call};
use crate::services::iam::Iam;
use crate::services::sts::Sts;
use crate::{Principal, Region};

/// Decides who may do what, by the policies that IAM and the services hold.
pub(crate) struct Authorizer {
    iam: Arc<Iam>,
    sts: Arc<Sts>,
    documents: Documents,
    /// What EC2's denials carry, for `sts:DecodeAuthorizationMessage`.
    encoded: Mutex<HashMap<String, String>>,
}

/// A call to be decided on, with what all its needs share. Most calls of a drill are the root user's, who needs neither subject nor
/// context nor policies: they are made when first asked for.
struct Asked<'a> {
    authorizer: &'a Authorizer,
    call: &'a Call,
    service: &'a str,
    input: &'a Value,
    subject: OnceCell<Subject>,
    context: OnceCell<Arc<Context>>,
    held: OnceCell<Held>,
}

/// The policies that the principal brings along, parsed.
struct Held {
    identity: Vec<Parsed>,
    /// `Some(None)`: one that cannot be read.
    boundary: Option<Option<Parsed>>,
    session: Option<Vec<Parsed>>,
    errors: Vec<String>,
}

/// A policy and what to call it.
type Parsed = (Arc<Policy>, String);

impl Asked<'_> {
    fn subject(&self) -> &Subject {
        self.subject.get_or_init(|| Subject::of(&self.call.caller, &self.authorizer.iam, &self.authorizer.sts))
    }

    fn context(&self) -> &Arc<Context> {
        self.context.get_or_init(|| Arc::new(context::of_call(self.call, self.service, self.input, self.subject())))
    }

    fn held(&self) -> &Held {
        self.held.get_or_init(|| self.authorizer.held(self.subject()))
    }

    /// Whether nothing could keep the caller from it, as long as the resource has no policy: the root user may do all that its account may.
    fn is_roots_own(&self, need: &Need) -> bool {
        self.call.caller.principal == Principal::Root && account_of(need).is_none_or(|account| account == self.call.account())
    }
}

impl Authorizer {
    pub(crate) fn new(iam: Arc<Iam>, sts: Arc<Sts>) -> Self {
        Self { iam, sts, documents: Documents::default(), encoded: Mutex::default() }
    }

    /// Whether the call may go on to its service. Checks whatever the operation's entries in the tables ask for; an operation
    /// without an entry is not implemented.
    pub(crate) async fn authorize(&self, call: &Call, service: &str, operation: &str, input: &Value) -> Result<(), AwsError> {
        let rows = table::rows(service, operation).ok_or_else(|| AwsError::not_implemented(service, operation))?;
        let mut needs = Vec::new();
        for row in rows.iter().filter(|row| row.applies(input)) {
            let resolved = match row.kind() {
                Some(kind) => match call.region.service(service) {
                    Some(service) => service.resources(call, kind, input).await,
                    None => Vec::new(),
                },
                None => Vec::new(),
            };
            needs.extend(row.needs(call, input, resolved));
        }
        for need in &needs {
            if let Some(service) = need.resource.split(':').nth(2).and_then(|owner| call.region.service(owner)) {
                service.prepare(call, &need.resource).await;
            }
        }
        self.settle(call, service, input, needs)
    }

    /// Whether the caller may do one more thing in the course of a call: delete this key, read this source.
    pub(crate) fn check(&self, call: &Call, service: &str, need: Need) -> Result<(), AwsError> {
        self.settle(call, service, &Value::Null, vec![need])
    }

    /// Decides on the needs in their order, up to the first that is refused.
    fn settle(&self, call: &Call, service: &str, input: &Value, needs: Vec<Need>) -> Result<(), AwsError> {
        let (subject, context, held) = Default::default();
        let asked = Asked { authorizer: self, call, service, input, subject, context, held };
        let mut checks = Vec::new();
        let mut refused = None;
        for need in needs {
            let decision = self.decide(&asked, &need);
            if decision.effect != Effect::Allow {
                refused = Some(self.refuse(&asked, &need, &decision));
            }
            checks.push((need, decision));
            if refused.is_some() {
                break;
            }
        }
        record(call, checks);
        refused.map_or(Ok(()), Err)
    }

    /// What an encoded authorization failure message says.
    pub(crate) fn decoded(&self, message: &str) -> Option<String> {
        self.encoded.lock().unwrap_or_else(PoisonError::into_inner).get(message).cloned()
    }

    fn parse(&self, document: &Document, kind: PolicyKind, errors: &mut Vec<String>) -> Option<Parsed> {
        match self.documents.parse(&document.text, kind) {
            Ok(policy) => Some((policy, document.name.clone())),
            Err(error) => {
                errors.push(format!("{}: {error}", document.name));
                None
            }
        }
    }

    fn held(&self, subject: &Subject) -> Held {
        let mut errors = Vec::new();
        let mut parse = |document: &Document| self.parse(document, PolicyKind::Identity, &mut errors);
        let identity = subject.identity.iter().filter_map(&mut parse).collect();
        let boundary = subject.boundary.as_ref().map(&mut parse);
        let session = subject.session.as_ref().map(|session| session.iter().filter_map(&mut parse).collect());
        Held { identity, boundary, session, errors }
    }

    fn decide(&self, asked: &Asked<'_>, need: &Need) -> Decision {
        let call = asked.call;
        if let Principal::Service { name } = &call.caller.principal
            && by_itself::allowed(name, &need.action)
        {
            return Decision::without_statements(Effect::Allow, Layer::Resource, Vec::new());
        }
        let prefix = need.action.split(':').next().unwrap_or_default();
        // A bucket's policy has no say in whether another one may be made with its name: that is refused by the service, as taken.
        let owner = call.region.service(prefix).filter(|_| need.action != "s3:CreateBucket");
        let of_resource = owner.and_then(|service| service.resource_policy(call.account(), &need.resource));
        if of_resource.is_none() && asked.is_roots_own(need) {
            return Decision::without_statements(Effect::Allow, Layer::Identity, Vec::new());
        }
        let context = of_need(&call.region, asked, need, prefix);
        let Held { identity, boundary, session, errors } = asked.held();
        let mut errors = errors.clone();
        let resource = of_resource.as_ref().and_then(|held| {
            let kind = if prefix == "sts" { PolicyKind::Trust } else { PolicyKind::Resource };
            self.parse(&Document { name: held.name.clone(), text: held.document.clone()? }, kind, &mut errors)
        });
        // A boundary, and a policy that must itself allow, cannot be read: then nothing is allowed.
        let unreadable = match (boundary, &of_resource) {
            (Some(None), _) => Some(Layer::Boundary),
            (_, Some(held)) if resource.is_none() && held.rule == ResourceRule::Required => Some(Layer::Resource),
            _ => None,
        };
        if let Some(layer) = unreadable {
            return Decision::without_statements(Effect::ImplicitDeny, layer, errors);
        }
        let policies = Policies {
            identity: named(identity),
            boundary: boundary.as_ref().and_then(Option::as_ref).map(|(policy, name)| Named { policy, name }),
            session: session.as_deref().map(named),
            resource: of_resource.as_ref().zip(resource.as_ref()).map(|(held, (policy, name))| ResourcePolicy {
                policy: Named { policy, name },
                rule: held.rule,
                owner: &held.owner,
            }),
        };
        let request = Request {
            principal: &asked.subject().principal,
            action: &need.action,
            resource: &need.resource,
            resource_account: of_resource.as_ref().map(|held| held.owner.as_str()),
            context: &context,
        };
        let mut decision = firedrill_iam::authorize(&request, &policies);
        if decision.effect == Effect::Allow && of_resource.as_ref().is_some_and(|held| shuts_out(held, asked)) {
            decision.effect = Effect::ImplicitDeny;
            decision.layer = Layer::Resource;
            decision.errors.push("the bucket's RestrictPublicBuckets shuts out the public and other accounts".to_owned());
        }
        decision.errors.extend(errors);
        decision
    }

    fn refuse(&self, asked: &Asked<'_>, need: &Need, decision: &Decision) -> AwsError {
        let encoded = (asked.service == "ec2").then(|| {
            let message = URL_SAFE_NO_PAD.encode(random_string(ALPHABET, 300));
            let told = decoded(asked, need, decision).to_string();
            self.encoded.lock().unwrap_or_else(PoisonError::into_inner).insert(message.clone(), told);
            message
        });
        denial::error(asked.service, asked.call.region.name(), &asked.call.caller, need, decision, encoded)
    }
}

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn named(policies: &[Parsed]) -> Vec<Named<'_>> {
    policies.iter().map(|(policy, name)| Named { policy, name }).collect()
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-options>
fn shuts_out(held: &ResourcePolicyText, asked: &Asked<'_>) -> bool {
    let inside = match &asked.call.caller.principal {
        Principal::Service { .. } => true,
        Principal::Anonymous => false,
        _ => asked.subject().principal.account == held.owner,
    };
    held.restricted && !inside
}

/// The keys of one need, beside those of the call: its own, and the tags that its resource has at this moment.
fn of_need(region: &Region, asked: &Asked<'_>, need: &Need, prefix: &str) -> Context {
    let mut context = Context::over(Arc::clone(asked.context()));
    for (key, values) in &need.keys {
        match values.as_slice() {
            [one] => context.insert(key, one.clone()),
            many => context.insert_all(key, many.iter().cloned()),
        }
    }
    let owner = need.resource.split(':').nth(2).and_then(|service| region.service(service));
    for (key, value) in owner.map(|owner| owner.resource_tags(asked.call.account(), &need.resource)).unwrap_or_default() {
        // IAM and Systems Manager have keys of their own beside the global one.
        context.insert(&format!("aws:ResourceTag/{key}"), value.clone());
        context.insert(&format!("{prefix}:ResourceTag/{key}"), value);
    }
    context.insert("aws:ResourceAccount", account_of(need).unwrap_or(asked.call.account()));
    if prefix == "ec2" {
        context.insert("ec2:Region", region.name());
    }
    context
}

/// The account in the ARN of a need's resource, if it names one.
fn account_of(need: &Need) -> Option<&str> {
    need.resource.split(':').nth(4).filter(|account| !account.is_empty())
}

/// The document that `sts:DecodeAuthorizationMessage` answers.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>
fn decoded(asked: &Asked<'_>, need: &Need, decision: &Decision) -> Value {
    let conditions: Vec<Value> = asked
        .context()
        .iter()
        .map(|(key, values)| json!({"key": key, "values": {"items": values.iter().map(|value| json!({"value": value})).collect::<Vec<_>>()}}))
        .collect();
    let matched: Vec<Value> = decision
        .deciding
        .iter()
        .map(|statement| json!({"statementId": statement.sid.clone().unwrap_or_default(), "effect": "DENY", "sourcePolicyId": statement.policy}))
        .collect();
    json!({
        "allowed": false,
        "explicitDeny": decision.effect == Effect::ExplicitDeny,
        "matchedStatements": {"items": matched},
        "failures": {"items": []},
        "context": {
            "principal": {"id": asked.call.caller.user_id(), "arn": asked.call.caller.arn()},
            "action": need.action,
            "resource": need.resource,
            "conditions": {"items": conditions},
        },
    })
}

/// Journals what was decided; the root user, who needs no policy, is not worth a line unless denied.
fn record(call: &Call, checks: Vec<(Need, Decision)>) {
    let worth = |decision: &Decision| decision.effect != Effect::Allow || call.caller.principal != Principal::Root;
    let checks: Vec<Check> = checks
        .into_iter()
        .filter(|(_, decision)| worth(decision))
        .map(|(need, decision)| Check {
            action: need.action,
            resource: need.resource,
            decision: serde_json::to_value(&decision).unwrap_or_default(),
        })
        .collect();
    if !checks.is_empty() {
        let principal = call.caller.arn();
        call.region.journal().record(Event::Authorization { request_id: call.request_id.clone(), principal, checks });
    }
}
