//! The operations, by what they are about.

mod aliases;
mod concurrency;
mod event_invoke_config;
mod functions;
mod invoke;
mod permissions;
mod tags;
mod versions;
