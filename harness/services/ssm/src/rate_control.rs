//! How many of something run at once, and how many may fail before no more are started.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-automation-runbook-rate-control.html>

use tokio::task::JoinSet;

/// `10` or `10%` of `total`.
pub(crate) fn share(text: &str, total: usize) -> usize {
    match text.strip_suffix('%') {
        Some(percent) => total.saturating_mul(percent.parse::<usize>().unwrap_or(100)).div_ceil(100),
        None => text.parse().unwrap_or(0),
    }
}

/// Limits of what runs, as numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) concurrency: usize,
    pub(crate) errors: usize,
}

impl Limits {
    /// From `MaxConcurrency` and `MaxErrors` for so many targets.
    pub(crate) fn new(concurrency: &str, errors: &str, total: usize) -> Self {
        Self { concurrency: share(concurrency, total).max(1), errors: share(errors, total) }
    }
}

/// Runs each of `work` unless `go_on` has become false or too many have failed, which is to return false. Returns how many were not begun.
pub(crate) async fn run<W>(work: Vec<W>, limits: Limits, go_on: impl Fn() -> bool) -> usize
where
    W: Future<Output = bool> + Send + 'static,
{
    let (mut running, mut failed) = (JoinSet::new(), 0_usize);
    let mut left = work.into_iter();
    loop {
        while running.len() >= limits.concurrency
            && let Some(ended) = running.join_next().await
        {
            failed += usize::from(!ended.unwrap_or(false));
        }
        if failed > limits.errors || !go_on() {
            break;
        }
        let Some(next) = left.next() else { break };
        running.spawn(next);
    }
    while running.join_next().await.is_some() {}
    left.len()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn concurrency_is_a_number_or_a_percentage_of_the_targets() {
        assert_eq!(share("50", 3), 50);
        assert_eq!(share("10%", 25), 3);
        assert_eq!(share("100%", 7), 7);
        assert_eq!(share("0", 7), 0);
    }

    #[tokio::test]
    async fn no_more_run_at_once_than_may_and_none_after_too_many_have_failed() {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = |fails: bool| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                running.fetch_sub(1, Ordering::SeqCst);
                !fails
            }
        };
        assert_eq!(run((0..9).map(|_| work(false)).collect(), Limits::new("3", "0", 9), || true).await, 0);
        assert_eq!(most.load(Ordering::SeqCst), 3);
        assert_eq!(run((0..5).map(|_| work(true)).collect(), Limits::new("1", "1", 5), || true).await, 3, "two have failed");
        assert_eq!(run((0..5).map(|_| work(false)).collect(), Limits::new("1", "1", 5), || false).await, 5);
    }
}
