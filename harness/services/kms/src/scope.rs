//! The region, account and time of a call.

use jiff::Timestamp;
use nightproof_core::service::{Arn, Call};

/// The region, account and time of a call; key names without an ARN belong to it.
pub(crate) struct Scope<'a> {
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) now: Timestamp,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(call: &'a Call) -> Self {
        Self { region: call.region.name(), account: call.account(), now: call.now }
    }

    pub(crate) fn arn(&self, resource: &str) -> String {
        Arn::new("kms", self.region, self.account, resource).to_string()
    }
}
