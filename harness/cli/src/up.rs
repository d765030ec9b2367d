//! `firedrill up`: a region for any AWS client.

use std::io::{self, Write as _};
use std::path::Path;

use crate::arguments::UpOptions;
use crate::workspace::Workspace;
use crate::{Exit, containers, embedded, interrupt, printer};

pub(crate) async fn up(options: UpOptions) -> Exit {
    let journal = match embedded::open_journal(options.journal.as_deref()) {
        Ok(journal) => journal,
        Err(exit) => return exit,
    };
    let tools = match embedded::ensure_tools() {
        Ok(tools) => tools,
        Err(exit) => return exit,
    };
    let cancel = match interrupt::token() {
        Ok(token) => token,
        Err(exit) => return exit,
    };
    let workspace = match Workspace::new() {
        Ok(workspace) => workspace,
        Err(error) => {
            printer::error(&error.to_string(), None);
            return Exit::Missing;
        }
    };
    let containers = match containers::prepare(&options.machine, workspace.path(), containers::KEPT, &cancel).await {
        Ok(containers) => containers,
        Err(exit) => return exit,
    };
    let region = match embedded::start(workspace.path(), &options.account, options.port, options.ssm_agent, tools, &journal).await
    {
        Ok(region) => region,
        Err(exit) => return exit,
    };
    if let Some(containers) = containers {
        region.region.set_containers(containers);
    }
    let told = embedded::exports(&region, workspace.path()).and_then(|exports| {
        printer::line(&exports);
        options.env.as_ref().map_or(Ok(()), |file| write_whole(file, &exports))
    });
    match told {
        Ok(()) => {
            printer::note("# the region is up; Ctrl-C ends it");
            cancel.cancelled().await;
        }
        Err(error) => printer::error(&format!("cannot write the region's files: {error}"), None),
    }
    region.stop().await;
    let flushed = journal.flush();
    if let Err(error) = workspace.remove().and(flushed) {
        printer::error(&error.to_string(), None);
        return Exit::Leftovers;
    }
    Exit::Passed
}

/// Writes `file` so that who waits for it finds all of it; what is no regular file (a pipe) is written to as it is. It holds a secret key:
/// nobody else may read it.
fn write_whole(file: &Path, text: &str) -> io::Result<()> {
    if file.exists() && !file.is_file() {
        return std::fs::write(file, text);
    }
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut whole = tempfile::NamedTempFile::new_in(parent)?;
    whole.write_all(text.as_bytes())?;
    whole.persist(file).map(drop).map_err(|error| error.error)
}
