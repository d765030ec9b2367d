//! What an authorization answers: never a bare bool.

use serde::Serialize;

/// The outcome of evaluating all policies that apply.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Effect {
    /// Some statement allows, none denies.
    Allow,
    /// A statement denies.
    ExplicitDeny,
    /// No statement allows.
    ImplicitDeny,
}

/// Why a decision came out as it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Reason {
    /// Policies were not evaluated: this release authorizes every authenticated call.
    NotEnforced,
}

/// A decision, what decided it, and what could not be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The outcome.
    pub effect: Effect,
    /// What decided.
    pub reasons: Vec<Reason>,
    /// What could not be evaluated, in words for the user.
    pub errors: Vec<String>,
}
