//! A session that runs one command without a terminal, and without input.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus, Stdio};

use nightproof_session_channel::{DataChannel, Event, Outbound, PayloadType};
use tokio::sync::mpsc::Sender;
use tokio::sync::oneshot;

use super::end::End;
use super::output;
use super::properties::Wanted;
use super::shell;

/// What is awaited of what it prints.
enum Printed {
    /// Both streams were sent.
    Apart(oneshot::Receiver<()>, oneshot::Receiver<()>),
    /// All of it.
    Together(oneshot::Receiver<Vec<u8>>),
}

impl Printed {
    /// What is still to be sent, once nothing more is printed.
    async fn rest(self) -> Vec<u8> {
        match self {
            Self::Apart(stdout, stderr) => {
                let _ = tokio::join!(stdout, stderr);
                Vec::new()
            }
            Self::Together(held) => held.await.unwrap_or_default(),
        }
    }
}

/// Runs it until it, the client or the channel ends it.
pub(super) async fn run(channel: &mut DataChannel, wanted: &Wanted) -> Result<End, String> {
    let (mut child, printed) = match start(wanted, &channel.outbound) {
        Ok(started) => started,
        Err(reason) => {
            let _ = channel.send(PayloadType::StdErr, reason.clone()).await;
            return Err(reason);
        }
    };
    let rest = printed.rest();
    tokio::pin!(rest);
    let rest = loop {
        tokio::select! {
            rest = &mut rest => break Some(rest),
            event = channel.events.recv() => match event {
                // The client's interrupt.
                Some(Event::Data(PayloadType::Output, bytes)) if bytes == [3] => drop(child.kill()),
                Some(Event::Data(..)) => {}
                Some(Event::Closed(_) | Event::Lost) | None => break None,
            },
        }
    };
    let Some(rest) = rest else {
        let _ = child.kill();
        let _ = child.wait();
        return Ok(End::Cut);
    };
    let status = child.wait().map_err(|error| error.to_string())?;
    let told = if wanted.separate {
        channel.send(PayloadType::ExitCode, format!("EXIT_CODE: {}", code(status))).await
    } else {
        channel.send(PayloadType::Output, rest).await
    };
    // Otherwise nobody is there to be told.
    Ok(told.map_or(End::Cut, |()| End::Done))
}

fn start(wanted: &Wanted, outbound: &Sender<Outbound>) -> Result<(Child, Printed), String> {
    let words = shlex::split(&wanted.commands).filter(|words| !words.is_empty());
    let words = words.ok_or_else(|| "Failed to parse commands input: EOF found when expecting closing quote\n".to_owned())?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let failed = |error: std::io::Error| format!("Error occurred starting the command: {error}\n");
    let mut command = shell::command(&words, wanted.as_root).map_err(failed)?;
    command.stdin(Stdio::null());
    if wanted.separate {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(failed(std::io::ErrorKind::BrokenPipe.into()));
        };
        let stdout = output::send(stdout, PayloadType::Output, &wanted.stdout_prefix, outbound.clone());
        let stderr = output::send(stderr, PayloadType::StdErr, &wanted.stderr_prefix, outbound.clone());
        return Ok((child, Printed::Apart(stdout, stderr)));
    }
    // Both in the order in which they are written.
    let (reader, writer) = std::io::pipe().map_err(failed)?;
    command.stdout(writer.try_clone().map_err(failed)?).stderr(writer);
    let child = command.spawn().map_err(failed)?;
    // It has ends of the pipe, too.
    drop(command);
    Ok((child, Printed::Together(output::hold(reader))))
}

/// As Go's `ExitCode` has it: -1 for one that was killed.
fn code(status: ExitStatus) -> i32 {
    if status.signal().is_some() { -1 } else { status.code().unwrap_or(-1) }
}
