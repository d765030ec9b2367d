//! SIGINT and SIGTERM: the first asks for an orderly end, the second ends at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::printer;

/// A token that is cancelled by the first signal.
pub(crate) fn token() -> Result<CancellationToken, Error> {
    listen().map_err(Error::Signals)
}

fn listen() -> std::io::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let token = CancellationToken::new();
    let asked = token.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if asked.is_cancelled() {
                // Machines end with this process, and its folder is swept by the next run.
                std::process::exit(130);
            }
            printer::note("interrupted: ending what was begun (once more to end at once)");
            asked.cancel();
        }
    });
    Ok(token)
}
