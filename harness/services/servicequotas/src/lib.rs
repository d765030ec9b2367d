//! The service `servicequotas`: what an account may have at most.
//! <https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/Welcome.html>

mod operations;
mod records;
mod service;
#[cfg(test)]
mod tests;

pub use records::ServiceQuotas;
