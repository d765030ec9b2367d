//! Starting a Linux sandbox as a machine, by nightproof executing itself as a launcher.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nightproof_machine_protocol::spec::{Bind, LauncherSpec, System, inside};
use tokio::io::{AsyncRead, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::layer::Layer;
use super::on_rootfs::OnRootfs;
use super::started::Started;
use super::{MachineError, MachineSpec, Role, disk, interposer};
use crate::tools::Tools;

/// What a machine's root folder has.
pub(super) enum Root {
    /// The host's files, with a layer before its /usr if there is one.
    Host(Option<Layer>),
    /// Those of a root file system.
    Rootfs(OnRootfs),
}

/// Starts a machine that sees `binds` (outside and inside path) and whose guest is `program`.
pub(super) async fn start(
    program: PathBuf,
    spec: &MachineSpec,
    folder: &Path,
    binds: Vec<(PathBuf, String)>,
    disk: Option<PathBuf>,
    root: Root,
    end: CancellationToken,
) -> Result<Started, MachineError> {
    let (layer, system, start, own_root) = match root {
        Root::Host(layer) => (layer, System::Host, vec![inside::GUEST.to_owned()], None),
        Root::Rootfs(OnRootfs { system, start, root }) => (None, system, start, Some(root)),
    };
    let on_host = own_root.is_none();
    let launcher = LauncherSpec {
        root: own_root.unwrap_or_else(|| disk.as_deref().map_or_else(|| folder.join("root"), super::disk::root)),
        system,
        start,
        // On a disk of a size it would be beside it.
        upper: disk.as_deref().filter(|_| layer.as_ref().is_some_and(|layer| layer.writable)).map(super::disk::usr),
        layer: layer.map(|layer| layer.folder),
        host_local: spec.tools.as_ref().is_some_and(Tools::need_local),
        // On a disk of a size the root folder would be beside it.
        writable_root: spec.role == Role::Instance && (spec.disk_mib.is_none() || !on_host),
        hostname: spec.hostname.clone(),
        program: program.clone(),
        // What a machine may write to is its own /etc, and when its disk is done.
        binds: binds
            .into_iter()
            .map(|(outside, inside)| Bind { writable: inside == "/etc" || inside == interposer::INSIDE, outside, inside })
            .collect(),
        disk: disk.filter(|_| on_host),
        disk_mib: spec.disk_mib.filter(|_| on_host),
        tmpfs_mib: disk::TMPFS_MIB,
        tmp_mib: spec.tmp_mib,
    };
    let mut child = spawn(&program, &launcher).await.map_err(|source| MachineError::Launcher { program, source })?;
    let mut output: Vec<Box<dyn AsyncRead + Send + Unpin>> = Vec::new();
    if let Some(stream) = child.stdout.take() {
        output.push(Box::new(stream));
    }
    if let Some(stream) = child.stderr.take() {
        output.push(Box::new(stream));
    }
    Ok(Started { output, ended: Box::pin(hold(child, end)) })
}

/// Starts the launcher and hands it the spec. Its environment is empty: nothing of the user's reaches a machine.
async fn spawn(program: &Path, spec: &LauncherSpec) -> std::io::Result<Child> {
    let mut child = Command::new(program)
        .arg(nightproof_machine_protocol::LAUNCHER)
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

/// Holds the launcher until the machine ends by itself or is ended.
async fn hold(mut child: Child, end: CancellationToken) -> i32 {
    let lifeline = child.stdin.take();
    let status = tokio::select! {
        status = child.wait() => status,
        () = end.cancelled() => {
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
    status.ok().and_then(|status| status.code()).unwrap_or(-1)
}
