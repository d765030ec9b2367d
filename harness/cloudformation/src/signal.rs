//! Waiting for the signals of a creation policy.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-creationpolicy.html>

use std::time::Duration;

use jiff::SignedDuration;
use nightproof_template::Signals;

use crate::worker::Worker;

/// How often signals are looked for.
const PAUSE: Duration = Duration::from_millis(25);

/// Returns when a resource has got all its signals.
///
/// # Errors
/// Some tell of a failure, or too few came in time.
pub(crate) async fn wait(worker: &Worker, id: &str, signals: &Signals) -> Result<(), String> {
    let invalid = || format!("Invalid timeout {} in the creation policy of {id}", signals.timeout);
    let timeout: SignedDuration = signals.timeout.parse().map_err(|_| invalid())?;
    let clock = worker.region.clock();
    let until = clock.now().checked_add(timeout).map_err(|_| invalid())?;
    loop {
        let (succeeded, failed) = worker
            .with(|stack| {
                let told = stack.signals.get(id).map(Vec::as_slice).unwrap_or_default();
                let succeeded = told.iter().filter(|signal| signal.is_success).count();
                (succeeded, told.iter().find(|signal| !signal.is_success).map(|signal| signal.unique_id.clone()))
            })
            .unwrap_or_default();
        if let Some(unique_id) = failed {
            return Err(format!("Received FAILURE signal with UniqueId {unique_id}"));
        }
        if succeeded >= signals.count {
            worker.with(|stack| stack.signals.remove(id));
            return Ok(());
        }
        if clock.now() >= until {
            let left = signals.count - succeeded;
            return Err(format!("Failed to receive {left} resource signal(s) within the specified duration"));
        }
        if worker.cancel.is_cancelled() {
            return Err("Resource creation cancelled".to_owned());
        }
        tokio::time::sleep(PAUSE).await;
    }
}
