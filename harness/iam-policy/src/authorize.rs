//! The decision over all policies that apply.

use crate::arn;
use crate::decision::{Decision, Effect, Layer, StatementRef};
use crate::exempt::is_exempt;
use crate::layer::{LayerPolicies, Verdict};
use crate::nearest::nearest;
use crate::policies::{Policies, ResourceRule};
use crate::policy::PolicyKind;
use crate::principal::Grade;
use crate::request::{PrincipalKind, Request};
use crate::statement::Subject;

/// Decides on a request.
///
/// A matching `Deny` anywhere decides. Otherwise, in one account, the principal's policies or the resource's may allow; across
/// accounts, both must. A boundary and session policies can only withhold, and not from one whom the resource's policy names
/// directly. A key policy or trust policy must itself allow, or name the account and so leave it to the principal's policies.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>
pub fn authorize(request: &Request<'_>, policies: &Policies<'_>) -> Decision {
    let owner = owner(request, policies);
    if is_exempt(request, owner) {
        return Decision::without_statements(Effect::Allow, Layer::Identity, Vec::new());
    }
    Evaluation::new(request, policies, owner).decide()
}

/// The account that owns the resource.
fn owner<'r>(request: &'r Request<'r>, policies: &'r Policies<'r>) -> &'r str {
    let by_policy = || policies.resource.map(|resource| resource.owner);
    request.resource_account.or_else(by_policy).or_else(|| arn::account(request.resource)).unwrap_or(&request.principal.account)
}

fn allow(layer: Layer, deciding: Vec<StatementRef>, errors: Vec<String>) -> Decision {
    Decision { effect: Effect::Allow, layer, deciding, nearest: Vec::new(), denied_by: None, errors }
}

/// What each kind of policy says of the request. A kind that does not apply is absent.
struct Evaluation<'a> {
    request: &'a Request<'a>,
    policies: &'a Policies<'a>,
    /// Is the resource of the principal's own account?
    same_account: bool,
    /// What the resource's policy is called: `Resource`, or `Trust` for a role.
    guard: Layer,
    subject: Subject<'a>,
    identity: Verdict,
    boundary: Option<Verdict>,
    session: Option<Verdict>,
    resource: Option<Verdict>,
    errors: Vec<String>,
}

impl<'a> Evaluation<'a> {
    fn new(request: &'a Request<'a>, policies: &'a Policies<'a>, owner: &str) -> Self {
        let subject = Subject::new(request, policies.boundary.is_some());
        let mut errors = Vec::new();
        let guard = guard(policies);
        let mut evaluate = |layer| layers(policies, layer).map(|layer| layer.evaluate(&subject, &mut errors));
        Self {
            identity: evaluate(Layer::Identity).unwrap_or_default(),
            boundary: evaluate(Layer::Boundary),
            session: evaluate(Layer::Session),
            resource: evaluate(guard),
            same_account: request.principal.account == owner,
            guard,
            request,
            policies,
            subject,
            errors,
        }
    }

    fn decide(self) -> Decision {
        let guard = self.guard;
        if let Some(layer) = self.denying_layer() {
            return self.explicit_deny(layer);
        }
        let granted = self.resource.as_ref().and_then(Verdict::grade);
        match &self.request.principal.kind {
            // They have no policies of their own.
            PrincipalKind::Service | PrincipalKind::Anonymous => match granted {
                Some(Grade::Direct) => self.allow_by_resource(Grade::Direct),
                _ => self.implicit_deny(guard),
            },
            // The root user may do everything that its account may.
            PrincipalKind::Root => {
                let needed = !self.same_account || self.required();
                if needed && granted.is_none() { self.implicit_deny(guard) } else { self.allow_by_both(needed) }
            }
            PrincipalKind::User | PrincipalKind::Session { .. } => self.decide_for_identity(granted),
        }
    }

    /// For users and sessions, once no statement denies.
    fn decide_for_identity(self, granted: Option<Grade>) -> Decision {
        let guard = self.guard;
        if self.same_account {
            match granted {
                Some(Grade::Direct) => return self.allow_by_resource(Grade::Direct),
                Some(Grade::Role) => {
                    return match self.withholding_layer() {
                        Some(layer) => self.implicit_deny(layer),
                        None => self.allow_by_resource(Grade::Role),
                    };
                }
                Some(Grade::Account) => {}
                None if self.required() => return self.implicit_deny(guard),
                None => {}
            }
        }
        if !self.identity.allows() {
            return self.implicit_deny(Layer::Identity);
        }
        if let Some(layer) = self.withholding_layer() {
            return self.implicit_deny(layer);
        }
        if !self.same_account && granted.is_none() {
            return self.implicit_deny(guard);
        }
        let needed = !self.same_account || self.required();
        self.allow_by_both(needed)
    }

    /// Must the resource's policy itself allow?
    fn required(&self) -> bool {
        self.policies.resource.is_some_and(|resource| resource.rule == ResourceRule::Required)
    }

    fn denying_layer(&self) -> Option<Layer> {
        let denies = |verdict: &Option<Verdict>| verdict.as_ref().is_some_and(|verdict| !verdict.denies.is_empty());
        if denies(&self.resource) {
            Some(self.guard)
        } else if !self.identity.denies.is_empty() {
            Some(Layer::Identity)
        } else if denies(&self.boundary) {
            Some(Layer::Boundary)
        } else {
            denies(&self.session).then_some(Layer::Session)
        }
    }

    /// The boundary or the session policies, if they are there and silent.
    fn withholding_layer(&self) -> Option<Layer> {
        let silent = |verdict: &Option<Verdict>| verdict.as_ref().is_some_and(|verdict| !verdict.allows());
        if silent(&self.boundary) { Some(Layer::Boundary) } else { silent(&self.session).then_some(Layer::Session) }
    }

    fn explicit_deny(self, layer: Layer) -> Decision {
        let others = [self.boundary, self.session].into_iter().flatten();
        let verdicts = self.resource.into_iter().chain([self.identity]).chain(others);
        let deciding: Vec<_> = verdicts.flat_map(|verdict| verdict.denies).collect();
        let managed = deciding.iter().find(|statement| statement.layer == layer).map(|statement| &statement.policy);
        let denied_by = managed.filter(|name| self.same_account && name.starts_with("arn:")).cloned();
        Decision { effect: Effect::ExplicitDeny, layer, deciding, nearest: Vec::new(), denied_by, errors: self.errors }
    }

    fn implicit_deny(self, layer: Layer) -> Decision {
        let silent = layers(self.policies, layer);
        // Where either may allow, the resource's policy might have, too.
        let resource = layers(self.policies, self.guard).filter(|other| other.layer != layer);
        let nearest = nearest(&silent.iter().chain(&resource).collect::<Vec<_>>(), &self.subject);
        Decision { effect: Effect::ImplicitDeny, layer, deciding: Vec::new(), nearest, denied_by: None, errors: self.errors }
    }

    fn allow_by_resource(self, grade: Grade) -> Decision {
        let layer = self.guard;
        let limits = [self.boundary, self.session].into_iter().flatten().filter(|_| grade == Grade::Role);
        let limits: Vec<_> = limits.flat_map(|verdict| verdict.allowing(Grade::Account)).collect();
        let deciding = self.resource.into_iter().flat_map(|verdict| verdict.allowing(grade)).chain(limits).collect();
        allow(layer, deciding, self.errors)
    }

    /// By the principal's policies, and by the resource's if that was `needed`.
    fn allow_by_both(self, needed: bool) -> Decision {
        let limits = [self.boundary, self.session].into_iter().flatten();
        let resource = self.resource.filter(|_| needed);
        let verdicts = [self.identity].into_iter().chain(limits).chain(resource);
        let deciding = verdicts.flat_map(|verdict| verdict.allowing(Grade::Account)).collect();
        allow(Layer::Identity, deciding, self.errors)
    }
}

/// The policies of one kind; nothing if that kind does not apply.
fn layers<'a>(policies: &'a Policies<'a>, layer: Layer) -> Option<LayerPolicies<'a>> {
    let policies = match layer {
        Layer::Identity => Some(policies.identity.as_slice()),
        Layer::Boundary => policies.boundary.as_ref().map(std::slice::from_ref),
        Layer::Session => policies.session.as_deref(),
        Layer::Endpoint => None,
        Layer::Resource | Layer::Trust => policies.resource.as_ref().map(|resource| std::slice::from_ref(&resource.policy)),
    }?;
    Some(LayerPolicies { layer, policies })
}

/// What the resource's policy is called in messages.
fn guard(policies: &Policies<'_>) -> Layer {
    let trust = policies.resource.is_some_and(|resource| resource.policy.policy.kind() == PolicyKind::Trust);
    if trust { Layer::Trust } else { Layer::Resource }
}
