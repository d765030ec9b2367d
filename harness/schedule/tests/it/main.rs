//! Times of schedules, held against another implementation of cron.

#[cfg(test)]
mod croniter;
