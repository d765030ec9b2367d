//! What an instance runs on.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::{Region, quota};
use nightproof_machine::Connections;
use nightproof_machine_image::Platform;

/// What is needed to boot an instance.
pub struct Launch {
    /// `i-…`
    pub instance_id: String,
    /// `ip-10-0-1-5.ec2.internal`
    pub hostname: String,
    /// Its address in its subnet.
    pub address: Ipv4Addr,
    /// What its image has on it.
    pub platform: &'static Platform,
    /// Memory of the instance type.
    pub memory_mib: u32,
    /// Processors of the instance type.
    pub processors: u32,
    /// Whether this is the instance's first boot, at which its user data runs.
    pub first_boot: bool,
    /// Takes the connections that are made in the machine.
    pub connections: Arc<dyn Connections>,
}

/// Why a machine did not boot, for the instance's `StateReason`.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BootError(pub String);

/// Boots instances.
#[async_trait]
pub trait Booter: Send + Sync {
    /// Returns when the machine is up.
    async fn boot(&self, region: &Region, launch: Launch) -> Result<Arc<dyn Running>, BootError>;

    /// What is on images that nobody has listed, if somebody says.
    fn unlisted_images(&self) -> Option<&'static Platform> {
        None
    }

    /// How many vCPUs the instances of an account may have together.
    fn most_vcpus(&self) -> u64 {
        quota::VCPUS.value
    }

    /// Removes what an instance that will not boot again has on its disk. Its machine has ended.
    async fn discard(&self, _region: &Region, _instance_id: &str) {}
}

/// Boots nothing: for regions whose instances are records alone.
pub struct NoMachines;

#[async_trait]
impl Booter for NoMachines {
    async fn boot(&self, _region: &Region, _launch: Launch) -> Result<Arc<dyn Running>, BootError> {
        Err(BootError("this region has no machines".to_owned()))
    }
}

/// What a machine that has ended is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Down.
    Down,
    /// Up again: somebody in it rebooted it.
    Reboot,
}

/// A booted machine.
#[async_trait]
pub trait Running: Send + Sync {
    /// Ends the machine with all that runs in it.
    async fn stop(&self);
    /// Returns when the machine has ended, whoever ended it.
    async fn ended(&self) -> Ended;
    /// These ports, and no others, can be reached from outside from now on. Must not block.
    fn open_ports(&self, ports: BTreeSet<u16>);
    /// What the machine wrote to its console.
    async fn console(&self) -> Vec<u8>;
}
