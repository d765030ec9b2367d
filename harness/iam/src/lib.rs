//! Authorization, decided in pure code: policy documents and a request's context in, a decision with its reasons out.
//!
//! This release has the types and one rule, which allows everything; the policy language is not evaluated yet.

mod decision;
mod request;

pub use decision::{Decision, Effect, Reason};
pub use request::Request;

/// Decides on a request. Allows every call, and says so in the reasons, until policies are evaluated.
pub fn authorize(_request: &Request) -> Decision {
    Decision { effect: Effect::Allow, reasons: vec![Reason::NotEnforced], errors: Vec::new() }
}
