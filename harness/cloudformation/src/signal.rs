//! Waiting for the signals of a creation policy.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-creationpolicy.html>

use std::time::Duration;

use jiff::SignedDuration;
use nightproof_resource::ResourceSignal;
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
        let told = worker.with(|stack| stack.signals.get(id).cloned()).flatten().unwrap_or_default();
        let is_late = clock.now() >= until;
        let succeeded = told.iter().filter(|signal| signal.is_success).count();
        if is_enough(&told, signals)? || (is_late && succeeded >= wanted(signals)) {
            worker.with(|stack| stack.signals.remove(id));
            return Ok(());
        }
        if is_late {
            let left = signals.count.saturating_sub(told.len());
            return Err(format!("Failed to receive {left} resource signal(s) within the specified duration"));
        }
        if worker.cancel.is_cancelled() {
            return Err("Resource creation cancelled".to_owned());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// How many signals are to be of a success.
fn wanted(signals: &Signals) -> usize {
    signals.successful.map_or(signals.count, |percent| (signals.count * percent.min(100)).div_ceil(100))
}

/// Whether all signals have come that are waited for. Of a group some may be of a failure, as its policy says.
///
/// # Errors
/// So many are of a failure that the others cannot make up for them.
fn is_enough(told: &[ResourceSignal], signals: &Signals) -> Result<bool, String> {
    let failed: Vec<&ResourceSignal> = told.iter().filter(|signal| !signal.is_success).collect();
    match (signals.successful, failed.first()) {
        (None, Some(first)) => return Err(format!("Received FAILURE signal with UniqueId {}", first.unique_id)),
        (Some(percent), Some(_)) => {
            let count = signals.count;
            if failed.len() > count - wanted(signals) {
                return Err(format!(
                    "Received {} FAILURE signal(s) out of {count}. Unable to satisfy {percent}% MinSuccessfulInstancesPercent requirement",
                    failed.len()
                ));
            }
        }
        (_, None) => {}
    }
    Ok(told.len() >= signals.count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(outcomes: &[bool]) -> Vec<ResourceSignal> {
        let signal =
            |(index, is_success): (usize, &bool)| ResourceSignal { unique_id: format!("i-{index}"), is_success: *is_success };
        outcomes.iter().enumerate().map(signal).collect()
    }

    #[test]
    fn as_many_signals_of_a_failure_are_borne_as_the_policy_of_a_group_allows() {
        let signals = Signals { count: 4, successful: Some(50), timeout: "PT5M".to_owned() };
        assert_eq!(is_enough(&told(&[true, false, false]), &signals), Ok(false));
        assert_eq!(is_enough(&told(&[true, false, false, true]), &signals), Ok(true));
        let words = "Received 3 FAILURE signal(s) out of 4. Unable to satisfy 50% MinSuccessfulInstancesPercent requirement";
        assert_eq!(is_enough(&told(&[false, false, false]), &signals), Err(words.to_owned()));
    }

    #[test]
    fn of_anything_else_one_is_enough() {
        let signals = Signals { count: 2, successful: None, timeout: "PT5M".to_owned() };
        assert_eq!(is_enough(&told(&[true, false]), &signals), Err("Received FAILURE signal with UniqueId i-1".to_owned()));
        assert_eq!(is_enough(&told(&[true, true]), &signals), Ok(true));
    }
}
