//! Booting, holding and ending a machine.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_recursion::async_recursion;
use nightproof_journal::{Event, Journal, MISSING_PACKAGE, NOT_ACTED_UPON, OTHER_SHELL};
use nightproof_machine_protocol::connection::{LONGEST, Purpose};
use nightproof_machine_protocol::finding;
use nightproof_machine_protocol::link::Link;
use nightproof_machine_protocol::spec::{Agent, NO_SANDBOX, Platform, Task, inside};
use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::binds::Binds;
use super::error::remedy;
use super::published::Published;
use super::sandbox::Root;
use super::shell::{self, Sh};
use super::started::Started;
use super::usage::Usage;
use super::{End, MachineError, MachineSpec, Machines, Role, disk, etc, interposer, on_rootfs, sandbox};

/// How long a machine may take to boot; milliseconds, unless the host is very busy.
const BOOT_LIMIT: Duration = Duration::from_secs(30);
/// Bytes of console that are kept, as EC2 keeps 64 KB.
const CONSOLE: usize = 64 * 1024;

/// What a connection from inside a machine is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Port 443 of an AWS endpoint; TLS.
    Https,
    /// The instance metadata service; plain HTTP.
    Imds,
    /// The Lambda Runtime API; plain HTTP.
    RuntimeApi,
    /// Orders for the SSM agent's service: a byte each, from outside.
    Service,
    /// The share of each processor that an instance gets, percent, a byte each time, from outside.
    CpuShare,
    /// The region's time from outside, and what the instance starts by its own clock: a line each.
    Timers,
}

/// Who answers the connections that a machine makes.
pub trait Connections: Send + Sync {
    /// A connection was made inside the machine. Must not block.
    fn connected(&self, channel: Channel, stream: UnixStream);

    /// What the machine reaches of AWS, now and later.
    fn link(&self) -> watch::Receiver<Link> {
        watch::channel(Link::OPEN).1
    }

    /// How many hops the metadata service's answer to a PUT may take from now on.
    fn metadata_hops(&self) -> u8 {
        64
    }

    /// A line appeared on the machine's console, without its line end. Must not block.
    fn console(&self, _line: &str) {}
}

/// A running machine. Dropping it ends it too.
pub struct Machine {
    id: String,
    console: Arc<Console>,
    usage: Arc<Usage>,
    published: Arc<Published>,
    ended: watch::Receiver<Option<i32>>,
    end: CancellationToken,
}

#[derive(Default)]
struct Console {
    lines: Mutex<VecDeque<String>>,
}

impl Console {
    fn push(&self, line: &str) {
        let mut lines = self.lines.lock();
        lines.push_back(line.to_owned());
        while lines.iter().map(|line| line.len() + 1).sum::<usize>() > CONSOLE {
            lines.pop_front();
        }
    }

    fn text(&self) -> String {
        let lines = self.lines.lock();
        lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }
}

impl Machine {
    /// Boots a machine and returns when it is up.
    ///
    /// # Errors
    /// [`MachineError`], which says what this host lacks where it lacks something. Nothing of the machine is left then.
    #[async_recursion]
    pub async fn boot(machines: &Machines, spec: MachineSpec, connections: Arc<dyn Connections>) -> Result<Self, MachineError> {
        loop {
            match Self::boot_once(machines, spec.clone(), Arc::clone(&connections)).await {
                // An older kernel, or a folder that is on an overlay itself.
                Err(MachineError::Sandbox { reason, .. }) if reason.contains("overlay") && machines.lower_layers() => {
                    warn!(reason, "an overlay cannot be mounted: instances have this host's /usr");
                }
                booted => return booted,
            }
        }
    }

    async fn boot_once(machines: &Machines, spec: MachineSpec, connections: Arc<dyn Connections>) -> Result<Self, MachineError> {
        let folder = machines.folder_of(&spec.id);
        let end = machines.settings().stopping.child_token();
        let (started, listener) = match start(machines, &spec, &folder, end.clone()).await {
            Ok(started) => started,
            Err(error) => {
                remove(&folder);
                return Err(error);
            }
        };
        let console = Arc::new(Console::default());
        let readers = started.output.into_iter();
        let readers =
            readers.map(|stream| tokio::spawn(follow(stream, Arc::clone(&console), Arc::clone(&connections)))).collect();
        let (ended_sender, ended) = watch::channel(None);
        machines.settings().tasks.spawn(hold(started.ended, readers, folder, ended_sender, end.clone()));
        let (up_sender, up) = watch::channel(false);
        let usage = Arc::new(Usage::default());
        let published = Arc::new(Published::new(&spec.id, &machines.settings().journal, end.clone()));
        let guest = Guest {
            connections,
            usage: Arc::clone(&usage),
            published: Arc::clone(&published),
            up: up_sender,
            journal: machines.settings().journal.clone(),
        };
        tokio::spawn(accept(listener, guest, ended.clone()));

        let machine = Self { id: spec.id, console, usage, published, ended, end };
        let result = tokio::select! {
            () = raised(up) => Ok(()),
            code = machine.exited() => Err(code),
            () = tokio::time::sleep(BOOT_LIMIT) => {
                let console = machine.console();
                machine.stop().await;
                return Err(MachineError::Late { after: BOOT_LIMIT, console });
            }
        };
        match result {
            Ok(()) => Ok(machine),
            Err(code) if code == i32::from(NO_SANDBOX) => {
                Err(MachineError::Sandbox { reason: machine.console().trim().to_owned(), remedy: remedy() })
            }
            Err(code) => Err(MachineError::Ended { code, console: machine.console() }),
        }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it has not ended yet.
    pub fn is_running(&self) -> bool {
        self.ended.borrow().is_none()
    }

    /// The end of its console, at most 64 KB.
    pub fn console(&self) -> String {
        self.console.text()
    }

    /// The most memory that a function's processes have used so far, MiB; `None` if the machine does not tell.
    pub async fn memory_peak(&self) -> Option<u64> {
        self.usage.peak(self.is_running()).await
    }

    /// Publishes these ports of an instance on this host's loopback from now on, and no others; the journal says where. A function
    /// answers on none.
    pub fn open_ports(&self, ports: BTreeSet<u16>) {
        self.published.set(ports);
    }

    /// How the command of a function ended; `None` while it runs, and if the machine was stopped.
    pub fn command_end(&self) -> Option<End> {
        self.usage.end()
    }

    /// Kills everything in the machine, and returns when nothing of it is left.
    pub async fn stop(&self) {
        self.end.cancel();
        self.exited().await;
    }

    /// Waits until the machine has ended and is removed; returns the exit code of its first process.
    pub async fn exited(&self) -> i32 {
        let mut ended = self.ended.clone();
        ended.wait_for(Option::is_some).await.ok().and_then(|code| *code).unwrap_or(-1)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

/// Waits until the flag is raised; for ever if nobody can raise it any more.
async fn raised(mut flag: watch::Receiver<bool>) {
    if flag.wait_for(|raised| *raised).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Starts a machine of the region's kind, and listens for its connections.
async fn start(
    machines: &Machines,
    spec: &MachineSpec,
    folder: &Path,
    end: CancellationToken,
) -> Result<(Started, UnixListener), MachineError> {
    let program = machines.settings().program.clone();
    match machines.containers() {
        None if let Some(rootfs) = spec.rootfs.as_ref().filter(|_| spec.role == Role::Instance) => {
            let disk = disk_of(machines, spec, disk::make_for_rootfs)?;
            let (on_rootfs, seen) = on_rootfs::prepare(machines, spec, rootfs, folder, disk.as_deref())?;
            let (binds, listener) = prepare(machines, spec, folder, BTreeMap::new(), seen)?;
            Ok((sandbox::start(program, spec, folder, binds, disk, Root::Rootfs(on_rootfs), end).await?, listener))
        }
        None => {
            let disk = disk_of(machines, spec, disk::make)?;
            let layer = if spec.role == Role::Instance { machines.layer(spec.platform)? } else { None };
            let etc = make_etc(machines, spec, folder, disk.as_deref())?;
            let (mut binds, listener) = prepare(machines, spec, folder, BTreeMap::new(), etc)?;
            make_mount_points(spec)?;
            let root = folder.join("root");
            fs::create_dir_all(&root).map_err(|source| MachineError::Folder { path: root, source })?;
            binds.extend(spec.tools.iter().flat_map(|tools| tools.binds(spec.role)));
            Ok((sandbox::start(program, spec, folder, binds, disk, Root::Host(layer), end).await?, listener))
        }
        Some(containers) => {
            let over = folder.join("etc");
            let etc = fs::create_dir_all(&over)
                .and_then(|()| etc::make_for_image(&over, &spec.hostname, &machines.settings().ca_pem))
                .map_err(|source| MachineError::Folder { path: over, source })?;
            let (binds, listener) = prepare(machines, spec, folder, containers.environment(spec).await?, etc)?;
            Ok((containers.start(program, spec, binds, (end, machines.settings().stopping.clone())).await?, listener))
        }
    }
}

/// The disk of a sandbox that is to have one, made at its first boot; none where the host lets no programs be run from it.
fn disk_of(
    machines: &Machines,
    spec: &MachineSpec,
    make: fn(&Path) -> std::io::Result<()>,
) -> Result<Option<PathBuf>, MachineError> {
    let Some(disk) = spec.disk.clone().filter(|_| spec.disk_mib.is_none()) else { return Ok(None) };
    if !disk::may_execute(&machines.settings().folder) {
        warn!(disk = %disk.display(), "programs may not be run from the region's folder: the machine's disk is in memory");
        return Ok(None);
    }
    make(&disk).map_err(|source| MachineError::Folder { path: disk.clone(), source })?;
    Ok(Some(disk))
}

/// Makes places for the tools in the folders that a machine sees where these would hide them.
fn make_mount_points(spec: &MachineSpec) -> Result<(), MachineError> {
    for (outside, inside) in &spec.folders {
        for (_, tool) in spec.tools.iter().flat_map(|tools| tools.binds(spec.role)) {
            if let Ok(within) = Path::new(&tool).strip_prefix(inside) {
                let path = outside.join(within);
                fs::create_dir_all(&path).map_err(|source| MachineError::Folder { path, source })?;
            }
        }
    }
    Ok(())
}

/// Makes the /etc of a machine that has the host's files.
fn make_etc(machines: &Machines, spec: &MachineSpec, folder: &Path, disk: Option<&Path>) -> Result<Binds, MachineError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| MachineError::Folder { path, source }
    };
    let etc = disk.unwrap_or(folder).join("etc");
    // A disk has one from its first boot.
    if disk.is_none() || !etc.exists() {
        etc::make(&etc, &spec.hostname, &machines.settings().ca_pem, spec.platform, spec.role).map_err(io(&etc))?;
    }
    let interposed = match machines.interposer().is_prepared() && spec.role == Role::Instance {
        true => Some(interposer::make(folder, &etc).map_err(io(folder))?),
        false => None,
    };
    Ok(std::iter::once((etc, "/etc".to_owned())).chain(interposed).collect())
}

/// Makes everything that a machine is started from but for its /etc, which `binds` has. `environment` is what its image sets.
fn prepare(
    machines: &Machines,
    spec: &MachineSpec,
    folder: &Path,
    environment: BTreeMap<String, String>,
    mut binds: Binds,
) -> Result<(Binds, UnixListener), MachineError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| MachineError::Folder { path, source }
    };
    let part = |name: &str| folder.join(name);
    for name in ["socket", "files"] {
        fs::create_dir_all(part(name)).map_err(io(&part(name)))?;
    }
    for file in &spec.files {
        let path = part("files").join(file.path.trim_start_matches('/'));
        let write = || {
            fs::create_dir_all(path.parent().unwrap_or(&path))?;
            fs::write(&path, &file.bytes)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(file.mode))
        };
        write().map_err(io(&path))?;
    }
    let task = part("task.json");
    let text = serde_json::to_vec(&task_of(machines, spec, environment, platform(machines, spec)?)).unwrap_or_default();
    fs::write(&task, text).map_err(io(&task))?;
    let socket = part("socket").join("region");
    let listener = bind_socket(&socket).map_err(io(&socket))?;
    binds.extend([
        (part("socket"), inside::SOCKET_FOLDER.to_owned()),
        (part("files"), inside::FILES.to_owned()),
        (task, inside::TASK.to_owned()),
    ]);
    binds.extend(spec.folders.iter().cloned());
    binds.extend(spec.agent_dir.iter().map(|agent| (agent.clone(), inside::AGENT.to_owned())));
    Ok((binds, listener))
}

/// Binds by way of the open folder, as a socket's name may have 107 bytes and the region's folder may be anywhere.
fn bind_socket(socket: &Path) -> std::io::Result<UnixListener> {
    let (Some(folder), Some(name)) = (socket.parent(), socket.file_name()) else {
        return UnixListener::bind(socket);
    };
    let folder = fs::File::open(folder)?;
    UnixListener::bind(Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name))
}

/// The platform that a machine shows, if that is not its image's.
fn platform(machines: &Machines, spec: &MachineSpec) -> Result<Option<Platform>, MachineError> {
    if machines.containers().is_some() {
        return Ok(None);
    }
    if let Some(rootfs) = spec.rootfs.as_ref().filter(|_| spec.role == Role::Instance) {
        return Ok(Some(Platform { key: rootfs.platform().key.to_owned(), sh: None, rootfs: true }));
    }
    let sh = match shell::choose(spec.platform, Path::new("/"))? {
        Sh::AsOnHost => None,
        Sh::Program(program) => Some(program),
        Sh::Other(detail) => {
            find(&machines.settings().journal, OTHER_SHELL, detail);
            None
        }
    };
    Ok(Some(Platform { key: spec.platform.key.to_owned(), sh, rootfs: false }))
}

fn task_of(
    machines: &Machines,
    spec: &MachineSpec,
    mut environment: BTreeMap<String, String>,
    platform: Option<Platform>,
) -> Task {
    for (name, value) in
        [("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), ("HOME", "/root"), ("LANG", "C.UTF-8")]
    {
        environment.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    let certificates = [
        // botocore looks at no system store, OpenSSL's users at different ones.
        ("AWS_CA_BUNDLE", inside::CA),
        ("SSL_CERT_FILE", inside::CA),
        ("CURL_CA_BUNDLE", inside::CA),
    ];
    environment.extend(certificates.map(|(name, value)| (name.to_owned(), value.to_owned())));
    environment.extend(spec.env.clone());
    Task {
        region: machines.region().to_owned(),
        address: spec.address,
        environment,
        platform,
        command: spec.command.clone(),
        directory: spec.directory.clone(),
        agent: match (spec.run_agent, &spec.agent_dir) {
            (false, _) => Agent::None,
            (true, None) => Agent::Guest,
            (true, Some(_)) => Agent::Real,
        },
        user_data: spec.user_data,
        runtime_api: spec.role == Role::Function,
        instance: spec.role == Role::Instance,
        memory_mib: spec.memory_mib,
        follows_region: machines.containers().is_some(),
    }
}

/// Waits until nothing of the machine is left, then removes its folder.
async fn hold(
    machine: Pin<Box<dyn Future<Output = i32> + Send>>,
    readers: Vec<tokio::task::JoinHandle<()>>,
    folder: PathBuf,
    ended: watch::Sender<Option<i32>>,
    end: CancellationToken,
) {
    let code = machine.await;
    // What stood for it outside ends with it, however it ended.
    end.cancel();
    for reader in readers {
        // The streams end with the machine; nothing can hold them open.
        let _ = tokio::time::timeout(Duration::from_secs(1), reader).await;
    }
    remove(&folder);
    ended.send_replace(Some(code));
}

/// Passes a machine's output on, line by line.
async fn follow(stream: impl AsyncRead + Unpin, console: Arc<Console>, connections: Arc<dyn Connections>) {
    let mut lines = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        // A line without end is cut, so that memory is bounded.
        match (&mut lines).take(256 * 1024).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                let text = text.trim_end_matches(['\n', '\r']);
                console.push(text);
                connections.console(text);
            }
        }
    }
}

/// Who has to do with the connections of a machine's guest.
#[derive(Clone)]
struct Guest {
    connections: Arc<dyn Connections>,
    usage: Arc<Usage>,
    published: Arc<Published>,
    up: watch::Sender<bool>,
    journal: Journal,
}

/// The longest finding of a machine's, bytes.
const FINDING: u64 = 4096;

/// Writes what a machine's guest tells of it to the journal, once.
async fn tell(journal: &Journal, stream: UnixStream) {
    let mut sent = String::new();
    if stream.take(FINDING).read_to_string(&mut sent).await.is_ok()
        && let Some((kind, detail)) = finding::read(&sent)
    {
        let id = match kind {
            finding::Kind::MissingPackage => MISSING_PACKAGE,
            finding::Kind::NotActedUpon => NOT_ACTED_UPON,
        };
        find(journal, id, detail.to_owned());
    }
}

/// Writes a finding, unless it is there.
fn find(journal: &Journal, id: &str, detail: String) {
    let finding = Event::Finding { id: id.to_owned(), detail };
    if !journal.records().iter().any(|record| record.event == finding) {
        journal.record(finding);
    }
}

/// Accepts the machine's connections and hands each to whom its first line names.
async fn accept(listener: UnixListener, guest: Guest, mut ended: watch::Receiver<Option<i32>>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = ended.wait_for(Option::is_some) => return,
        };
        let Ok((mut stream, _)) = accepted else { continue };
        let (Guest { connections, usage, published, up, journal }, mut ended) = (guest.clone(), ended.clone());
        tokio::spawn(async move {
            let announced = tokio::time::timeout(Duration::from_secs(5), preface(&mut stream)).await.ok().flatten();
            let Some(purpose) = announced.as_deref().and_then(Purpose::from_line) else {
                return debug!(?announced, "a machine's connection announced nothing known");
            };
            match purpose {
                Purpose::Https => connections.connected(Channel::Https, stream),
                Purpose::Imds => {
                    if stream.write_u8(connections.metadata_hops()).await.is_ok() {
                        connections.connected(Channel::Imds, stream);
                    }
                }
                Purpose::RuntimeApi => connections.connected(Channel::RuntimeApi, stream),
                Purpose::Service => connections.connected(Channel::Service, stream),
                Purpose::CpuShare => connections.connected(Channel::CpuShare, stream),
                Purpose::Timers => connections.connected(Channel::Timers, stream),
                Purpose::Link => drop(follow_link(connections.link(), stream).await),
                Purpose::Usage => usage.follow(stream).await,
                Purpose::Inbound => published.offer(stream),
                Purpose::Finding => tell(&journal, stream).await,
                // Who reads the console was there before anything was accepted.
                Purpose::Console => drop(stream.write_u8(0).await),
                Purpose::Ready => {
                    up.send_replace(true);
                    // Held open until then: a machine that follows the region ends with this connection.
                    let _ = ended.wait_for(Option::is_some).await;
                }
            }
        });
    }
}

/// Tells a machine what it reaches of AWS, and each change of that, until the machine ends.
async fn follow_link(mut link: watch::Receiver<Link>, mut stream: UnixStream) -> std::io::Result<()> {
    loop {
        let open = link.borrow_and_update().to_bytes();
        stream.write_all(&open).await?;
        let changed = tokio::select! {
            changed = link.changed() => changed,
            // Nothing is ever said here: it is the end.
            _ = stream.read_u8() => return Ok(()),
        };
        if changed.is_err() {
            // It stays as it is.
            return stream.read_u8().await.map(drop);
        }
    }
}

async fn preface(stream: &mut UnixStream) -> Option<String> {
    let mut line = String::new();
    while line.len() < LONGEST {
        match stream.read_u8().await.ok()? {
            b'\n' => return Some(line),
            byte => line.push(char::from(byte)),
        }
    }
    None
}

fn remove(folder: &Path) {
    if let Err(error) = disk::remove(folder) {
        debug!(%error, folder = %folder.display(), "cannot remove a machine's folder");
    }
}
