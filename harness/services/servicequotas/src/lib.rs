//! The service `servicequotas`: what an account may have at most.
//! <https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/Welcome.html>

mod operations;
mod records;
mod service;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use nightproof_core::service::Service;
pub use records::ServiceQuotas;

/// The service, for a region to install.
pub fn service() -> Arc<dyn Service> {
    ServiceQuotas::new()
}
