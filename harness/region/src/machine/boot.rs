//! Booting, holding and ending a machine.

use std::collections::VecDeque;
use std::fs;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use firedrill_guest::spec::{Agent, Bind, LauncherSpec, NO_SANDBOX, Task, inside};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::error::remedy;
use super::usage::{End, Usage};
use super::{MachineError, MachineSpec, Role, disk, etc};
use crate::Region;

/// How long a machine may take to boot; milliseconds, unless the host is very busy.
const BOOT_LIMIT: Duration = Duration::from_secs(30);
/// Size of each writable file system of a machine, MiB. Memory is used as it is written.
const TMPFS_MIB: u64 = 4096;
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
}

/// Who answers the connections that a machine makes.
pub trait Connections: Send + Sync {
    /// A connection was made inside the machine. Must not block.
    fn connected(&self, channel: Channel, stream: UnixStream);

    /// A line appeared on the machine's console, without its line end. Must not block.
    fn console(&self, _line: &str) {}
}

/// A running machine. Dropping it ends it too.
pub struct Machine {
    id: String,
    console: Arc<Console>,
    usage: Arc<Usage>,
    ended: watch::Receiver<Option<i32>>,
    end: CancellationToken,
}

#[derive(Default)]
struct Console {
    lines: Mutex<VecDeque<String>>,
}

impl Console {
    fn push(&self, line: &str) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_back(line.to_owned());
        while lines.iter().map(|line| line.len() + 1).sum::<usize>() > CONSOLE {
            lines.pop_front();
        }
    }

    fn text(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }
}

impl Machine {
    /// Boots a machine and returns when it is up.
    ///
    /// # Errors
    /// [`MachineError`], which says what this host lacks where it lacks something. Nothing of the machine is left then.
    pub async fn boot(region: &Region, spec: MachineSpec, connections: Arc<dyn Connections>) -> Result<Self, MachineError> {
        let folder = region.folder().join("m").join(&spec.id);
        let prepared = prepare(region, &spec, &folder);
        let (launcher, listener) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                remove(&folder);
                return Err(error);
            }
        };
        let program = region.settings().program.clone();
        let mut child = match spawn(&program, &launcher).await {
            Ok(child) => child,
            Err(source) => {
                remove(&folder);
                return Err(MachineError::Launcher { program, source });
            }
        };
        let console = Arc::new(Console::default());
        let readers = [
            child.stdout.take().map(|stream| tokio::spawn(follow(stream, Arc::clone(&console), Arc::clone(&connections)))),
            child.stderr.take().map(|stream| tokio::spawn(follow(stream, Arc::clone(&console), Arc::clone(&connections)))),
        ];
        let (ended_sender, ended) = watch::channel(None);
        let end = CancellationToken::new();
        let lifeline = child.stdin.take();
        region.tasks().spawn(hold(child, lifeline, readers, folder, end.clone(), region.stopping().clone(), ended_sender));
        let (up_sender, up) = watch::channel(false);
        let usage = Arc::new(Usage::default());
        tokio::spawn(accept(listener, connections, Arc::clone(&usage), up_sender, ended.clone()));

        let machine = Self { id: spec.id, console, usage, ended, end };
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

    /// How the command of a function ended; `None` while it runs, and if the machine was stopped.
    pub fn command_end(&self) -> Option<End> {
        self.usage.end()
    }

    /// Kills everything in the machine, and returns when nothing of it is left.
    pub async fn stop(&self) {
        self.end.cancel();
        self.exited().await;
    }

    /// Waits until the machine has ended and is removed; answers the exit code of its first process.
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

/// Makes everything that a machine is started from.
fn prepare(region: &Region, spec: &MachineSpec, folder: &Path) -> Result<(LauncherSpec, UnixListener), MachineError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| MachineError::Folder { path, source }
    };
    let part = |name: &str| folder.join(name);
    for name in ["root", "socket", "files"] {
        fs::create_dir_all(part(name)).map_err(io(&part(name)))?;
    }
    let disk = spec.disk.clone().filter(|disk| {
        let allowed = disk::may_execute(region.folder());
        if !allowed {
            warn!(disk = %disk.display(), "programs may not be run from the region's folder: the machine's disk is in memory");
        }
        allowed
    });
    if let Some(disk) = &disk {
        disk::make(disk).map_err(io(disk))?;
    }
    let etc = disk.as_ref().map_or_else(|| part("etc"), |disk| disk.join("etc"));
    if !etc.exists() {
        etc::make(&etc, &spec.hostname, &region.ca_pem()).map_err(io(&etc))?;
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
    fs::write(&task, serde_json::to_vec(&task_of(region, spec)).unwrap_or_default()).map_err(io(&task))?;
    let socket = part("socket").join("region");
    let listener = bind_socket(&socket).map_err(io(&socket))?;

    let mut binds = vec![
        bind(etc, "/etc", true),
        bind(part("socket"), inside::SOCKET_FOLDER, false),
        bind(part("files"), inside::FILES, false),
        bind(task, inside::TASK, false),
    ];
    if let Some(agent) = &spec.agent_dir {
        binds.push(bind(agent.clone(), inside::AGENT, false));
    }
    if let Some(tools) = &spec.tools {
        binds.extend(tools.binds().into_iter().map(|(outside, inside)| bind(outside, &inside, false)));
    }
    let launcher = LauncherSpec {
        root: part("root"),
        hostname: spec.hostname.clone(),
        program: region.settings().program.clone(),
        binds,
        disk,
        tmpfs_mib: TMPFS_MIB,
        tmp_mib: spec.tmp_mib,
    };
    Ok((launcher, listener))
}

/// Binds by way of the open folder, as a socket's name may have 107 bytes and the region's folder may be anywhere.
fn bind_socket(socket: &Path) -> std::io::Result<UnixListener> {
    let (Some(folder), Some(name)) = (socket.parent(), socket.file_name()) else {
        return UnixListener::bind(socket);
    };
    let folder = fs::File::open(folder)?;
    UnixListener::bind(Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name))
}

fn bind(outside: PathBuf, inside: &str, writable: bool) -> Bind {
    Bind { outside, inside: inside.to_owned(), writable }
}

fn task_of(region: &Region, spec: &MachineSpec) -> Task {
    let mut environment: std::collections::BTreeMap<String, String> = [
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ("HOME", "/root"),
        ("LANG", "C.UTF-8"),
        // botocore looks at no system store, OpenSSL's users at different ones.
        ("AWS_CA_BUNDLE", inside::CA),
        ("SSL_CERT_FILE", inside::CA),
        ("CURL_CA_BUNDLE", inside::CA),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    environment.extend(spec.env.clone());
    Task {
        region: region.name().to_owned(),
        environment,
        command: spec.command.clone(),
        directory: spec.directory.clone(),
        agent: match (spec.run_agent, &spec.agent_dir) {
            (false, _) => Agent::None,
            (true, None) => Agent::Guest,
            (true, Some(_)) => Agent::Real,
        },
        user_data: spec.user_data,
        runtime_api: spec.role == Role::Function,
        memory_mib: spec.memory_mib,
    }
}

/// Starts the launcher and hands it the spec. Its environment is empty: nothing of the user's reaches a machine.
async fn spawn(program: &Path, spec: &LauncherSpec) -> std::io::Result<Child> {
    let mut child = Command::new(program)
        .arg(firedrill_guest::LAUNCHER)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let mut line = serde_json::to_vec(spec)?;
    line.push(b'\n');
    if let Some(stdin) = child.stdin.as_mut() {
        stdin.write_all(&line).await?;
    }
    Ok(child)
}

/// Holds the launcher until the machine ends by itself, is stopped, or the region stops; then removes what is left of it.
async fn hold(
    mut child: Child,
    lifeline: Option<ChildStdin>,
    readers: [Option<tokio::task::JoinHandle<()>>; 2],
    folder: PathBuf,
    end: CancellationToken,
    stopping: CancellationToken,
    ended: watch::Sender<Option<i32>>,
) {
    let status = tokio::select! {
        status = child.wait() => status,
        () = async { tokio::select! { () = end.cancelled() => {}, () = stopping.cancelled() => {} } } => {
            drop(lifeline);
            match tokio::time::timeout(Duration::from_secs(5), child.wait()).await {
                Ok(status) => status,
                Err(_) => {
                    // The kernel kills the machine with its launcher.
                    if let Err(error) = child.start_kill() {
                        debug!(%error, "cannot kill a launcher");
                    }
                    child.wait().await
                }
            }
        }
    };
    for reader in readers.into_iter().flatten() {
        // The streams end with the machine; nothing can hold them open.
        let _ = tokio::time::timeout(Duration::from_secs(1), reader).await;
    }
    remove(&folder);
    let code = status.ok().and_then(|status| status.code()).unwrap_or(-1);
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

/// Accepts the machine's connections and hands each to whom its first line names.
async fn accept(
    listener: UnixListener,
    connections: Arc<dyn Connections>,
    usage: Arc<Usage>,
    up: watch::Sender<bool>,
    mut ended: watch::Receiver<Option<i32>>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = ended.wait_for(Option::is_some) => return,
        };
        let Ok((mut stream, _)) = accepted else { continue };
        let (connections, usage, up) = (Arc::clone(&connections), Arc::clone(&usage), up.clone());
        tokio::spawn(async move {
            let announced = tokio::time::timeout(Duration::from_secs(5), preface(&mut stream)).await;
            match announced.ok().flatten().as_deref() {
                Some("https") => connections.connected(Channel::Https, stream),
                Some("imds") => connections.connected(Channel::Imds, stream),
                Some("runtime") => connections.connected(Channel::RuntimeApi, stream),
                Some("usage") => usage.follow(stream).await,
                Some("ready") => {
                    up.send_replace(true);
                }
                other => debug!(?other, "a machine's connection announced nothing known"),
            }
        });
    }
}

async fn preface(stream: &mut UnixStream) -> Option<String> {
    let mut line = String::new();
    while line.len() < 16 {
        match stream.read_u8().await.ok()? {
            b'\n' => return Some(line),
            byte => line.push(char::from(byte)),
        }
    }
    None
}

fn remove(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder) {
        debug!(%error, folder = %folder.display(), "cannot remove a machine's folder");
    }
}
