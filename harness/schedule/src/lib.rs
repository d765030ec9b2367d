//! Schedule expressions, `rate(5 minutes)`, `cron(0 3 * * ? *)` and `at(2026-11-23T03:00:00)`, as EventBridge's rules, EventBridge Scheduler
//! and Systems Manager have them: when they are due. Pure: the caller has the clock and the time zone.

mod cron;
mod schedule;

pub use cron::Cron;
pub use schedule::Schedule;
