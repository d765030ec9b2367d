//! Waiting for a condition with a bound: it is looked at again and again, and the state that was seen last is the error.

use std::time::Duration;

use backon::{BackoffBuilder as _, BlockingRetryable as _, ExponentialBuilder, Retryable as _};

/// The pauses between two looks, which are `bound` together: 5 ms at first, and each a twentieth longer, so that little is lost by looking
/// late. At most 5 seconds; that is as seldom as AWS's request rates want.
///
/// The looks themselves do not count: where the machine is busy with other things, they are slowed down like the event that is waited for.
pub fn pauses(bound: Duration) -> impl Iterator<Item = Duration> {
    backoff(bound).build()
}

fn backoff(bound: Duration) -> ExponentialBuilder {
    ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(5))
        .with_factor(1.05)
        .with_max_delay(Duration::from_secs(5))
        .without_max_times()
        .with_total_delay(Some(bound))
}

/// Calls `probe` until it returns `Ok`, or until `bound` has passed.
///
/// # Errors
/// The bound has passed; the last state that the probe saw.
pub async fn until<T, S, F, Fut>(bound: Duration, probe: F) -> Result<T, S>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, S>>,
{
    probe.retry(backoff(bound)).await
}

/// As [`until`], with a probe that may fail: it returns `Ok(Ok(done))`, `Ok(Err(state seen instead))`, or an error, which ends the waiting.
///
/// # Errors
/// The probe's.
pub async fn try_until<T, S, E, F, Fut>(bound: Duration, mut probe: F) -> Result<Result<T, S>, E>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Result<T, S>, E>>,
{
    let probe = || {
        let looked = probe();
        async {
            match looked.await {
                Ok(Ok(done)) => Ok(done),
                Ok(Err(seen)) => Err(NotYet::Seen(seen)),
                Err(error) => Err(NotYet::Failed(error)),
            }
        }
    };
    match probe.retry(backoff(bound)).when(|not_yet| matches!(not_yet, NotYet::Seen(_))).await {
        Ok(done) => Ok(Ok(done)),
        Err(NotYet::Seen(seen)) => Ok(Err(seen)),
        Err(NotYet::Failed(error)) => Err(error),
    }
}

/// As [`until`], in a thread that may block.
///
/// # Errors
/// As [`until`].
pub fn until_blocking<T, S>(bound: Duration, probe: impl FnMut() -> Result<T, S>) -> Result<T, S> {
    probe.retry(backoff(bound)).call()
}

/// Why a probe is not done.
enum NotYet<S, E> {
    Seen(S),
    Failed(E),
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    #[tokio::test]
    async fn the_bound_reports_the_last_state_seen() {
        let mut count = 0;
        let result: Result<(), String> = until(Duration::from_millis(60), || {
            count += 1;
            let seen = format!("state {}", count.min(3));
            async move { Err(seen) }
        })
        .await;
        assert_eq!(result.unwrap_err(), "state 3");
        assert!(count >= 3);
    }

    #[tokio::test]
    async fn looks_that_are_slow_are_not_cut_short_by_the_bound() {
        let mut count = 0;
        let result: Result<(), ()> = until(Duration::from_millis(60), || {
            count += 1;
            let done = count == 4;
            async move {
                tokio::time::sleep(Duration::from_millis(50)).await;
                if done { Ok(()) } else { Err(()) }
            }
        })
        .await;
        assert_eq!(result, Ok(()));
    }

    #[tokio::test]
    async fn it_ends_as_soon_as_the_probe_is_done() {
        let mut count = 0;
        let result: Result<Result<u32, String>, Infallible> = try_until(Duration::from_secs(600), || {
            count += 1;
            let now = count;
            async move { Ok(if now == 4 { Ok(now) } else { Err("not yet".to_owned()) }) }
        })
        .await;
        assert_eq!(result.unwrap(), Ok(4));
    }

    #[tokio::test]
    async fn an_error_of_the_probe_ends_the_waiting() {
        let result: Result<Result<(), ()>, &str> = try_until(Duration::from_secs(600), || async { Err("no access") }).await;
        assert_eq!(result, Err("no access"));
    }

    #[test]
    fn a_blocking_wait_reports_the_last_state_seen() {
        let mut count = 0;
        let result = until_blocking(Duration::from_millis(25), || {
            count += 1;
            if count < 3 { Err(count) } else { Ok(count) }
        });
        assert_eq!(result, Ok(3));
        assert_eq!(until_blocking(Duration::ZERO, || Err::<(), _>("off")), Err("off"));
    }

    #[test]
    fn pauses_grow_to_five_seconds_and_fill_the_bound() {
        let pauses: Vec<Duration> = pauses(Duration::from_secs(600)).collect();
        assert_eq!(pauses.first(), Some(&Duration::from_millis(5)));
        assert_eq!(pauses.last(), Some(&Duration::from_secs(5)));
        let whole: Duration = pauses.iter().sum();
        assert!(whole > Duration::from_secs(590) && whole <= Duration::from_secs(600), "{whole:?}");
    }
}
