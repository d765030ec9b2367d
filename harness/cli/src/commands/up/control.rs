//! `nightproof up --control`: a region for the program that started it. The first line says where it is; it ends with its input, so that none is left
//! by a program that was killed.

use std::io::Read as _;

use nightproof_console::Console;
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::local_environment::LocalEnvironment;

/// The line that tells the program that the region is up, and where its API is.
pub(crate) fn greeting(environment: &LocalEnvironment, console: &Console) -> std::io::Result<String> {
    let variables: Map<String, Value> =
        environment.variables()?.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    Ok(json!({ "variables": variables, "api": console.api_url(), "token": console.token() }).to_string())
}

/// Returns when standard input has ended, or `cancel` is cancelled.
pub(crate) async fn input_ends(cancel: &CancellationToken) {
    let (send, ended) = oneshot::channel::<()>();
    // Reads of the terminal or a pipe cannot be given up; the thread ends with the program.
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        let mut ignored = [0; 4096];
        while matches!(input.read(&mut ignored), Ok(1..)) {}
        drop(send);
    });
    tokio::select! {
        _ = ended => (),
        () = cancel.cancelled() => (),
    }
}
