//! Starting a container as a machine.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use async_recursion::async_recursion;
use futures_util::StreamExt as _;
use nightproof_machine_protocol::spec::inside;
use testcontainers::bollard::container::{AttachContainerResults, LogOutput};
use testcontainers::bollard::models::{ContainerUpdateBody, HostConfig, HostConfigLogConfig, Mount, MountType, ResourcesUlimits};
use testcontainers::bollard::query_parameters::{AttachContainerOptionsBuilder, WaitContainerOptionsBuilder};
use testcontainers::bollard::{self, Docker};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerRequest, GenericImage, ImageExt as _};
use tokio::io::{AsyncRead, AsyncWriteExt as _};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::engine::{Engine, EngineError, is_absent, refused};
use super::image::{self, FunctionImage, Images, Pull};
use super::image_error::ImageError;
use super::owner::Owner;
use super::sweep;
use crate::library::{self, Start};
use crate::started::Started;
use crate::{MachineError, MachineSpec, Role};

/// The runtime whose image is got ready before anything runs.
const USUAL_RUNTIME: &str = "python3.13";

/// Is told before something takes its time.
pub type Progress = Box<dyn Fn(&str) + Send + Sync>;

/// What machines are started from and labelled with, where they are containers.
pub struct Containers {
    engine: Engine,
    owner: Owner,
    pull: Pull,
    instance: String,
    /// The image that the user named for all functions.
    named_function: Option<String>,
    /// By runtime.
    functions: Mutex<HashMap<String, FunctionImage>>,
    /// Containers with a disk, by the instance's id: running ones, and stopped ones that have the instance's disk.
    instances: parking_lot::Mutex<HashMap<String, String>>,
    progress: Progress,
}

impl Containers {
    /// Gets the images ready: those that the user named for instances and functions, or the usual ones.
    ///
    /// # Errors
    /// [`ImageError`], with a hint for the user.
    #[async_recursion]
    pub async fn prepare(
        engine: Engine,
        owner: Owner,
        pull: Pull,
        (instance, function): (Option<String>, Option<String>),
        progress: Progress,
    ) -> Result<Self, ImageError> {
        let images = Images::new(&engine, pull, &*progress);
        let instance = match instance {
            Some(image) => images.named(&image).await?,
            None => images.instance().await?,
        };
        if let Some(image) = &function {
            images.named(image).await?;
        }
        let containers = Self {
            engine,
            owner,
            pull,
            instance,
            named_function: function,
            functions: Mutex::default(),
            instances: parking_lot::Mutex::default(),
            progress,
        };
        containers.function_image(USUAL_RUNTIME).await?;
        Ok(containers)
    }

    /// The image that functions of `runtime` run in; looked for at the first one.
    pub(crate) async fn function_image(&self, runtime: &str) -> Result<FunctionImage, ImageError> {
        if let Some(image) = &self.named_function {
            let version = runtime.trim_start_matches(|c: char| c.is_ascii_alphabetic()).trim_end_matches(".x").to_owned();
            return Ok(FunctionImage { image: image.clone(), version });
        }
        let mut known = self.functions.lock().await;
        if let Some(image) = known.get(runtime) {
            return Ok(image.clone());
        }
        let image = Images::new(&self.engine, self.pull, &*self.progress).function(runtime).await?;
        known.insert(runtime.to_owned(), image.clone());
        Ok(image)
    }

    /// The image that a machine runs.
    fn image<'a>(&'a self, spec: &'a MachineSpec) -> &'a str {
        match (&spec.image, spec.role) {
            (Some(image), _) => image,
            (None, Role::Instance | Role::Function) => &self.instance,
        }
    }

    /// What the image of a machine sets in the environment.
    pub(crate) async fn environment(&self, spec: &MachineSpec) -> Result<BTreeMap<String, String>, MachineError> {
        let image = self.image(spec);
        let found = self.engine.docker.inspect_image(image).await.map_err(refused(format!("look at the image `{image}`")));
        let variables = found.map_err(MachineError::Engine)?.config.and_then(|config| config.env).unwrap_or_default();
        let pairs = variables.iter().filter_map(|variable| variable.split_once('='));
        Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// Starts a machine, in the container that has its disk if it ran before. It sees `binds` (outside and inside path), read-only, and its
    /// guest is `program`. One that has a disk stays when it ends, unless `stopping` ends everything.
    pub(crate) async fn start(
        &self,
        program: PathBuf,
        spec: &MachineSpec,
        binds: Vec<(PathBuf, String)>,
        ends: (CancellationToken, CancellationToken),
    ) -> Result<Started, MachineError> {
        let asked = program.clone();
        let guest = tokio::task::spawn_blocking(move || library::of(&asked, inside::GUEST)).await.map_err(std::io::Error::other);
        let guest = guest.flatten().map_err(|source| MachineError::Launcher { program, source })?;
        self.create_and_start(guest, spec, binds, ends).await.map_err(MachineError::Engine)
    }

    async fn create_and_start(
        &self,
        guest: Start,
        spec: &MachineSpec,
        binds: Vec<(PathBuf, String)>,
        (end, stopping): (CancellationToken, CancellationToken),
    ) -> Result<Started, EngineError> {
        let name = format!("{}-{}", self.owner.run, spec.id);
        let kept = self.instances().get(&spec.id).cloned();
        let started = async {
            let id = match kept {
                Some(id) => self.start_again(&name, id, spec).await?,
                None => self.start_new(&name, guest, spec, binds).await?,
            };
            // The guest waits until its console is read, so that nothing it writes is missed.
            let options = AttachContainerOptionsBuilder::default().stream(true).stdout(true).stderr(true).build();
            let attached = self.engine.docker.attach_container(&id, Some(options)).await;
            Ok((attached.map_err(refused(format!("attach to the container {name}")))?, id))
        };
        let (attached, id) = match started.await {
            Ok(started) => started,
            Err(error) => {
                self.instances().remove(&spec.id);
                remove(&self.engine, &name).await;
                return Err(error);
            }
        };
        let keeps = spec.disk.is_some();
        if keeps {
            self.instances().insert(spec.id.clone(), id.clone());
        }
        let ended = tokio::spawn(exit_code(self.engine.docker.clone(), id.clone(), keeps));
        let engine = self.engine.clone();
        let ended = async move {
            let mut ended = ended;
            let code = tokio::select! {
                code = &mut ended => code,
                () = end.cancelled() => {
                    if keeps && !stopping.is_cancelled() {
                        kill(&engine, &id).await;
                    } else {
                        remove(&engine, &id).await;
                    }
                    ended.await
                }
            };
            code.ok().flatten().unwrap_or(-1)
        };
        Ok(Started { output: split(attached), ended: Box::pin(ended) })
    }

    /// Starts the container that an instance had before; returns its id.
    async fn start_again(&self, name: &str, id: String, spec: &MachineSpec) -> Result<String, EngineError> {
        let docker = &self.engine.docker;
        // Its type may be another since it was stopped.
        match docker.update_container(&id, self.size(spec)).await {
            Err(error) if is_absent(&error) => return Err(EngineError::Removed(name.to_owned())),
            updated => updated.map_err(refused(format!("change the size of the container {name}")))?,
        };
        docker.start_container(&id, None).await.map_err(refused(format!("start the container {name}")))?;
        Ok(id)
    }

    /// Makes a container and starts it; returns its id.
    async fn start_new(
        &self,
        name: &str,
        guest: Start,
        spec: &MachineSpec,
        binds: Vec<(PathBuf, String)>,
    ) -> Result<String, EngineError> {
        let refused = |source| EngineError::Start { name: name.to_owned(), source: Box::new(source) };
        let container = self.request(name, guest, spec, binds).start().await.map_err(refused)?;
        let id = container.id().to_owned();
        // Its destructor would block a thread, and would remove a container that has an instance's disk: the run removes what it started, or
        // the next one by the labels.
        std::mem::forget(container);
        Ok(id)
    }

    fn instances(&self) -> parking_lot::MutexGuard<'_, HashMap<String, String>> {
        self.instances.lock()
    }

    /// Removes the container of an instance that will not boot again, with all that is on its disk.
    #[async_recursion]
    pub async fn discard(&self, instance: &str) {
        let container = self.instances().remove(instance);
        if let Some(id) = container {
            remove(&self.engine, &id).await;
        }
    }

    /// Removes all containers of this run, whatever became of earlier tries; returns why one that stays could not be removed.
    #[async_recursion]
    pub async fn discard_all(&self) -> Vec<EngineError> {
        self.instances().clear();
        let containers = match sweep::of_run(&self.engine, &self.owner).await {
            Ok(containers) => containers,
            Err(error) => return vec![error],
        };
        let mut refused = Vec::new();
        for id in containers {
            refused.extend(sweep::remove(&self.engine, &id).await.err());
        }
        refused
    }

    /// What a machine may use.
    fn size(&self, spec: &MachineSpec) -> ContainerUpdateBody {
        let memory = spec.size.map(|size| i64::from(size.memory_mib) * 1024 * 1024);
        let processors = spec.size.map(|size| (size.processors * 1e9) as i64);
        ContainerUpdateBody {
            memory,
            memory_swap: memory,
            nano_cpus: processors.map(|wanted| wanted.min(self.engine.processors * 1_000_000_000)),
            ..ContainerUpdateBody::default()
        }
    }

    fn request(
        &self,
        name: &str,
        guest: Start,
        spec: &MachineSpec,
        binds: Vec<(PathBuf, String)>,
    ) -> ContainerRequest<GenericImage> {
        let host = self.host(guest.files.into_iter().chain(binds), spec);
        let mut command = guest.command.into_iter().chain([nightproof_machine_protocol::CONTAINER.to_owned()]);
        image::named(self.image(spec))
            .with_entrypoint(&command.next().unwrap_or_default())
            .with_cmd(command)
            .with_container_name(name)
            .with_hostname(&spec.hostname)
            .with_user("0:0")
            .with_working_dir("/")
            .with_labels(self.owner.labels())
            .with_host_config_modifier(move |config| *config = host.clone())
    }

    fn host(&self, files: impl Iterator<Item = (PathBuf, String)>, spec: &MachineSpec) -> HostConfig {
        let ContainerUpdateBody { memory, memory_swap, nano_cpus, .. } = self.size(spec);
        HostConfig {
            // One that stays has the instance's disk; any other is the engine's to remove, however nightproof ends.
            auto_remove: Some(spec.disk.is_none()),
            tmpfs: spec.disk.is_some().then(|| in_memory().collect()),
            network_mode: Some("none".to_owned()),
            mounts: Some(files.map(read_only).collect()),
            // To make the machine's network; the first process gives both up before it starts another.
            cap_add: Some(vec!["NET_ADMIN".to_owned(), "SYS_ADMIN".to_owned()]),
            cap_drop: Some(vec!["MKNOD".to_owned(), "NET_RAW".to_owned()]),
            sysctls: Some(HashMap::from([("net.ipv4.ip_unprivileged_port_start".to_owned(), "0".to_owned())])),
            memory,
            memory_swap,
            nano_cpus,
            ulimits: Some(vec![ResourcesUlimits { name: Some("core".to_owned()), soft: Some(0), hard: Some(0) }]),
            // The console is read as it is written, and nothing of it is kept by the engine.
            log_config: Some(HostConfigLogConfig { typ: Some("none".to_owned()), config: None }),
            ..HostConfig::default()
        }
    }
}

/// Folders of an instance that come up empty at each boot, as on Amazon Linux.
fn in_memory() -> impl Iterator<Item = (String, String)> {
    let folders = [("/tmp", "rw,exec,nosuid,nodev,mode=1777"), ("/run", "rw,nosuid,nodev,mode=755")];
    folders.into_iter().map(|(folder, options)| (folder.to_owned(), options.to_owned()))
}

async fn remove(engine: &Engine, id: &str) {
    if let Err(error) = sweep::remove(engine, id).await {
        tracing::warn!(%error, id, "cannot remove a container");
    }
}

/// Ends all that runs in a container, which stays with what it has on its disk.
async fn kill(engine: &Engine, id: &str) {
    if let Err(error) = engine.docker.kill_container(id, None).await {
        // It may have ended at the same time.
        debug!(%error, id, "cannot kill a container");
    }
}

/// Waits until a started container has ended, or is removed if it does not stay; returns the exit code of its first process.
async fn exit_code(docker: Docker, id: String, stays: bool) -> Option<i32> {
    let condition = if stays { "not-running" } else { "removed" };
    let options = WaitContainerOptionsBuilder::default().condition(condition).build();
    let mut answers = docker.wait_container(&id, Some(options));
    let code = match answers.next().await? {
        Ok(answer) => answer.status_code,
        Err(bollard::errors::Error::DockerContainerWaitError { code, .. }) => code,
        Err(error) => {
            debug!(%error, id, "cannot wait for a container");
            return None;
        }
    };
    i32::try_from(code).ok()
}

/// Standard output and standard error, which arrive in one stream, as two.
fn split(mut attached: AttachContainerResults) -> Vec<Box<dyn AsyncRead + Send + Unpin>> {
    let (mut out, out_reader) = tokio::io::duplex(64 * 1024);
    let (mut err, err_reader) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move {
        while let Some(Ok(output)) = attached.output.next().await {
            let written = match &output {
                LogOutput::StdErr { message } => err.write_all(message).await,
                other => out.write_all(other.as_ref()).await,
            };
            if written.is_err() {
                break;
            }
        }
    });
    vec![Box::new(out_reader), Box::new(err_reader)]
}

/// A mount of an outside path at an inside one.
pub(super) fn read_only((outside, inside): (PathBuf, String)) -> Mount {
    Mount {
        source: Some(outside.to_string_lossy().into_owned()),
        target: Some(inside),
        typ: Some(MountType::BIND),
        read_only: Some(true),
        ..Mount::default()
    }
}
