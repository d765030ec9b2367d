//! Functions of Node.js: the host's interpreter, our client of the Runtime API, and the AWS SDK for JavaScript that AWS's runtimes bring.

mod client;
mod interpreter;
pub mod sdk;

pub(crate) use client::{PACKAGES, command, files};
pub use interpreter::Node;
pub(crate) use interpreter::PROGRAM;
