//! A shell on an instance, at this terminal.

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::thread;

use nightproof_drill::Endpoint;
use nightproof_session_channel::{ChannelClosed, DataChannel, Event, Outbound, PayloadType, Size};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::Sender;

use super::handshake;
use super::session::Session;
use crate::error::Error;
use crate::{Exit, interrupt, printer};

/// The end of input, as a terminal has it.
const END_OF_TEXT: u8 = 4;

/// Runs it until it ends.
pub(super) async fn run(endpoint: &Endpoint, instance: &str) -> Result<Exit, Error> {
    let mut resized = signal(SignalKind::window_change()).map_err(Error::Signals)?;
    let cancel = interrupt::token()?;
    let mut session = Session::start(endpoint, instance, None).await?;
    printer::note(&format!("Starting session with SessionId: {}", session.id));
    let raw = Raw::enter();
    send_size(&session.channel).await;
    type_in(session.channel.outbound.clone());
    let ended = loop {
        tokio::select! {
            event = session.channel.events.recv() => match event {
                Some(Event::Data(PayloadType::HandshakeRequest, bytes)) => handshake::answer(&session.channel, &bytes).await,
                Some(Event::Data(PayloadType::Output, bytes)) => show(&bytes),
                Some(Event::Data(..)) => {}
                Some(Event::Closed(ChannelClosed { output, .. })) => break Ok(output),
                Some(Event::Lost) | None => break Err(Error::SessionLost),
            },
            _ = resized.recv() => send_size(&session.channel).await,
            () = cancel.cancelled() => break Err(Error::Interrupted),
        }
    };
    drop(raw);
    let id = session.id.clone();
    session.end().await;
    let output = ended?;
    if output.is_empty() {
        printer::note(&format!("Exiting session with sessionId: {id}."));
        return Ok(Exit::Passed);
    }
    printer::note(&format!("SessionId: {id} : {output}"));
    Ok(Exit::Failed)
}

fn show(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    // A reader that has gone is no reason to stop.
    let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
}

/// Tells the agent how large this terminal is, if it is one.
async fn send_size(channel: &DataChannel) {
    let Ok(size) = tcgetwinsize(io::stdout()) else { return };
    let size = Size { cols: size.ws_col.into(), rows: size.ws_row.into() };
    let _ = channel.send(PayloadType::Size, serde_json::to_vec(&size).unwrap_or_default()).await;
}

/// Sends what is typed or piped in, in a thread that ends with the program: such a read cannot be given up.
fn type_in(outbound: Sender<Outbound>) {
    thread::spawn(move || {
        let mut piece = [0; 1024];
        let mut stdin = io::stdin().lock();
        let send = |bytes: Vec<u8>| outbound.blocking_send(Outbound::Data(PayloadType::Output, bytes)).is_ok();
        while let Ok(length @ 1..) = stdin.read(&mut piece) {
            if !send(piece.get(..length).unwrap_or_default().to_vec()) {
                return;
            }
        }
        send(vec![END_OF_TEXT]);
    });
}

/// This terminal, if it is one, hands on each key as it is pressed. As it was before once this is dropped.
struct Raw(Option<Termios>);

impl Raw {
    fn enter() -> Self {
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return Self(None);
        }
        let Ok(before) = tcgetattr(&stdin) else { return Self(None) };
        let mut raw = before.clone();
        raw.make_raw();
        Self(tcsetattr(&stdin, OptionalActions::Now, &raw).is_ok().then_some(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // The terminal is gone, then.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}
