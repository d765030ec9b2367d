//! Instances that are records alone, as many as are asked for: what a fleet is measured with.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::Region;
use nightproof_service_ec2::{BootError, Booter, Ended, Launch, Running};
use tokio::sync::watch;

/// Says of each instance that it runs, and runs nothing.
pub(crate) struct SimulatedInstances;

#[async_trait]
impl Booter for SimulatedInstances {
    async fn boot(&self, _region: &Region, _launch: Launch) -> Result<Arc<dyn Running>, BootError> {
        Ok(Arc::new(SimulatedInstance(watch::Sender::new(false))))
    }

    /// The account's quota was raised for what is measured.
    fn most_vcpus(&self) -> u64 {
        u64::MAX
    }
}

/// Whether it has ended.
struct SimulatedInstance(watch::Sender<bool>);

#[async_trait]
impl Running for SimulatedInstance {
    async fn stop(&self) {
        self.0.send_replace(true);
    }

    async fn ended(&self) -> Ended {
        // The sender is this one: it cannot be gone.
        let _ = self.0.subscribe().wait_for(|ended| *ended).await;
        Ended::Down
    }

    fn open_ports(&self, _ports: BTreeSet<u16>) {}

    async fn console(&self) -> Vec<u8> {
        Vec::new()
    }
}
