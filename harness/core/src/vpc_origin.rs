//! Where in a VPC a call comes from.

use std::net::Ipv4Addr;

use crate::policy_document::PolicyDocument;

/// Is among the extensions of a request that came out of an instance's machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceOrigin {
    /// The instance's account.
    pub account: String,
    /// `i-…`
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
