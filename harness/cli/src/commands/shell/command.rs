//! One command on an instance, whose exit code is this program's.

use std::io;

use nightproof_drill::Endpoint;
use nightproof_session_channel::{ChannelClosed, Event, PayloadType};
use serde_json::json;

use super::handshake;
use super::session::Session;
use crate::error::Error;
use crate::{Exit, interrupt, printer};

const DOCUMENT: &str = "AWS-StartNonInteractiveCommand";

/// Runs it by the instance's `sh`, and shows what it prints.
pub(super) async fn run(endpoint: &Endpoint, instance: &str, command: &str) -> Result<Exit, Error> {
    // The agent runs no shell by itself.
    let line = format!("sh -c {}", quoted(command));
    let parameters = json!({"command": [line], "separateOutputStream": ["true"]});
    let cancel = interrupt::token()?;
    let mut session = Session::start(endpoint, instance, Some((DOCUMENT, parameters))).await?;
    let mut code = None;
    let ended = loop {
        let event = tokio::select! {
            event = session.channel.events.recv() => event,
            () = cancel.cancelled() => break Err(Error::Interrupted),
        };
        match event {
            Some(Event::Data(PayloadType::HandshakeRequest, bytes)) => handshake::answer(&session.channel, &bytes).await,
            Some(Event::Data(PayloadType::Output, bytes)) => show(&mut io::stdout().lock(), &bytes),
            Some(Event::Data(PayloadType::StdErr, bytes)) => show(&mut io::stderr().lock(), &bytes),
            Some(Event::Data(PayloadType::ExitCode, bytes)) => code = exit_code(&bytes),
            Some(Event::Data(..)) => {}
            Some(Event::Closed(ChannelClosed { output, .. })) => {
                if !output.is_empty() {
                    printer::note(&output);
                }
                break Ok(());
            }
            Some(Event::Lost) | None => break Err(Error::SessionLost),
        }
    };
    session.end().await;
    ended?;
    Ok(code.map_or(Exit::Failed, Exit::OfCommand))
}

/// A reader that has gone is no reason to stop.
fn show(to: &mut impl io::Write, bytes: &[u8]) {
    let _ = to.write_all(bytes).and_then(|()| to.flush());
}

/// A word for the agent, which splits as a shell does.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The code in `EXIT_CODE: 3`; one that was killed by a signal has none, and is a failure.
fn exit_code(bytes: &[u8]) -> Option<u8> {
    let text = String::from_utf8_lossy(bytes);
    text.trim().strip_prefix("EXIT_CODE:")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_one_word_whatever_is_in_it() {
        assert_eq!(quoted("echo \"it's $HOME\""), r#"'echo "it'\''s $HOME"'"#);
    }

    #[test]
    fn an_exit_code_is_read_and_a_signal_has_none() {
        assert_eq!(exit_code(b"EXIT_CODE: 3"), Some(3));
        assert_eq!(exit_code(b"EXIT_CODE: -1"), None);
        assert_eq!(exit_code(b"3"), None);
    }
}
