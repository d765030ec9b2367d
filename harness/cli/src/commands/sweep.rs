//! `nightproof sweep`: lists what ended drills left on this machine, and removes it.

use nightproof_machine::container::{self, Engine, EngineError};
use nightproof_machine::remove_folder;

use crate::arguments::SweepOptions;
use crate::error::Error;
use crate::{Exit, containers, printer, workspace};

pub(crate) async fn sweep(options: SweepOptions) -> Result<Exit, Error> {
    let mut left = Vec::new();
    // Folders whatever becomes of containers, but after them: machines have files of their run's folder mounted.
    let swept = sweep_containers(options.dry_run, &mut left).await;
    sweep_folders(options.dry_run, &mut left);
    swept?;
    if left.is_empty() { Ok(Exit::Passed) } else { Err(Error::Leftovers(left)) }
}

async fn sweep_containers(dry_run: bool, left: &mut Vec<String>) -> Result<(), Error> {
    let engine = match Engine::connect().await {
        Ok(engine) => engine,
        Err(EngineError::Missing(_)) if std::env::var_os("DOCKER_HOST").is_none() => {
            printer::note("there is no Docker engine on this machine, so there are no containers");
            return Ok(());
        }
        Err(error) => return Err(Error::Engine(error)),
    };
    for container in &container::sweep(&engine).await.map_err(Error::Engine)? {
        printer::line(&containers::describe(container));
        if !dry_run && let Err(error) = container::remove(&engine, &container.id).await {
            left.push(format!("container {}: {}", container.name, printer::chain(&error)));
        }
    }
    Ok(())
}

fn sweep_folders(dry_run: bool, left: &mut Vec<String>) {
    for folder in workspace::abandoned(&std::env::temp_dir()) {
        printer::line(&format!("folder {}: its nightproof has ended", folder.display()));
        if !dry_run && let Err(error) = remove_folder(&folder) {
            left.push(format!("`{}`: {error}", folder.display()));
        }
    }
}
