//! Simulated decisions: `SimulatePrincipalPolicy` and `SimulateCustomPolicy`, by the evaluator that decides calls.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use std::collections::{BTreeMap, BTreeSet};

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::identity::{PolicyText, PrincipalPolicies};
use nightproof_core::service::arn;
use nightproof_core::service::{AwsError, Call};
use nightproof_iam_policy::{
    Context, Decision, Effect, Layer, Named, Policies, Policy, Position, Principal, PrincipalKind, Request, ResourcePolicy,
    ResourceRule, authorize,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::arn::arn;
use crate::error::{malformed_policy, no_such_entity, validation};
use crate::identity::Kind;
use crate::page::page;
use crate::records::Records;

/// `SimulatePrincipalPolicy` and `SimulateCustomPolicy`; the former alone has `PolicySourceArn`.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Simulation {
    policy_source_arn: Option<String>,
    #[serde(default)]
    policy_input_list: Vec<String>,
    #[serde(default)]
    permissions_boundary_policy_input_list: Vec<String>,
    action_names: Vec<String>,
    #[serde(default)]
    resource_arns: Vec<String>,
    resource_policy: Option<String>,
    resource_owner: Option<String>,
    caller_arn: Option<String>,
    #[serde(default)]
    context_entries: Vec<ContextEntry>,
    max_items: Option<usize>,
    marker: Option<String>,
}

/// The values of a condition key.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContextEntry {
    #[serde(default)]
    context_key_name: String,
    #[serde(default)]
    context_key_values: Vec<String>,
    #[serde(default)]
    context_key_type: String,
}

/// The policies of the user or role that `PolicySourceArn` names, and those that the request adds.
pub(crate) fn principal(records: &Records, call: &Call, input: Simulation) -> Result<Value, AwsError> {
    let arn = input.policy_source_arn.clone().unwrap_or_default();
    let held = held(records, call, &arn)?;
    let boundary = held.boundary.map(|boundary| boundary.document);
    simulate(call, &input, &arn, held.identity, boundary)
}

/// What the user or role of this ARN has.
fn held(records: &Records, call: &Call, arn: &str) -> Result<PrincipalPolicies, AwsError> {
    let kind = match arn::resource_of(arn).split('/').next() {
        Some("role") => Kind::Role,
        Some("user") => Kind::User,
        Some("group") => Kind::Group,
        _ => return Err(validation(format!("Invalid Entity Arn: {arn} does not clearly define entity type and name."))),
    };
    let name = arn.rsplit('/').next().unwrap_or_default();
    let known = records.identity_named(kind, name).is_some_and(|identity| identity.arn(kind, call.account()) == arn);
    if !known {
        return Err(no_such_entity(format!("The {} with name {name} cannot be found.", kind.word())));
    }
    Ok(records.principal_policies(kind, name))
}

/// `GetContextKeysForPrincipalPolicy`.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForPrincipalPolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetContextKeysForPrincipalPolicy {
    policy_source_arn: String,
    #[serde(default)]
    policy_input_list: Vec<String>,
}

/// `GetContextKeysForPrincipalPolicy`: the keys that a simulation of the principal's policies, and those of the request, has to be given.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForPrincipalPolicy.html>
pub(crate) fn context_keys_of_principal(
    records: &Records,
    call: &Call,
    input: GetContextKeysForPrincipalPolicy,
) -> Result<Value, AwsError> {
    let held = held(records, call, input.policy_source_arn.as_str())?;
    let texts: Vec<&str> = held.identity.iter().map(|policy| &*policy.document).collect();
    context_keys(texts.into_iter().chain(input.policy_input_list.iter().map(String::as_str)))
}

/// `GetContextKeysForCustomPolicy`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetContextKeysForCustomPolicy {
    policy_input_list: Vec<String>,
}

/// `GetContextKeysForCustomPolicy`: the same for the policies of the request alone.
pub(crate) fn context_keys_of_custom(_: &Records, _: &Call, input: GetContextKeysForCustomPolicy) -> Result<Value, AwsError> {
    context_keys(input.policy_input_list.iter().map(String::as_str))
}

fn context_keys<'t>(texts: impl Iterator<Item = &'t str>) -> Result<Value, AwsError> {
    let mut names = BTreeSet::new();
    for text in texts {
        let document = PolicyDocument::of_identity(text);
        names.extend(policy(&document)?.context_keys().into_iter().map(str::to_owned));
    }
    Ok(json!({ "ContextKeyNames": names }))
}

fn policy(document: &PolicyDocument) -> Result<&Policy, AwsError> {
    document.policy().map_err(|error| malformed_policy(error.to_string()))
}

fn named<'a>(document: Option<&'a PolicyDocument>, name: &'a str) -> Result<Option<Named<'a>>, AwsError> {
    document.map(|document| Ok(Named { policy: policy(document)?, name })).transpose()
}

/// The policies of the request alone.
pub(crate) fn custom(_: &Records, call: &Call, input: Simulation) -> Result<Value, AwsError> {
    let caller = arn(call.account(), "user/simulated");
    simulate(call, &input, &caller, Vec::new(), None)
}

fn simulate(
    call: &Call,
    input: &Simulation,
    source: &str,
    mut held: Vec<PolicyText>,
    boundary: Option<PolicyDocument>,
) -> Result<Value, AwsError> {
    held.extend(input.policy_input_list.iter().enumerate().map(|(index, document)| PolicyText {
        source: format!("PolicyInputList.{}", index + 1),
        document: PolicyDocument::of_identity(document.as_str()),
    }));
    let identity = held.iter().map(|held| Ok(Named { policy: policy(&held.document)?, name: &held.source }));
    let given = input.permissions_boundary_policy_input_list.first().map(|text| PolicyDocument::of_identity(text.as_str()));
    let boundary = given.or(boundary);
    let resource_policy = input.resource_policy.as_deref().map(PolicyDocument::of_resource);
    let owner = input.resource_owner.as_deref().and_then(account_of).unwrap_or(call.account()).to_owned();
    let principal = who(input.caller_arn.as_deref().unwrap_or(source));
    let policies = Policies {
        identity: identity.collect::<Result<_, AwsError>>()?,
        boundary: named(boundary.as_ref(), "permissions boundary")?,
        session: None,
        resource: named(resource_policy.as_ref(), "ResourcePolicy")?.map(|policy| ResourcePolicy {
            policy,
            rule: ResourceRule::Union,
            owner: &owner,
        }),
    };
    let context = context(&input.context_entries);
    let mut resources: Vec<&str> = input.resource_arns.iter().map(String::as_str).collect();
    if resources.is_empty() {
        resources.push("*");
    }
    let mut results = Vec::new();
    for action in &input.action_names {
        if !action.contains(':') {
            return Err(validation(format!("Invalid Action Names: {action} has no service prefix.")));
        }
        for resource in &resources {
            let request = Request { principal: &principal, action, resource, resource_account: Some(&owner), context: &context };
            let decision = authorize(&request, &policies);
            let texts = held.iter().map(|held| (held.source.as_str(), &*held.document));
            let texts = texts.chain(resource_policy.as_ref().map(|document| ("ResourcePolicy", &**document)));
            results.push(describe(action, resource, &decision, boundary.is_some(), &texts.collect()));
        }
    }
    page("EvaluationResults", results, input.max_items, input.marker.as_deref())
}

fn who(arn: &str) -> Principal {
    let account = arn::account_of(arn).to_owned();
    // A role acts by its sessions; that a policy names the role is what counts.
    let kind = if arn.contains(":role/") { PrincipalKind::Session { role_arn: arn.to_owned() } } else { PrincipalKind::User };
    Principal { kind, arn: arn.to_owned(), account }
}

fn account_of(owner: &str) -> Option<&str> {
    Some(if owner.starts_with("arn:") { arn::account_of(owner) } else { owner })
}

fn context(entries: &[ContextEntry]) -> Context {
    let mut context = Context::new();
    for entry in entries {
        let name = entry.context_key_name.clone();
        match (entry.context_key_values.as_slice(), entry.context_key_type.ends_with("List")) {
            ([one], false) => context.insert(name, one.as_str()),
            (values, _) => context.insert_all(name, values.iter().map(String::as_str)),
        }
    }
    context
}

/// Where a statement begins and ends in its document, as AWS's reader tells it: behind its first and its last character.
fn span(text: &str, position: Position) -> (Value, Value) {
    let place = |(line, column): (usize, usize)| json!({ "Line": line, "Column": column });
    let start = (position.line, position.column + 1);
    let statement = text.get(position.offset..).unwrap_or_default();
    let mut values = serde_json::Deserializer::from_str(statement).into_iter::<serde::de::IgnoredAny>();
    let length = values.next().map_or(0, |_| values.byte_offset());
    let whole = statement.get(..length).unwrap_or_default();
    let end = match whole.rsplit_once('\n') {
        Some((before, last)) => (position.line + before.matches('\n').count() + 1, last.chars().count() + 1),
        None => (position.line, position.column + whole.chars().count()),
    };
    (place(start), place(end))
}

fn describe(action: &str, resource: &str, decision: &Decision, bounded: bool, texts: &BTreeMap<&str, &str>) -> Value {
    let effect = match decision.effect {
        Effect::Allow => "allowed",
        Effect::ExplicitDeny => "explicitDeny",
        Effect::ImplicitDeny => "implicitDeny",
    };
    let statements: Vec<Value> = decision
        .deciding
        .iter()
        .map(|statement| {
            let kind = match statement.layer {
                Layer::Resource | Layer::Trust => "resource",
                Layer::Boundary | Layer::Session | Layer::Endpoint => "none",
                Layer::Identity => "IAM Policy",
            };
            let text = texts.get(statement.policy.as_str()).copied().unwrap_or_default();
            let (start, end) = span(text, statement.position);
            json!({
                "SourcePolicyId": statement.policy, "SourcePolicyType": kind, "StartPosition": start, "EndPosition": end,
            })
        })
        .collect();
    // Keys that a condition asked for and the request did not give.
    let mut missing: Vec<&str> = decision
        .nearest
        .iter()
        .filter_map(|near| match &near.miss {
            nightproof_iam_policy::Miss::Condition { key, found, .. } if found.is_empty() => Some(key.as_str()),
            _ => None,
        })
        .collect();
    missing.sort_unstable();
    missing.dedup();
    let mut result = json!({
        "EvalActionName": action, "EvalResourceName": resource, "EvalDecision": effect,
        "MatchedStatements": statements, "MissingContextValues": missing,
        "EvalDecisionDetails": {}, "OrganizationsDecisionDetail": { "AllowedByOrganizations": true },
        "ResourceSpecificResults": [{
            "EvalResourceName": resource, "EvalResourceDecision": effect,
            "MatchedStatements": statements, "MissingContextValues": missing,
        }],
    });
    if bounded && let Some(result) = result.as_object_mut() {
        let allowed = decision.effect == Effect::Allow || decision.layer != Layer::Boundary;
        result.insert("PermissionsBoundaryDecisionDetail".to_owned(), json!({ "AllowedByPermissionsBoundary": allowed }));
    }
    result
}
