//! What the regions of a partition share. <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>

use nightproof_journal::Journal;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Clock;
use crate::credentials::Credentials;
use crate::outage::Outages;
use crate::per_instance::PerInstance;

/// Time, keys, the record of calls, and whatever regions reach each other by. What is kept of instances is kept by their ids, which no two
/// regions give alike.
pub(crate) struct Partition {
    pub(crate) clock: Clock,
    pub(crate) credentials: Credentials,
    pub(crate) journal: Journal,
    pub(crate) link_outages: Outages,
    pub(crate) agents: Outages,
    pub(crate) cpu_shares: PerInstance<u8>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stopping: CancellationToken,
}

impl Partition {
    /// One whose calls are written to `journal`.
    pub(crate) fn new(journal: Journal) -> Self {
        Self {
            clock: Clock::default(),
            credentials: Credentials::default(),
            journal,
            link_outages: Outages::default(),
            agents: Outages::default(),
            cpu_shares: PerInstance::new(100),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }
    }
}
