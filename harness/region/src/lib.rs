//! A local AWS region: one endpoint that speaks AWS's wire protocols, and all behind it. The parts are crates of their own; here they are
//! put together.

pub mod embedded;
mod interposed;
mod role_session;
mod services;
mod simulated;
mod translator;
mod trigger;

pub use nightproof_cloudformation::{Level, TypeSupport};
pub use services::{acted_types, type_support};
