//! A session on a pseudo-terminal: a shell, or one command that talks to its user.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Stdio};
use std::sync::mpsc as threads;
use std::thread;

use nightproof_session_channel::{DataChannel, Event, Outbound, PayloadType, Size};
use rustix::fd::OwnedFd;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use tokio::sync::mpsc::Sender;
use tokio::sync::oneshot;

use super::end::End;
use super::properties::Shell;
use super::shell;

/// Runs it until it, the client or the channel ends it.
pub(super) async fn run(channel: &mut DataChannel, shell: &Shell) -> Result<End, String> {
    let failed = |error: std::io::Error| format!("Unable to start command: Failed to start pty: {error}");
    let (terminal, mut child) = start(shell).map_err(failed)?;
    let mut ended = read(terminal.try_clone().map_err(failed)?, channel.outbound.clone());
    let typed = write(terminal.try_clone().map_err(failed)?);
    if !shell.profile.trim().is_empty() {
        let _ = typed.send(format!("{}\n", shell.profile).into_bytes());
    }
    let end = loop {
        tokio::select! {
            _ = &mut ended => break End::Done,
            event = channel.events.recv() => match event {
                // A terminal that is gone says so by its output.
                Some(Event::Data(PayloadType::Output, bytes)) => drop(typed.send(bytes)),
                Some(Event::Data(PayloadType::Size, bytes)) => resize(&terminal, &bytes),
                Some(Event::Data(..)) => {}
                Some(Event::Closed(_) | Event::Lost) | None => break End::Cut,
            },
        }
    };
    if end == End::Cut {
        // What reads from the terminal is told by its hang-up; a shell is not asked.
        let _ = child.kill();
    }
    let _ = child.wait();
    Ok(end)
}

fn start(shell: &Shell) -> std::io::Result<(File, Child)> {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&terminal)?;
    unlockpt(&terminal)?;
    let user_side: OwnedFd = ioctl_tiocgptpeer(&terminal, OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    let words = if shell.commands.trim().is_empty() { vec!["sh"] } else { vec!["sh", "-c", &shell.commands] };
    let mut command = shell::command(&words, shell.as_root)?;
    command.stdin(Stdio::from(user_side.try_clone()?)).stdout(Stdio::from(user_side.try_clone()?)).stderr(Stdio::from(user_side));
    let child = command.spawn()?;
    Ok((File::from(terminal), child))
}

/// Sends what the terminal prints, until nobody has it any more. The terminal waits for the channel, and nobody else does: whoever takes what
/// comes out of a channel must not wait for what goes in.
fn read(mut terminal: File, outbound: Sender<Outbound>) -> oneshot::Receiver<()> {
    let (sender, ended) = oneshot::channel();
    thread::spawn(move || {
        let mut piece = [0; 1024];
        while let Ok(length @ 1..) = terminal.read(&mut piece) {
            let bytes = piece.get(..length).unwrap_or_default().to_vec();
            if outbound.blocking_send(Outbound::Data(PayloadType::Output, bytes)).is_err() {
                break;
            }
        }
        let _ = sender.send(());
    });
    ended
}

/// Types what is sent; a terminal that nobody reads keeps nobody else waiting.
fn write(mut terminal: File) -> threads::Sender<Vec<u8>> {
    let (sender, typed) = threads::channel::<Vec<u8>>();
    thread::spawn(move || {
        for piece in typed {
            if terminal.write_all(&piece).is_err() {
                return;
            }
        }
    });
    sender
}

fn resize(terminal: &File, bytes: &[u8]) {
    let Ok(Size { cols, rows }) = serde_json::from_slice(bytes) else { return };
    let (Ok(columns), Ok(lines)) = (cols.try_into(), rows.try_into()) else { return };
    let size = Winsize { ws_row: lines, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    // A terminal that is gone has no size.
    let _ = tcsetwinsize(terminal, size);
}
