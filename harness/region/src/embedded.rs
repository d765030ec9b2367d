//! The embedded cloud: a region in this process, or several, with its endpoints open.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_recursion::async_recursion;
use nightproof_core::credentials::Credential;
use nightproof_core::gateway::Gateway;
use nightproof_core::{Caller, Region, Settings};
use nightproof_faults::Faults;
use nightproof_gateway::{Authority, AuthorityError, LayerStack, Listener};
use nightproof_journal::Journal;
use nightproof_machine::container::EngineError;
use nightproof_machine::tools::Tools;
use nightproof_machine::{MachineSettings, Machines, Platform, Rootfs};
use nightproof_service_ec2::Sandboxes;
use nightproof_service_events::Events;
use nightproof_service_lambda::{ExecutionHost, Lambda};
use nightproof_service_monitoring::CloudWatch;
use nightproof_service_scheduler::Scheduler;
use nightproof_service_ssm::Ssm;
use nightproof_service_states::States;
use nightproof_store::Store;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::interposed::InterposedMachines;
pub use crate::role_session::{RoleSession, RoleSessions};
use crate::services::{GlobalServices, services};
use crate::trigger::RegionTrigger;
pub use crate::trigger::{FireError, Trigger};

/// What an embedded region is started with.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// The operator's 12-digit account id.
    pub account: String,
    /// The names of the regions, `us-east-1`; the first is the one that [`Embedded::region`] is.
    pub regions: Vec<String>,
    /// A folder of its own; whoever starts the region removes it afterwards.
    pub folder: PathBuf,
    /// The program that runs machines when executed with the hidden arguments: nightproof itself.
    pub program: PathBuf,
    /// Binaries of a real amazon-ssm-agent to run in instances, instead of the guest's own agent.
    pub agent_dir: Option<PathBuf>,
    /// The AWS CLI for instances and the runtime client for functions; without them functions do not run.
    pub tools: Option<Tools>,
    /// Port of the HTTPS endpoint; 0 takes a free one.
    pub port: u16,
    /// Size of instances' disks, MiB, if they are to have one; sandboxes only.
    pub disk_mib: Option<u64>,
    /// Whether functions of runtimes are created and updated that AWS blocks: those of a stack that exists already go on running there.
    pub allow_blocked_runtimes: bool,
    /// What is on images that nobody has listed; without it they cannot be launched.
    pub unlisted_images: Option<&'static Platform>,
    /// The files of instances' systems, in place of this host's; sandboxes only.
    pub rootfs: Option<Rootfs>,
    /// Whether instances are records alone, which run nothing; as many as are asked for.
    pub simulated_instances: bool,
    /// Where calls are written.
    pub journal: Journal,
    /// Where objects and messages are kept; in this process without one.
    pub store: Option<Store>,
}

impl EmbeddedOptions {
    /// For `account` in us-east-1, at a free port, with all of it in `folder`, without Python's part; the journal stays in memory.
    pub fn new(account: &str, folder: PathBuf, program: PathBuf) -> Self {
        Self {
            account: account.to_owned(),
            regions: vec!["us-east-1".to_owned()],
            folder,
            program,
            agent_dir: None,
            tools: None,
            port: 0,
            disk_mib: None,
            allow_blocked_runtimes: false,
            unlisted_images: None,
            rootfs: None,
            simulated_instances: false,
            journal: Journal::default(),
            store: None,
        }
    }
}

/// A running embedded region, with those beside it.
pub struct Embedded {
    /// The HTTPS endpoint of all services, `https://127.0.0.1:PORT`.
    pub endpoint_url: String,
    /// The same without encryption, so that insecure transport can be seen and refused.
    pub plain_url: String,
    /// The CA that signed the endpoint's certificate, PEM.
    pub ca_pem: String,
    /// The operator's credentials: the account's root user.
    pub credentials: Credential,
    /// The handle of the first region.
    pub region: Region,
    /// Those of the others.
    pub other_regions: Vec<Region>,
    /// Its machines.
    pub machines: Machines,
    /// What goes wrong on purpose.
    pub faults: Arc<Faults>,
    /// The layers that its calls pass.
    pub gateway: Arc<LayerStack>,
    trigger: Trigger,
}

/// A region could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// None was named.
    #[error("a region has to be named")]
    NoRegion,
    /// The region's folder could not be made.
    #[error("cannot make the region's folder `{}`", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The certificate authority could not be made.
    #[error("cannot make the region's certificate authority")]
    Authority(#[source] AuthorityError),
    /// A port could not be opened.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// Which.
        port: u16,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Starts the regions: certificates, endpoints, services.
#[async_recursion]
pub async fn start(options: EmbeddedOptions) -> Result<Embedded, StartError> {
    let EmbeddedOptions {
        account,
        regions,
        folder,
        program,
        agent_dir,
        tools,
        port,
        disk_mib,
        allow_blocked_runtimes,
        unlisted_images,
        rootfs,
        simulated_instances,
        journal,
        store,
    } = options;
    raise_descriptor_limit();
    let authority = Authority::new(&regions).map_err(StartError::Authority)?;
    let ca_pem = authority.ca_pem().to_owned();
    let [name, others @ ..] = regions.as_slice() else { return Err(StartError::NoRegion) };
    let settings = Settings { region: name.clone(), account: account.clone(), folder };
    let region = Region::with_journal(settings, journal);
    let other_regions: Vec<Region> =
        others.iter().map(|name| region.add_region(name, region.folder().join("regions").join(name))).collect();
    let faults = Arc::<Faults>::default();
    let gateway = LayerStack::new(Some(authority), Arc::clone(&faults));
    region.set_gateway(Arc::clone(&gateway) as Arc<dyn Gateway>);
    let machines = Machines::new(MachineSettings {
        region: region.name().to_owned(),
        folder: region.folder().to_owned(),
        program,
        ca_pem: ca_pem.clone(),
        journal: region.journal().clone(),
        tasks: region.tasks().clone(),
        stopping: region.stopping().clone(),
    });
    faults.set_interposed(Arc::new(InterposedMachines(machines.clone())));
    let global = GlobalServices::new(&region, store.as_ref());
    let mut triggers = Vec::new();
    for region in std::iter::once(&region).chain(&other_regions) {
        let folder = region.folder().to_owned();
        std::fs::create_dir_all(&folder).map_err(|source| StartError::Folder { folder, source })?;
        let machines = machines.in_region(region.name());
        let links = Arc::new(nightproof_vpc_link::open());
        let host = tools.clone().map(|tools| ExecutionHost { machines: machines.clone(), tools, links: Arc::clone(&links) });
        let trigger = RegionTrigger {
            region: region.clone(),
            events: Events::new(),
            functions: Lambda::with_runtimes(host, allow_blocked_runtimes),
            scheduler: Scheduler::new(),
            ssm: Ssm::new(),
            states: States::new(),
            alarms: CloudWatch::new(),
            timers: Arc::default(),
            links,
        };
        let sandboxes = Sandboxes {
            machines,
            tools: tools.clone(),
            agent_dir: agent_dir.clone(),
            disk_mib,
            unlisted_images,
            rootfs: rootfs.clone(),
        };
        region.install(services(&global, &trigger, sandboxes, simulated_instances, store.clone()));
        triggers.push(trigger);
    }
    let trigger = Trigger::new(region.clock(), triggers, global.objects);

    let secure = Listener::bind(port).await.map_err(|source| StartError::Listen { port, source })?;
    let plain = Listener::bind(0).await.map_err(|source| StartError::Listen { port: 0, source })?;
    let endpoint_url = format!("https://{}", secure.address());
    let plain_url = format!("http://{}", plain.address());
    secure.serve(&region, &gateway, true);
    plain.serve(&region, &gateway, false);
    let credentials = region.credentials().issue_key(Caller::root(&account));
    Ok(Embedded { endpoint_url, plain_url, ca_pem, credentials, region, other_regions, machines, faults, gateway, trigger })
}

/// Takes as many file descriptors as this process may have: each connection, and each machine's, is one, and the usual limit is 1024.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if limit.current != limit.maximum
        && let Err(error) = setrlimit(Resource::Nofile, raised)
    {
        tracing::debug!(%error, "cannot raise the limit of file descriptors");
    }
}

impl Embedded {
    /// A handle with which to fire rules while the region is owned by somebody else.
    pub fn trigger(&self) -> Trigger {
        self.trigger.clone()
    }

    /// A handle with which to act as a role of the region while it is owned by somebody else.
    pub fn role_sessions(&self) -> RoleSessions {
        RoleSessions::new(self.region.clone(), self.endpoint_url.clone())
    }

    /// The operations that the region implements, each after its service's signing name.
    ///
    /// # Errors
    /// A service's permissions cannot be parsed.
    pub fn operations(&self) -> Result<Vec<(&'static str, &'static str)>, String> {
        let mut all = Vec::new();
        for (name, service) in self.region.services() {
            all.extend(
                nightproof_authorization::operations(name, service.as_ref())?.into_iter().map(|operation| (name, operation)),
            );
        }
        Ok(all)
    }

    /// Ends machines, connections and background tasks, and returns when they have ended: with why a container could not be removed, if
    /// one is left.
    #[async_recursion]
    pub async fn stop(self) -> Vec<EngineError> {
        self.region.stopping().cancel();
        self.region.tasks().close();
        if tokio::time::timeout(Duration::from_secs(20), self.region.tasks().wait()).await.is_err() {
            tracing::warn!(tasks = self.region.tasks().len(), "tasks of the region did not end in 20 s");
        }
        match self.machines.containers() {
            Some(containers) => containers.discard_all().await,
            None => Vec::new(),
        }
    }
}
