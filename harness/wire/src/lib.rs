//! AWS's wire protocols, driven by AWS's own service models. Pure: no clock, files, environment or network.

mod error;
pub use error::AwsError;
