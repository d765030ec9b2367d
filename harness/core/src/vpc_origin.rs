//! Where in a VPC a call comes from.

use std::net::Ipv4Addr;

use crate::policy_document::PolicyDocument;

/// Is among the extensions of a request that came out of an instance's machine, or of that of a function in a VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceOrigin {
    /// Its account.
    pub account: String,
    /// `i-…`, or the `eni-…` by which a function is in its VPC.
    pub instance: String,
}

/// A VPC endpoint that a call has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointUse {
    /// `vpce-…`
    pub endpoint: String,
    /// `vpc-…`
    pub vpc: String,
    /// The caller's address in the VPC.
    pub source_ip: Ipv4Addr,
    /// The endpoint's policy, which must allow what passes.
    pub policy: PolicyDocument,
}
