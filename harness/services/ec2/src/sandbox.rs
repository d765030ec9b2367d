//! Instances as sandboxed machines.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::Region;
use nightproof_machine::tools::Tools;
use nightproof_machine::{Machine, MachineSpec, Machines, Platform, Rootfs, Size, remove_folder};
use nightproof_machine_protocol::spec::REBOOT;

use crate::boot::{BootError, Booter, Ended, Launch, Running};

/// Boots each instance as a machine with the AWS CLI and an SSM agent.
pub struct Sandboxes {
    /// Where they are booted.
    pub machines: Machines,
    /// The AWS CLI; instances have none without it.
    pub tools: Option<Tools>,
    /// A real amazon-ssm-agent to run instead of the guest's own.
    pub agent_dir: Option<PathBuf>,
    /// Size of each instance's disk, MiB, which then is in memory and does not outlive a stop; without one it is as large as the host's.
    pub disk_mib: Option<u64>,
    /// The files of instances' systems, in place of this host's.
    pub rootfs: Option<Rootfs>,
    /// What is on images that nobody has listed; without it they cannot be launched.
    pub unlisted_images: Option<&'static Platform>,
}

#[async_trait]
impl Booter for Sandboxes {
    async fn boot(&self, region: &Region, launch: Launch) -> Result<Arc<dyn Running>, BootError> {
        let spec = MachineSpec {
            agent_dir: self.agent_dir.clone(),
            user_data: launch.first_boot,
            tools: self.tools.clone(),
            disk_mib: self.disk_mib,
            disk: Some(disk(region, &launch.instance_id)),
            platform: launch.platform,
            rootfs: self.rootfs.clone(),
            size: Some(Size { memory_mib: launch.memory_mib, processors: launch.processors.into() }),
            ..MachineSpec::instance(&launch.instance_id, &launch.hostname, launch.address)
        };
        let machine = Machine::boot(&self.machines, spec, launch.connections).await;
        machine.map(|machine| Arc::new(machine) as Arc<dyn Running>).map_err(|error| BootError(error.to_string()))
    }

    fn unlisted_images(&self) -> Option<&'static Platform> {
        self.unlisted_images
    }

    async fn discard(&self, region: &Region, instance_id: &str) {
        if let Some(containers) = self.machines.containers() {
            containers.discard(instance_id).await;
        }
        let disk = disk(region, instance_id);
        let removed = tokio::task::spawn_blocking(move || remove_folder(&disk)).await;
        if let Ok(Err(error)) = removed {
            tracing::warn!(%error, instance = instance_id, "cannot remove an instance's disk");
        }
    }
}

/// Where an instance's disk is.
fn disk(region: &Region, instance_id: &str) -> PathBuf {
    region.folder().join("disks").join(instance_id)
}

#[async_trait]
impl Running for Machine {
    async fn stop(&self) {
        Self::stop(self).await;
    }

    async fn ended(&self) -> Ended {
        if self.exited().await == i32::from(REBOOT) { Ended::Reboot } else { Ended::Down }
    }

    fn open_ports(&self, ports: BTreeSet<u16>) {
        Self::open_ports(self, ports);
    }

    async fn console(&self) -> Vec<u8> {
        Self::console(self).into_bytes()
    }
}
