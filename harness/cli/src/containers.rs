//! Docker: machines as containers.

use std::path::Path;

use jiff::SignedDuration;
use nightproof_machine::container::{self, Abandoned, Containers, Engine, Owner, Pull, Why};
use tokio_util::sync::CancellationToken;

use crate::arguments::{MachineKind, MachineOptions, PullPolicy};
use crate::error::Error;
use crate::printer;

/// What the containers of a drill may outlive its nightproof by, should no later one see that it has ended.
pub(crate) const DRILL: SignedDuration = SignedDuration::from_hours(12);
/// The same of a region that is kept up.
pub(crate) const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Gets Docker ready if machines are to be containers: removes what ended runs left, then pulls or makes images. `folder` is the run's.
pub(crate) async fn prepare(
    options: &MachineOptions,
    folder: &Path,
    lifetime: SignedDuration,
    cancel: &CancellationToken,
) -> Result<Option<Containers>, Error> {
    if options.kind() == MachineKind::Sandbox {
        return Ok(None);
    }
    let engine = Engine::connect().await.map_err(Error::Engine)?;
    clear(&engine).await?;
    let owner = Owner::of(folder, lifetime);
    let named = (options.instance_image.clone(), options.function_image.clone());
    tokio::select! {
        prepared = Containers::prepare(engine, owner, pull(options.pull), named, Box::new(printer::note)) => {
            prepared.map(Some).map_err(Error::Image)
        }
        () = cancel.cancelled() => Err(Error::Interrupted),
    }
}

/// Removes what ended runs left.
pub(crate) async fn clear(engine: &Engine) -> Result<(), Error> {
    let abandoned = container::sweep(engine).await.map_err(Error::Engine)?;
    for container in &abandoned {
        printer::note(&format!("removing {}", describe(container)));
        // Another nightproof may be sweeping too; what stays is found by the next.
        if let Err(error) = container::remove(engine, &container.id).await {
            printer::warning(&Error::Engine(error));
        }
    }
    Ok(())
}

/// A container that is nobody's, and why it is.
pub(crate) fn describe(container: &Abandoned) -> String {
    let Abandoned { name, run, status, why, .. } = container;
    let why = match why {
        Why::Gone => "its nightproof has ended".to_owned(),
        Why::Expired(at) => format!("expired {at}"),
    };
    format!("container {name} of run {run} ({status}): {why}")
}

pub(crate) fn pull(policy: PullPolicy) -> Pull {
    match policy {
        PullPolicy::Missing => Pull::Missing,
        PullPolicy::Never => Pull::Never,
    }
}
