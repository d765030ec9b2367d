//! `nightproof shell`: a session on an instance of a region that is up, as `aws ssm start-session` has with its plugin.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html>

mod command;
mod handshake;
mod port;
mod session;
mod terminal;

use nightproof_drill::Endpoint;

use crate::Exit;
use crate::arguments::ShellOptions;
use crate::error::Error;

/// Has one session from its beginning to its end.
pub(crate) async fn shell(options: &ShellOptions) -> Result<Exit, Error> {
    let endpoint = Endpoint::from_environment(&options.region).await.map_err(Error::Environment)?;
    if endpoint.url.is_none() {
        return Err(Error::NoRegionForShell);
    }
    let instance = options.instance.as_str();
    if let Some(ports) = options.port_forward {
        return port::forward(&endpoint, instance, ports).await;
    }
    match &options.command {
        Some(command) => command::run(&endpoint, instance, command).await,
        None => terminal::run(&endpoint, instance).await,
    }
}
