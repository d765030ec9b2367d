//! How long a drill waits for what comes by itself.

use std::time::Duration;

/// Limits of waiting that differ between a local region, where everything that comes at all comes at once, and AWS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// For an instance's agent to register. On AWS a cold one has been seen to take two minutes.
    pub(crate) boot: Duration,
    /// For an instance's agent to register before its network is looked at; agents may well come later than that.
    pub(crate) network: Duration,
    /// For the function to show a sign of life after its rule has fired.
    pub(crate) silence: Duration,
    /// For the function's log, once it has sent its command.
    pub(crate) log: Duration,
    /// For the function's metrics.
    pub(crate) metrics: Duration,
    /// For an access log with the upload. AWS may take hours, which no drill waits for.
    pub(crate) access_log: Duration,
}

impl Timeouts {
    /// For a local region, or for AWS.
    pub(crate) fn new(local: bool) -> Self {
        let seconds = |local_limit, limit| Duration::from_secs(if local { local_limit } else { limit });
        Self {
            boot: seconds(60, 300),
            network: seconds(5, 300),
            silence: seconds(20, 120),
            log: seconds(5, 60),
            metrics: seconds(5, 180),
            access_log: seconds(5, 60),
        }
    }
}
