//! The host that functions run on.

use nightproof_machine::Machines;
use nightproof_machine::tools::Tools;

/// The machines and the runtime client that run functions.
#[derive(Debug, Clone)]
pub struct ExecutionHost {
    /// Where their environments are booted.
    pub machines: Machines,
    /// The runtime client.
    pub tools: Tools,
}
