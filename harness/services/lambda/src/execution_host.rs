//! The host that functions run on.

use std::sync::Arc;

use nightproof_machine::Machines;
use nightproof_machine::tools::Tools;
use nightproof_vpc_link::Links;

/// The machines and the runtime client that run functions.
#[derive(Debug, Clone)]
pub struct ExecutionHost {
    /// Where their environments are booted.
    pub machines: Machines,
    /// The runtime client.
    pub tools: Tools,
    /// What functions in VPCs reach, as EC2 decides it.
    pub links: Arc<Links>,
}
