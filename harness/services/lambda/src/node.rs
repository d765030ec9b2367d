//! What a function in Node.js needs of this host.

use std::sync::Arc;

use nightproof_core::Region;
use nightproof_core::service::AwsError;
use nightproof_journal::{Event, OTHER_RUNTIME};
use nightproof_machine::node::{Node, sdk};

use crate::code::Code;
use crate::definition::Layers;
use crate::error::failure;
use crate::execution_host::ExecutionHost;

/// The versions whose functions are run: those that AWS may still have functions of.
const RUNTIMES: [&str; 5] = ["nodejs16.x", "nodejs18.x", "nodejs20.x", "nodejs22.x", "nodejs24.x"];

/// Whether this is a runtime of Node.js that is run.
pub(crate) fn runs(runtime: &str) -> bool {
    RUNTIMES.contains(&runtime)
}

/// The packages of the AWS SDK that the function loads, and that AWS's runtime would bring.
pub(crate) async fn sdk_packages(code: &Arc<Code>, layers: &Layers) -> Result<Vec<String>, AwsError> {
    let (code, layers) = (Arc::clone(code), layers.clone());
    let look = move || sdk::missing(&code.files(), layers.merged.as_ref().map(|merged| merged.files()).as_deref());
    tokio::task::spawn_blocking(look).await.map_err(|error| failure(format!("the code could not be read: {error}")))
}

/// Refuses a function that could not run here, before a night depends on it; tells of one that runs on another version than its runtime's.
pub(crate) async fn prepare(
    region: &Region,
    host: Option<&ExecutionHost>,
    (name, runtime): (&str, &str),
    code: &Arc<Code>,
    layers: &Layers,
) -> Result<(), AwsError> {
    // The images of containers have all of it.
    let Some(_) = host.filter(|host| runs(runtime) && host.machines.containers().is_none()) else { return Ok(()) };
    let lacking = |what: String| AwsError::not_implemented("lambda", &format!("function {name}: {what}"));
    let node = tokio::task::spawn_blocking(Node::of_host).await.ok().flatten();
    let node = node.ok_or_else(|| {
        lacking(format!(
            "functions of the runtime {runtime} on a host without Node.js: install `nodejs`, or use `--machine container`"
        ))
    })?;
    let wanted = runtime.trim_start_matches("nodejs").trim_end_matches(".x");
    if node.major().to_string() != wanted {
        let detail = format!(
            "function {name}: runs on this host's Node.js {}, under nightproof's own runtime client; on AWS it runs on Node.js {wanted}",
            node.version
        );
        let finding = Event::Finding { id: OTHER_RUNTIME.to_owned(), detail };
        if !region.journal().records().iter().any(|record| record.event == finding) {
            region.journal().record(finding);
        }
    }
    let packages = sdk_packages(code, layers).await?;
    if packages.is_empty() {
        return Ok(());
    }
    let named = packages.join(", ");
    let installed = tokio::task::spawn_blocking(move || sdk::ensure(&packages)).await;
    installed.map_err(|error| failure(error.to_string()))?.map(drop).map_err(|error| {
        lacking(format!("the AWS SDK for JavaScript ({named}) without npm: {error}; let npm reach its registry, or put it into the function's package"))
    })
}
