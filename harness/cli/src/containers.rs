//! Docker: machines as containers, `nightproof images`.

use std::path::Path;

use jiff::SignedDuration;
use nightproof_machine::container::{self, Abandoned, Containers, Engine, EngineError, ImageError, Images, Owner, Pull, Why};
use tokio_util::sync::CancellationToken;

use crate::arguments::{MachineKind, MachineOptions, PullPolicy};
use crate::{Exit, printer};

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
) -> Result<Option<Containers>, Exit> {
    if options.kind() == MachineKind::Sandbox {
        return Ok(None);
    }
    let engine = Engine::connect().await.map_err(|error| no_engine(&error))?;
    clear(&engine).await?;
    let owner = Owner::of(folder, lifetime);
    let named = (options.instance_image.clone(), options.function_image.clone());
    tokio::select! {
        prepared = Containers::prepare(engine, owner, pull(options.pull), named, Box::new(printer::note)) => {
            prepared.map(Some).map_err(|error| no_image(&error))
        }
        () = cancel.cancelled() => Err(Exit::Failed),
    }
}

/// Removes what ended runs left.
pub(crate) async fn clear(engine: &Engine) -> Result<(), Exit> {
    let abandoned = container::sweep(engine).await.map_err(|error| no_engine(&error))?;
    for container in &abandoned {
        printer::note(&format!("removing {}", describe(container)));
        // Another nightproof may be sweeping too; what stays is found by the next.
        if let Err(error) = container::remove(engine, &container.id).await {
            printer::error(&printer::chain(&error), None);
        }
    }
    Ok(())
}

/// `nightproof images`: gets every image ready and names it.
pub(crate) async fn images(policy: PullPolicy) -> Exit {
    let engine = match Engine::connect().await {
        Ok(engine) => engine,
        Err(error) => return no_engine(&error),
    };
    let images = Images::new(&engine, pull(policy), &printer::note);
    let made = async {
        printer::line(&format!("instance    {}", images.instance().await?));
        printer::line(&format!("function    {}", images.function("python3.13").await?.image));
        printer::line(&format!("localstack  {}", images.localstack().await?));
        Ok(())
    };
    match made.await {
        Ok(()) => Exit::Passed,
        Err(error) => no_image(&error),
    }
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

pub(crate) fn no_engine(error: &EngineError) -> Exit {
    printer::error(&printer::chain(error), Some(error.hint()));
    Exit::Missing
}

pub(crate) fn no_image(error: &ImageError) -> Exit {
    printer::error(&printer::chain(error), Some(error.hint()));
    Exit::Missing
}
