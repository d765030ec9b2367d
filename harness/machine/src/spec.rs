//! What a machine is to be.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use nightproof_machine_image::{AMAZON_LINUX_2023, Platform};

use crate::role::Role;
use crate::rootfs::Rootfs;
use crate::tools::Tools;

/// A machine to boot.
#[derive(Debug, Clone)]
pub struct MachineSpec {
    /// Unique among the region's machines: the instance's id, or the environment's.
    pub id: String,
    /// Host name inside: `ip-10-0-1-23`.
    pub hostname: String,
    /// Its own address inside.
    pub address: Ipv4Addr,
    /// What it stands for.
    pub role: Role,
    /// Environment of what runs inside, beside `PATH`, `HOME`, `LANG` and the CA bundle's variables.
    pub env: BTreeMap<String, String>,
    /// Files that are put in place before anything runs; they go to folders that a machine may write to.
    pub files: Vec<FileSpec>,
    /// Folders outside and where they are seen inside, for reading alone.
    pub folders: Vec<(PathBuf, String)>,
    /// For a function: the program to run; the machine ends with it. Empty for instances.
    pub command: Vec<String>,
    /// Working directory of `command`.
    pub directory: String,
    /// Whether an SSM agent runs: the guest's own, or the one in `agent_dir`.
    pub run_agent: bool,
    /// Whether the guest fetches user data from the metadata service and runs it.
    pub user_data: bool,
    /// A folder with a real amazon-ssm-agent.
    pub agent_dir: Option<PathBuf>,
    /// A folder that is the machine's disk, made at its first boot and kept when it ends: see [`remove_folder`](super::remove_folder).
    /// `None` for a machine that is all in memory. So is one whose folder would be where the host lets no programs be run.
    pub disk: Option<PathBuf>,
    /// Size of a disk in memory that is used instead of `disk`, MiB: a write that it has no room for fails with "No space left on
    /// device". A container has none.
    pub disk_mib: Option<u64>,
    /// For a function: memory that its processes may use together, MiB.
    pub memory_mib: Option<u64>,
    /// Size of `/tmp`, MiB; `None` for as much as there is anywhere.
    pub tmp_mib: Option<u64>,
    /// What a sandbox stands in for; a container's image is its own platform.
    pub platform: &'static Platform,
    /// The files of an instance's system, in place of this host's. It is what they say then, whatever `platform` says. Not for containers.
    pub rootfs: Option<Rootfs>,
    /// What a container may use in all.
    pub size: Option<Size>,
    /// The image of a container, if not the one for instances.
    pub image: Option<String>,
    /// The AWS CLI for instances, the runtime client for functions.
    pub tools: Option<Tools>,
}

/// The address of a function outside of any VPC; AWS promises none.
const FUNCTION: Ipv4Addr = Ipv4Addr::new(169, 254, 100, 6);

impl MachineSpec {
    /// An instance: agent and user data, nothing else.
    pub fn instance(id: &str, hostname: &str, address: Ipv4Addr) -> Self {
        Self {
            id: id.to_owned(),
            hostname: hostname.to_owned(),
            address,
            role: Role::Instance,
            env: BTreeMap::new(),
            files: Vec::new(),
            folders: Vec::new(),
            command: Vec::new(),
            directory: "/".to_owned(),
            run_agent: true,
            user_data: true,
            agent_dir: None,
            disk: None,
            disk_mib: None,
            memory_mib: None,
            tmp_mib: None,
            platform: &AMAZON_LINUX_2023,
            rootfs: None,
            size: None,
            image: None,
            tools: None,
        }
    }

    /// A function's environment that runs `command` in `/var/task`.
    pub fn function(id: &str, command: Vec<String>) -> Self {
        Self {
            role: Role::Function,
            command,
            directory: "/var/task".to_owned(),
            run_agent: false,
            user_data: false,
            ..Self::instance(id, "localhost", FUNCTION)
        }
    }
}

/// What the type of an instance, or the memory of a function, gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Memory, MiB; a process that takes more is killed.
    pub memory_mib: u32,
    /// Processors, or a part of one.
    pub processors: f64,
}

/// A file inside a machine.
#[derive(Debug, Clone)]
pub struct FileSpec {
    /// Absolute path inside.
    pub path: String,
    /// Content.
    pub bytes: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
}

impl Size {
    /// A function has processors in proportion to its memory: one at 1,769 MB, at most six.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
    pub fn of_function(memory_mib: u64) -> Self {
        let memory_mib = u32::try_from(memory_mib).unwrap_or(u32::MAX);
        Self { memory_mib, processors: (f64::from(memory_mib) / 1769.0).min(6.0) }
    }
}
