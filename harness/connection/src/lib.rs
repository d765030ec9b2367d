//! HTTP/1.1 connections of whatever the region serves: its gateway, instance metadata, Lambda's Runtime API.
//!
//! A connection goes on after an answer only if the request's body was read to its end, or had none. Otherwise the answer says
//! `Connection: close`, and the connection lingers until the client has read it.
//! <https://www.rfc-editor.org/rfc/rfc9112#section-9.3>, <https://www.rfc-editor.org/rfc/rfc9112#section-9.6>

mod intake;
mod lingering;
mod serve;

pub use intake::Intake;
pub use serve::{Limits, serve};
