//! `nightproof sweep`: lists what ended drills left on this machine, and removes it.

use nightproof_machine::container::{self, Engine, EngineError};
use nightproof_machine::remove_folder;

use crate::arguments::SweepOptions;
use crate::{Exit, containers, printer, workspace};

pub(crate) async fn sweep(options: SweepOptions) -> Exit {
    // Folders whatever becomes of containers, but after them: machines have files of their run's folder mounted.
    let swept = of_containers(options.dry_run).await;
    let folders = of_folders(options.dry_run);
    if swept == Exit::Passed { folders } else { swept }
}

async fn of_containers(dry_run: bool) -> Exit {
    let engine = match Engine::connect().await {
        Ok(engine) => engine,
        Err(EngineError::Missing(_)) if std::env::var_os("DOCKER_HOST").is_none() => {
            printer::note("there is no Docker engine on this machine, so there are no containers");
            return Exit::Passed;
        }
        Err(error) => return containers::no_engine(&error),
    };
    let abandoned = match container::sweep(&engine).await {
        Ok(abandoned) => abandoned,
        Err(error) => return containers::no_engine(&error),
    };
    let mut exit = Exit::Passed;
    for container in &abandoned {
        printer::line(&containers::describe(container));
        if dry_run {
            continue;
        }
        if let Err(error) = container::remove(&engine, &container.id).await {
            printer::error(&printer::chain(&error), None);
            exit = Exit::Leftovers;
        }
    }
    exit
}

fn of_folders(dry_run: bool) -> Exit {
    let mut exit = Exit::Passed;
    for folder in workspace::abandoned(&std::env::temp_dir()) {
        printer::line(&format!("folder {}: its nightproof has ended", folder.display()));
        if dry_run {
            continue;
        }
        if let Err(error) = remove_folder(&folder) {
            printer::error(&format!("cannot remove `{}`: {error}", folder.display()), None);
            exit = Exit::Leftovers;
        }
    }
    exit
}
