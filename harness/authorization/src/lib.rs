//! Authorization: from a call to what must be allowed, and from there to the policies that decide.
//!
//! Each service lists which actions its operations require on which resources, with which condition keys, and resolves
//! what a list cannot express (an alias that stands for a key, the instances that a tag finds). Each need is put before the evaluator of
//! `nightproof_iam_policy` with the caller's policies and the resource's own. An operation without an entry is refused.

mod authorizer;
mod by_itself;
mod context;
mod denial;
mod known;
mod principal;
mod table;

pub use authorizer::Authorizer;
pub use table::operations;
