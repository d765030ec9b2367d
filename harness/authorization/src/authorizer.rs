//! Puts a call before the evaluator.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nightproof_core::authorization::{Authorize, Need, PolicyDocument, ResourcePolicyText};
use nightproof_core::credentials::random_string;
use nightproof_core::identity::{Identities, Sessions};
use nightproof_core::service::arn;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::{Principal, Region};
use nightproof_iam_policy::is_public;
use nightproof_iam_policy::{Context, Decision, Effect, Keys, Layer, Named, Policies, Request, ResourcePolicy, ResourceRule};
use nightproof_journal::{Check, Event, Later};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::known::{Known, KnownCallers};
use super::principal::{Document, Subject};
use super::table::Tables;
use super::{by_itself, context, denial};

/// Decides who may do what, by the policies that IAM and the services hold.
pub struct Authorizer {
    identities: Arc<dyn Identities>,
    sessions: Arc<dyn Sessions>,
    known: KnownCallers,
    tables: Tables,
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
    known: OnceCell<Arc<Known>>,
    context: OnceCell<Arc<Context>>,
}

impl Asked<'_> {
    fn known(&self) -> &Known {
        self.known.get_or_init(|| self.authorizer.known(self.call))
    }

    fn subject(&self) -> &Subject {
        &self.known().subject
    }

    fn context(&self) -> &Arc<Context> {
        let over = || Arc::clone(&self.known().context);
        self.context.get_or_init(|| Arc::new(context::of_call(self.call, self.service, self.input, over())))
    }

    /// Whether nothing could keep the caller from it: the root user may do all that its account may, as long as the resource has no policy
    /// and is of no other account.
    fn is_roots_own(&self, need: &Need, resource: Option<&ResourcePolicyText>) -> bool {
        let unguarded = resource
            .is_none_or(|held| held.document.is_none() && held.rule == ResourceRule::Union && held.owner == self.call.account());
        self.call.caller.principal == Principal::Root
            && unguarded
            && account_of(need).is_none_or(|account| account == self.call.account())
    }
}

impl Authorizer {
    /// One that finds principals in `identities` and what was handed out to them in `sessions`.
    pub fn new(identities: Arc<impl Identities + 'static>, sessions: Arc<impl Sessions + 'static>) -> Arc<Self> {
        Arc::new(Self {
            identities,
            sessions,
            known: KnownCallers::default(),
            tables: Tables::default(),
            encoded: Mutex::default(),
        })
    }

    /// Decides on the needs in their order, up to the first that is refused.
    fn settle(&self, call: &Call, service: &str, input: &Value, needs: Vec<Need>) -> Result<(), AwsError> {
        let (known, context) = Default::default();
        let asked = Asked { authorizer: self, call, service, input, known, context };
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
        record(call, service, checks);
        refused.map_or(Ok(()), Err)
    }

    /// The caller, with the policies that it brings along. They are gathered once for each key, as long as nobody changes them.
    fn known(&self, call: &Call) -> Arc<Known> {
        let changes = self.identities.changes();
        if let Some(known) = self.known.find(&call.caller, changes) {
            return known;
        }
        let subject = Subject::of(&call.caller, self.identities.as_ref(), self.sessions.as_ref());
        let home = region_of_instance(call);
        let context = Arc::new(context::of_principal(&call.caller, home.name(), &subject));
        let known = Arc::new(Known { subject, context });
        self.known.keep(&call.caller, changes, &known);
        known
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
        let home = home(&call.region, &need.resource);
        let owner = home.service(prefix).filter(|owner| owner.has_resource_policies() && need.action != "s3:CreateBucket");
        let of_resource = owner.and_then(|service| service.resource_policy(call.account(), &need.resource));
        if asked.is_roots_own(need, of_resource.as_ref()) {
            return Decision::without_statements(Effect::Allow, Layer::Identity, Vec::new());
        }
        let keys = NeedKeys { own: of_need(&call.region, asked, need, prefix), asked };
        let Subject { principal, identity, boundary, session, .. } = asked.subject();
        let mut errors = Vec::new();
        let mut named = |held| named(held, &mut errors);
        let identity = identity.iter().filter_map(&mut named).collect();
        let boundary = boundary.as_ref().map(&mut named);
        let session = session.as_ref().map(|session| session.iter().filter_map(&mut named).collect());
        let resource = of_resource.as_ref().and_then(|held| {
            let policy = read(held.document.as_ref()?, &held.name, &mut errors)?;
            Some(ResourcePolicy { policy, rule: held.rule, owner: &held.owner })
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
        let policies = Policies { identity, boundary: boundary.flatten(), session, resource };
        let request = Request {
            principal,
            action: &need.action,
            resource: &need.resource,
            resource_account: of_resource.as_ref().map(|held| held.owner.as_str()),
            context: &keys,
        };
        let mut decision = nightproof_iam_policy::authorize(&request, &policies);
        if decision.effect == Effect::Allow
            && !["iam", "kms"].contains(&prefix)
            && let Some(withheld) = withheld_by_endpoint(asked, &request)
        {
            decision = withheld;
        }
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
            self.encoded.lock().insert(message.clone(), told);
            message
        });
        denial::error(asked.service, asked.call.region.name(), &asked.call.caller, need, decision, encoded)
    }
}

#[async_trait]
impl Authorize for Authorizer {
    async fn authorize(&self, call: &Call, service: &str, operation: &str, input: &Value) -> Result<(), AwsError> {
        let rows = self.tables.rows(&call.region, service, operation)?;
        if call.region.service(service).is_some_and(|service| service.allows_by_itself(call, operation, input)) {
            return Ok(());
        }
        let mut needs = Vec::new();
        let is_root = call.caller.principal == Principal::Root;
        for row in rows.iter().filter(|row| !(is_root && row.is_open_to_root(input)) && row.applies(input)) {
            let resolved = match row.kind() {
                Some(kind) => match call.region.service(service) {
                    Some(service) => service.resources(call, kind, input).await,
                    None => Vec::new(),
                },
                None => Vec::new(),
            };
            needs.extend(row.needs(call, input, resolved));
        }
        if needs.is_empty() {
            return Ok(());
        }
        for need in &needs {
            if let Some(service) = home(&call.region, &need.resource).service(arn::service_of(&need.resource))
                && let Some(prepared) = service.prepare(call, &need.resource)
            {
                prepared.await;
            }
        }
        self.settle(call, service, input, needs)
    }

    fn check(&self, call: &Call, service: &str, need: Need) -> Result<(), AwsError> {
        self.settle(call, service, &Value::Null, vec![need])
    }

    fn decoded(&self, message: &str) -> Option<String> {
        self.encoded.lock().get(message).cloned()
    }
}

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn named<'a>(held: &'a Document, errors: &mut Vec<String>) -> Option<Named<'a>> {
    read(&held.document, &held.name, errors)
}

/// A policy with its name if it can be read; else `errors` say why not.
fn read<'a>(document: &'a PolicyDocument, name: &'a str, errors: &mut Vec<String>) -> Option<Named<'a>> {
    match document.policy() {
        Ok(policy) => Some(Named { policy, name }),
        Err(error) => {
            errors.push(format!("{name}: {error}"));
            None
        }
    }
}

/// The decision of the policy of the VPC endpoint that a call passes, unless that lets it pass: it must allow, and grants nothing by itself.
/// What the service asks of others on the way, keys and roles, passes no endpoint of the caller's.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
fn withheld_by_endpoint(asked: &Asked<'_>, request: &Request<'_>) -> Option<Decision> {
    let passed = asked.call.vpc_endpoint(asked.service)?;
    let name = format!("policy of endpoint {}", passed.endpoint);
    let policy = Named { policy: passed.policy.policy().ok()?, name: &name };
    Some(nightproof_iam_policy::pass_endpoint(request, policy)).filter(|decision| decision.effect != Effect::Allow)
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-options>
fn shuts_out(held: &ResourcePolicyText, asked: &Asked<'_>) -> bool {
    let inside = match &asked.call.caller.principal {
        Principal::Service { .. } => true,
        Principal::Anonymous => false,
        _ => asked.subject().principal.account == held.owner,
    };
    held.restricts_public && !inside && held.document.as_deref().is_some_and(is_public)
}

/// The keys of one need over those of the call, which are not made unless a policy asks for one of them.
struct NeedKeys<'a> {
    own: Context,
    asked: &'a Asked<'a>,
}

impl Keys for NeedKeys<'_> {
    fn get(&self, name: &str) -> Option<&[String]> {
        self.own.get(name).or_else(|| self.asked.context().get(name))
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.own.variable(name).or_else(|| self.asked.context().variable(name))
    }
}

/// What a need has of its own, and the tags that its resource has at this moment. Whether the connection is secure, which policies of buckets
/// ask above all, stands here too.
fn of_need(region: &Region, asked: &Asked<'_>, need: &Need, prefix: &str) -> Context {
    let mut context = Context::new();
    context.insert("aws:SecureTransport", asked.call.tls.to_string());
    for (key, values) in &need.keys {
        match values.as_slice() {
            [one] => context.insert(*key, one.clone()),
            many => context.insert_all(*key, many.iter().cloned()),
        }
    }
    let home = home(region, &need.resource);
    let owner = home.service(arn::service_of(&need.resource));
    for (key, value) in owner.map(|owner| owner.resource_tags(asked.call.account(), &need.resource)).unwrap_or_default() {
        // IAM and Systems Manager have keys of their own beside the global one.
        context.insert(format!("aws:ResourceTag/{key}"), value.clone());
        context.insert(format!("{prefix}:ResourceTag/{key}"), value);
    }
    context.insert("aws:ResourceAccount", account_of(need).unwrap_or(asked.call.account()));
    if prefix == "ec2" {
        context.insert("ec2:Region", region.name());
    }
    context
}

/// The region of the instance that a caller is; the one that was called if it is none.
fn region_of_instance(call: &Call) -> Region {
    let region = &call.region;
    let Some(instance) = call.caller.instance().filter(|_| !region.is_alone()) else { return region.clone() };
    let has = |one: &Region| {
        let ec2 = one.service("ec2");
        ec2.is_some_and(|ec2| ec2.instances(one, call.account()).iter().any(|found| found.id == instance))
    };
    region.all().into_iter().find(has).unwrap_or_else(|| region.clone())
}

/// The region that has a resource; the one that was called if the resource's is not served, or is a pattern.
fn home(region: &Region, resource: &str) -> Region {
    region.home(resource).unwrap_or_else(|| region.clone())
}

/// The account in the ARN of a need's resource, if it names one.
fn account_of(need: &Need) -> Option<&str> {
    Some(arn::account_of(&need.resource)).filter(|account| !account.is_empty())
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
fn record(call: &Call, service: &str, checks: Vec<(Need, Decision)>) {
    let worth = |decision: &Decision| decision.effect != Effect::Allow || call.caller.principal != Principal::Root;
    let checks: Vec<Check> = checks
        .into_iter()
        .filter(|(_, decision)| worth(decision))
        .map(|(need, decision)| Check { action: need.action, resource: need.resource, decision: Later::of(decision) })
        .collect();
    if !checks.is_empty() {
        let (request_id, principal) = (call.request_id.clone(), call.caller.arn());
        let source_arn = context::source_arn(&call.caller, service).map(str::to_owned);
        call.region.journal().record(Event::Authorization { request_id, principal, source_arn, checks });
    }
}
