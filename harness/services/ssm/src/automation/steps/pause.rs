//! `aws:pause`: until somebody resumes it.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-pause.html>

use crate::automation::run::Automation;
use crate::automation::step_run::{ActionFailure, Done};

pub(super) async fn wait(automation: &Automation) -> Result<Done, ActionFailure> {
    let resumed = automation.ssm.once(&automation.region, &automation.account, |records| {
        records.automation(&automation.id).is_none_or(|execution| execution.resumed).then_some(())
    });
    resumed.await.map(|()| Done::default()).ok_or_else(|| ActionFailure::new("The region stops."))
}
