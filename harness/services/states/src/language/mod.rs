//! Amazon States Language: what a definition says, and the expressions in it. Pure.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html>

pub(crate) mod choice;
pub(crate) mod definition;
pub(crate) mod diagnostic;
pub(crate) mod failure;
pub(crate) mod fields;
pub(crate) mod filter;
pub(crate) mod graph;
pub(crate) mod intrinsic;
pub(crate) mod parse;
pub(crate) mod path;
pub(crate) mod payload;
pub(crate) mod resource;
pub(crate) mod retry;
