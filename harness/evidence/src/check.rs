//! The checks of a drill, by the steps that make them.

use nightproof_drill::Step;

/// What a step checks, in a sentence for somebody who does not know drills; nothing for a step that only prepares.
pub(crate) const fn of_step(step: Step) -> Option<&'static str> {
    Some(match step {
        Step::Deploy => "the template deploys",
        Step::Audit => "another CloudFormation makes the same of the template",
        Step::Fire => "the time of the schedule comes, and starts the backup",
        Step::Observe => "the backup runs to its end on each machine",
        Step::Verify => "a new, encrypted archive of each machine is in the bucket",
        Step::Restore => "the archive restores, and what comes back is what was there",
        Step::AccessLog => "the upload is in the bucket's access log",
        Step::Metrics => "the function's metrics show its run",
        Step::DeadLetter => "an event that cannot be delivered is kept",
        Step::Notice => "who is told of the night",
        Step::Destroy => "all that the drill made is removed",
        Step::Attack => "who has access to the stack tries to destroy the archives; what that came to is below",
        Step::Fingerprint => "a machine says what it holds, before the night",
        Step::Pack | Step::Existing | Step::Package | Step::Boot | Step::Seed => return None,
    })
}
