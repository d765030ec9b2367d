//! Orders of the region for the service of an instance's SSM agent, a byte each.

/// Stop the agent.
pub const SERVICE_STOP: u8 = b'0';
/// Start the agent.
pub const SERVICE_START: u8 = b'1';
