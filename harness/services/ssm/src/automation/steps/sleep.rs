//! `aws:sleep`: for a while, or until a time.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-sleep.html>

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde_json::Value;

use crate::automation::run::Automation;
use crate::automation::step_run::{ActionFailure, Done};

pub(super) async fn sleep(automation: &Automation, inputs: &Value) -> Result<Done, ActionFailure> {
    let clock = automation.region.clock();
    let text = |name: &str| inputs.get(name).and_then(Value::as_str);
    let until = match (text("Duration"), text("Timestamp")) {
        (Some(text), _) => duration(text).and_then(|duration| clock.now().checked_add(duration).ok()),
        (None, Some(time)) => time.parse::<Timestamp>().ok(),
        (None, None) => None,
    };
    let until = until.ok_or_else(|| ActionFailure::new("Duration or Timestamp is required, in the format of ISO 8601."))?;
    automation.change(|execution| execution.wakes = Some(until));
    clock.sleep_until(until).await;
    automation.change(|execution| execution.wakes = None);
    Ok(Done::default())
}

/// `PT10M` or `P1D`; a day has 24 hours.
fn duration(text: &str) -> Option<SignedDuration> {
    text.parse::<Span>().ok()?.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_iso_8601() {
        assert_eq!(duration("PT10S"), Some(SignedDuration::from_secs(10)));
        assert_eq!(duration("P1DT1H"), Some(SignedDuration::from_hours(25)));
        for bad in ["10", "PT", "P1M", ""] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
