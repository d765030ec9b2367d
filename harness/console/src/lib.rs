//! The console of a local region, and the API that controls what AWS's own does not: its clock, its triggers, its faults, its journal.
//!
//! Both are served at `/_nightproof/` on the region's endpoint. The page does nothing that the API does not, and the API is documented as
//! OpenAPI at `/_nightproof/api/openapi.json`. Every request of the API shows the token that the region was started with; requests that a page
//! of another origin makes are refused.

mod answer;
mod api;
mod console;
mod guard;
mod handles;
mod page;
mod query;
mod routes;
#[cfg(test)]
mod tests;

pub use console::Console;
