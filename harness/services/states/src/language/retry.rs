//! Retriers and catchers.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>

use jiff::SignedDuration;
use serde::Deserialize;

use super::failure::Failure;
use super::filter::ResultPath;

/// <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-retrying-after-an-error>
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Retrier {
    pub(crate) error_equals: Vec<String>,
    #[serde(default = "one")]
    pub(crate) interval_seconds: u32,
    #[serde(default = "three")]
    pub(crate) max_attempts: u32,
    #[serde(default = "two")]
    pub(crate) backoff_rate: f64,
    pub(crate) max_delay_seconds: Option<u32>,
    #[serde(default)]
    pub(crate) jitter_strategy: Jitter,
    #[expect(dead_code, reason = "for people alone")]
    comment: Option<String>,
}

/// Whether a delay is drawn by chance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Jitter {
    Full,
    #[default]
    None,
}

const fn one() -> u32 {
    1
}

const fn three() -> u32 {
    3
}

const fn two() -> f64 {
    2.0
}

impl Retrier {
    /// How long to wait before the attempt after so many retries.
    pub(crate) fn delay(&self, retries: u32) -> SignedDuration {
        let exponent = i32::try_from(retries).unwrap_or(i32::MAX);
        let grown = f64::from(self.interval_seconds) * self.backoff_rate.powi(exponent);
        let bounded = self.max_delay_seconds.map_or(grown, |most| grown.min(f64::from(most)));
        let seconds = match self.jitter_strategy {
            Jitter::Full => bounded * rand::random::<f64>(),
            Jitter::None => bounded,
        };
        SignedDuration::try_from_secs_f64(seconds).unwrap_or(SignedDuration::from_hours(24 * 365))
    }
}

/// Where an execution goes on after an error.
#[derive(Debug, Clone)]
pub(crate) struct Catcher {
    pub(crate) error_equals: Vec<String>,
    pub(crate) next: String,
    pub(crate) result_path: ResultPath,
}

/// The retries of one visit to a state: each retrier counts its own.
#[derive(Debug, Default)]
pub(crate) struct Retries {
    by_retrier: Vec<u32>,
    pub(crate) total: u32,
}

impl Retries {
    /// How long to wait before the next attempt; nothing if there is to be none.
    pub(crate) fn next(&mut self, retriers: &[Retrier], failure: &Failure) -> Option<SignedDuration> {
        let (index, retrier) = retriers.iter().enumerate().find(|(_, retrier)| failure.is_among(&retrier.error_equals))?;
        self.by_retrier.resize(retriers.len().max(self.by_retrier.len()), 0);
        let count = self.by_retrier.get_mut(index).filter(|count| **count < retrier.max_attempts)?;
        let delay = retrier.delay(*count);
        *count += 1;
        self.total += 1;
        Some(delay)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn delays_grow_up_to_their_limit_and_each_retrier_counts_its_own() {
        let retriers: Vec<Retrier> = serde_json::from_value(json!([
            {"ErrorEquals": ["A"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 3, "MaxDelaySeconds": 10},
            {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1},
            {"ErrorEquals": ["B"]},
        ]))
        .unwrap();
        let mut retries = Retries::default();
        let mut next = |error: &str| retries.next(&retriers, &Failure::new(error, "")).map(|delay| delay.as_secs());
        assert_eq!((next("A"), next("A"), next("B")), (Some(2), Some(6), Some(1)));
        assert_eq!((next("A"), next("A"), next("B")), (Some(10), None, None));
        assert_eq!(retries.total, 4);
    }
}
