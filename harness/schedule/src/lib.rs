//! Schedule expressions, `rate(5 minutes)`, `cron(0 3 * * ? *)` and `at(2026-11-23T03:00:00)`, as EventBridge's rules, EventBridge Scheduler
//! and Systems Manager have them, and the times of crontabs and of systemd's timers: when they are due. Pure: the caller has the clock and the time zone.

mod calendar;
mod cron;
mod crontab;
mod schedule;

pub use calendar::Calendar;
pub use cron::Cron;
pub use crontab::CrontabTime;
pub use schedule::Schedule;
