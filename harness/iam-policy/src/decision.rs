//! What an authorization answers: never a bare bool.

use serde::Serialize;

use crate::document::Position;

/// The outcome of evaluating all policies that apply.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Effect {
    /// All that must allow does, and no statement denies.
    Allow,
    /// A statement denies.
    ExplicitDeny,
    /// No statement denies, and something that must allow is silent.
    ImplicitDeny,
}

/// The kind of policy that decided, or that was silent where it had to allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Layer {
    /// Policies of the user, its groups or the role.
    Identity,
    /// The permissions boundary of the user or role.
    Boundary,
    /// The policies passed when the session was made.
    Session,
    /// The policy of the resource: bucket, queue, function, key.
    Resource,
    /// The trust policy of the role to be assumed.
    Trust,
    /// The policy of the VPC endpoint that a call passes.
    Endpoint,
}

impl Layer {
    /// The words that AWS's messages use for this kind of policy, without article.
    fn noun(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Resource => "resource-based policy",
            Self::Trust => "role trust policy",
            Self::Endpoint => "VPC endpoint policy",
        }
    }
}

/// One statement of one policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementRef {
    /// What kind of policy it stands in.
    pub layer: Layer,
    /// Name or ARN of the policy, as the caller gave it.
    pub policy: String,
    /// `Sid` of the statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Place in the policy, counted from 0.
    pub index: usize,
    /// Where the statement begins in the policy's text.
    pub position: Position,
}

/// A statement that would have allowed, had it not been for one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Near {
    /// The statement.
    pub statement: StatementRef,
    /// What kept it from applying.
    pub miss: Miss,
}

/// Why a statement about the right action did not apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Miss {
    /// Right action and resource, but a condition does not hold.
    Condition {
        /// As written: `StringEquals`, `ForAllValues:StringLike`.
        operator: String,
        /// The condition key as written.
        key: String,
        /// The values in the policy.
        wanted: Vec<String>,
        /// The values in the request; empty if the request does not have the key.
        found: Vec<String>,
    },
    /// Right action, but another principal.
    Principal {
        /// The principals that the statement is about; prefixed with `not ` for `NotPrincipal`.
        wanted: Vec<String>,
        /// The principal of the request.
        actual: String,
    },
    /// Right action, but another resource.
    Resource {
        /// The patterns of the statement; prefixed with `not ` for `NotResource`.
        wanted: Vec<String>,
        /// The resource of the request.
        actual: String,
    },
}

/// A decision, what decided it, and what could not be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The outcome.
    pub effect: Effect,
    /// What kind of policy allowed, denied, or was silent where it had to allow.
    pub layer: Layer,
    /// The statements that denied, or all that were needed to allow. Empty where nothing was said: on an implicit deny, and for the
    /// root user, who needs no policy.
    pub deciding: Vec<StatementRef>,
    /// On an implicit deny, the statements that came nearest to allowing, nearest first.
    pub nearest: Vec<Near>,
    /// The managed policy that denies, where AWS tells its ARN: to callers of the account that owns the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denied_by: Option<String>,
    /// What could not be evaluated, in words for the user: a policy variable without a value, a condition key that is no number.
    pub errors: Vec<String>,
}

impl Decision {
    /// An outcome that no statement decided.
    pub fn without_statements(effect: Effect, layer: Layer, errors: Vec<String>) -> Self {
        Self { effect, layer, deciding: Vec::new(), nearest: Vec::new(), denied_by: None, errors }
    }

    /// The tail of AWS's message on a denial of `action`, without leading space; empty on an allow.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
    /// <https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns>
    pub fn because(&self, action: &str) -> String {
        let noun = self.layer.noun();
        match self.effect {
            Effect::Allow => String::new(),
            Effect::ImplicitDeny => format!("because no {noun} allows the {action} action"),
            Effect::ExplicitDeny => {
                let article = match self.layer {
                    Layer::Identity => "an",
                    Layer::Trust => "the",
                    Layer::Boundary | Layer::Session | Layer::Resource | Layer::Endpoint => "a",
                };
                let policy = self.denied_by.as_ref().map(|arn| format!(": {arn}")).unwrap_or_default();
                format!("with an explicit deny in {article} {noun}{policy}")
            }
        }
    }
}
