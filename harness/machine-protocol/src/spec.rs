//! What a machine is to be: handed to the launcher as one line of JSON on its standard input.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where things are inside a machine.
pub mod inside {
    /// The guest program.
    pub const GUEST: &str = "/run/nightproof/guest";
    /// nightproof itself in a system that is not this host's, where [`GUEST`] is a script that has the host's loader start it.
    pub const PROGRAM: &str = "/run/nightproof/program";
    /// What the guest is to do.
    pub const TASK: &str = "/run/nightproof/task.json";
    /// The folder with the socket to the region.
    pub const SOCKET_FOLDER: &str = "/run/nightproof/socket";
    /// The socket to the region.
    pub const SOCKET: &str = "/run/nightproof/socket/region";
    /// Files that the guest copies to their places.
    pub const FILES: &str = "/run/nightproof/files";
    /// The CA bundle: the region's CA and no other.
    pub const CA: &str = "/etc/ssl/certs/ca-certificates.crt";
    /// The host's loader and libraries, with which the guest runs in a container.
    pub const LIBRARIES: &str = "/run/nightproof/lib";
    /// Where a disk in memory is mounted until its folders are at their places.
    pub const DISK: &str = "/run/nightproof/disk";
    /// The link that is mounted wherever the host has its `sh`.
    pub const SH: &str = "/run/nightproof/sh";
    /// The host's own /usr, where the layer of a launcher covers it: what is hidden there comes to light when its package is installed.
    pub const USR: &str = "/run/nightproof/usr";
    /// The socket on which the guest takes orders from the machine's own commands.
    pub const CONTROL: &str = "/run/nightproof/control";
    /// The folder of the AWS CLI's program.
    pub const TOOLS: &str = "/opt/nightproof/bin";
    /// A real agent's binaries, if one was given.
    pub const AGENT: &str = "/run/nightproof/agent";
}

/// Folders of a machine that are on its disk, if it has one. Of /tmp and /run Linux expects that they come up empty.
pub const ON_DISK: [&str; 7] = ["/var", "/root", "/home", "/opt", "/srv", "/mnt", LOCAL];

/// Where an administrator's own programs are: empty on every image, whatever the host has there.
pub const LOCAL: &str = "/usr/local";

/// Folders of [`LOCAL`] that are on the path of programs.
pub const LOCAL_PROGRAMS: [&str; 2] = ["/usr/local/bin", "/usr/local/sbin"];

/// Folders that every system has on its disk from its installation, and their permissions.
pub const INSTALLED: [(&str, u32); 4] = [("/var/tmp", 0o1777), ("/var/log", 0o755), ("/var/lib", 0o755), ("/var/cache", 0o755)];

/// Exit code of a machine that is to be booted again. It is also that of a script that asks the SSM agent for it, and of the agent then.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/send-commands-reboot.html>
pub const REBOOT: u8 = 194;

/// Exit code of the launcher when the sandbox could not be made; its last line on standard error says why.
pub const NO_SANDBOX: u8 = 125;

/// A folder or file of the host that a machine sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// Absolute path on the host.
    pub outside: PathBuf,
    /// Absolute path in the machine.
    pub inside: String,
    /// Whether the machine may write to it.
    pub writable: bool,
}

/// Whose files a machine's root folder has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum System {
    /// The host's, each folder by itself.
    Host,
    /// A system's own, from an overlay.
    Overlay {
        /// What is seen, the uppermost first.
        lower: Vec<PathBuf>,
        /// A folder with `upper` and `work`, where what is written goes; `None` for memory of this size, MiB.
        written: Result<PathBuf, u64>,
    },
    /// A system's own, as they are in the root folder already.
    Folder,
}

/// The sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LauncherSpec {
    /// An empty folder that the root file system is mounted on, unless it has that.
    pub root: PathBuf,
    /// What is to be there.
    pub system: System,
    /// The command line of the first process but for its argument.
    pub start: Vec<String>,
    /// Host name inside.
    pub hostname: String,
    /// The program that serves as guest: nightproof itself.
    pub program: PathBuf,
    /// What the machine sees of the host beside /usr and its kin.
    pub binds: Vec<Bind>,
    /// What is seen before the host's own files in /usr: programs that are the machine's, and whiteouts of programs that its platform lacks.
    pub layer: Option<PathBuf>,
    /// A folder with `upper` and `work`, where what is written to /usr goes; without it nothing can be, nor without a layer.
    pub upper: Option<PathBuf>,
    /// Whether [`LOCAL`] is the host's, as the Python that runs the AWS CLI is there.
    pub host_local: bool,
    /// Whether the root folder itself may be written to.
    pub writable_root: bool,
    /// A folder that has each of [`ON_DISK`] and stands for the machine's disk; `None` for a machine that is all in memory.
    pub disk: Option<PathBuf>,
    /// Size of a disk that is in memory, MiB: one file system that all of [`ON_DISK`] share, so that it fills up as a volume does. It
    /// takes the place of `disk`, and its files go when the machine ends.
    pub disk_mib: Option<u64>,
    /// Size of each other writable file system in memory, MiB.
    pub tmpfs_mib: u64,
    /// Size of `/tmp`, MiB; `None` for that of the others.
    pub tmp_mib: Option<u64>,
}

/// What the guest does once the machine is up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The region that endpoints are named after.
    pub region: String,
    /// The machine's own address, in its VPC.
    pub address: Ipv4Addr,
    /// Environment of everything that runs in the machine.
    pub environment: BTreeMap<String, String>,
    /// What it stands in for; `None` where an image decides.
    pub platform: Option<Platform>,
    /// A program to run; the machine ends when it ends, with its exit code.
    pub command: Vec<String>,
    /// Working directory of `command`.
    pub directory: String,
    /// What runs as SSM agent.
    pub agent: Agent,
    /// Whether to fetch user data and run it.
    pub user_data: bool,
    /// Whether to carry port 9001, the Lambda Runtime API, and to tell the region of the command's memory and end.
    pub runtime_api: bool,
    /// Whether it is an instance: takes connections from outside, to ports that the region names, and keeps to the CPU share that it sets.
    pub instance: bool,
    /// Memory that the command's processes may use together, MiB; `None` for any.
    pub memory_mib: Option<u64>,
    /// Whether the machine ends when the region lets go of it; a sandbox is ended by its launcher instead.
    pub follows_region: bool,
}

/// The operating system that a machine stands in for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// Its key among the platforms of machine images.
    pub key: String,
    /// The program that is to be `sh`; `None` if it is the one that is there.
    pub sh: Option<PathBuf>,
    /// Whether its files are an image's own, and not this host's.
    #[serde(default)]
    pub rootfs: bool,
}

/// What runs as SSM agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Agent {
    /// Nothing.
    None,
    /// The guest itself.
    Guest,
    /// A real amazon-ssm-agent.
    Real,
}
