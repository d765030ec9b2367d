//! What a local environment is opened with.

use std::path::PathBuf;

use jiff::SignedDuration;
use nightproof_machine::Rootfs;
use nightproof_machine::tools::Tools;

use crate::arguments::{MachineKind, MachineOptions};
use crate::error::Error;
use crate::{containers, operator, printer, tools};

/// The name of a local region, unless others are asked for.
pub(crate) const REGION: &str = "us-east-1";

/// The account of a drill on a local cloud.
pub(crate) const ACCOUNT: &str = "123456789012";

/// What an environment is opened with.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    /// The operator's 12-digit account id.
    pub(crate) account: String,
    /// The names of the regions, the first of which is where drills are.
    pub(crate) regions: Vec<String>,
    /// Port of the HTTPS endpoint on 127.0.0.1; 0 takes a free one.
    pub(crate) port: u16,
    /// Folder with a real amazon-ssm-agent, to run on instances instead of the guest's own.
    pub(crate) ssm_agent: Option<PathBuf>,
    /// What instances and functions run in.
    pub(crate) machine: MachineOptions,
    /// What containers may outlive this process by, should no later nightproof see that it has ended.
    pub(crate) lifetime: SignedDuration,
    /// Whether LocalStack's own CloudFormation is to deploy too; wants `--cloud localstack`.
    pub(crate) native: bool,
    /// The files of instances' systems, in place of this host's. Sandboxes only.
    pub(crate) rootfs: Option<Rootfs>,
    /// Python's part.
    pub(crate) tools: Tools,
    /// Size of instances' disks, MiB; without one they are as large as the host's. Sandboxes only.
    pub(crate) disk_mib: Option<u64>,
    /// Whether instances are records alone, which run nothing.
    pub(crate) simulated_instances: bool,
    /// The identity policy that is all the operator has; without one the operator is the root user.
    pub(crate) operator_policy: Option<operator::Policy>,
}

impl Setting {
    /// A drill's: the usual account and any port. Installs Python's part at first use, and unpacks the root file system.
    pub(crate) fn new(machine: MachineOptions) -> Result<Self, Error> {
        let rootfs = rootfs(&machine)?;
        let tools = tools::ensure()?;
        Ok(Self {
            account: ACCOUNT.to_owned(),
            regions: vec![REGION.to_owned()],
            port: 0,
            ssm_agent: None,
            machine,
            rootfs,
            native: false,
            lifetime: containers::DRILL,
            tools,
            disk_mib: None,
            simulated_instances: false,
            operator_policy: None,
        })
    }
}

/// The root file system that the options name, ready for instances.
fn rootfs(machine: &MachineOptions) -> Result<Option<Rootfs>, Error> {
    let Some(path) = &machine.rootfs else { return Ok(None) };
    if machine.kind() == MachineKind::Container {
        return Err(Error::RootfsInContainers);
    }
    let rootfs = Rootfs::prepare(path, machine.platform, printer::note).map_err(Error::Rootfs)?;
    let (system, lacks) = (rootfs.platform(), rootfs.lacks());
    printer::note(&format!(
        "instances have the files of {}: {} {}, whatever their image has",
        path.display(),
        system.name,
        system.version
    ));
    if !lacks.is_empty() {
        printer::note(&format!("it lacks {}, by which a drill seeds data and restores", lacks.join(" and ")));
    }
    Ok(Some(rootfs))
}
