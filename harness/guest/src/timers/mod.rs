//! What the instance starts by its own clock: jobs of cron, and units of systemd's timers. The clock in a machine is real time while a drill moves the region's, so
//! the region says what time it is, and what was due since it last did is run now.

pub(crate) mod cron;
mod crontab;
mod keeper;
mod named_files;
mod run;
mod run_parts;
pub(crate) mod system;
mod systemd;
mod tables;
mod zone;

pub(crate) use crontab::problem;
pub(crate) use keeper::keep;
pub(crate) use systemd::{not_acted_upon, problem as timer_problem};
pub(crate) use tables::user_table;
