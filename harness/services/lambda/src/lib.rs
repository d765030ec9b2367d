//! The service `lambda`: functions, their resource policies, and the machines that run them under the official runtime client.
#![expect(clippy::indexing_slicing, reason = "members of JSON objects that were just made are assigned by name")]

mod authorization;
mod code;
mod code_url;
mod concurrency;
mod configuration;
mod definition;
mod destination;
mod environment;
mod error;
mod event;
mod event_queue;
mod event_source;
mod execution_host;
mod function;
mod function_name;
mod function_url;
mod json_refusal;
mod layer;
mod layer_reference;
mod log;
mod mapping;
mod node;
mod operations;
mod page;
mod platform;
mod pointer;
mod poller;
mod provisioned;
mod records;
mod resources;
mod revision;
mod role;
mod runtime;
mod runtime_api;
mod runtime_lifecycle;
mod service;
mod stream;
#[cfg(test)]
mod tests;
mod variables;
mod vpc;
mod web;

pub use execution_host::ExecutionHost;
pub use records::Lambda;
pub use resources::resource_types;
