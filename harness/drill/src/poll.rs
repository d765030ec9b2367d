//! Waiting with a bound.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How often is looked at least. Where nothing else slows a look down, the shortest bound has twice as many; on a machine that is busy with
/// other things, what is waited for is slowed down like the looks are, and time alone says nothing of it.
const LOOKS: u32 = 40;

/// Calls `probe` until it is done or `bound` has passed, with [`pause`]s, but at least [`LOOKS`] times. `probe` answers
/// `Ok(Ok(done))`, `Ok(Err(what was seen instead))`, or an error, which ends the waiting.
///
/// The answer is `Ok(Err(last state seen))` when the bound has passed.
pub(crate) async fn until<T, E, F, Fut>(bound: Duration, mut probe: F) -> Result<Result<T, String>, E>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Result<T, String>, E>>,
{
    let begun = Instant::now();
    let deadline = begun + bound;
    let mut looks = 0;
    loop {
        let pause = pause(begun);
        looks += 1;
        match probe().await? {
            Ok(done) => return Ok(Ok(done)),
            Err(seen) if looks >= LOOKS && Instant::now() + pause >= deadline => return Ok(Err(seen)),
            Err(_) => sleep(pause).await,
        }
    }
}

/// How long to wait before the next look at what has been waited for since `begun`: a twentieth of the time that has passed, so that little
/// is lost by looking late, and at most 5 seconds; that is as seldom as AWS's request rates want.
pub(crate) fn pause(begun: Instant) -> Duration {
    (begun.elapsed() / 20).clamp(Duration::from_millis(10), Duration::from_secs(5))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    #[tokio::test]
    async fn the_bound_reports_the_last_state_seen() {
        let mut count = 0;
        let result: Result<Result<(), String>, Infallible> = until(Duration::from_millis(60), || {
            count += 1;
            let seen = format!("state {}", count.min(3));
            async move { Ok(Err(seen)) }
        })
        .await;
        assert_eq!(result.unwrap().unwrap_err(), "state 3");
        assert!(count >= 3);
    }

    #[tokio::test]
    async fn looks_that_are_slow_are_not_cut_short_by_the_bound() {
        let mut count = 0;
        let result: Result<Result<(), String>, Infallible> = until(Duration::from_millis(1), || {
            count += 1;
            let done = count == 30;
            async move {
                sleep(Duration::from_millis(2)).await;
                Ok(if done { Ok(()) } else { Err("not yet".to_owned()) })
            }
        })
        .await;
        assert_eq!(result.unwrap(), Ok(()));
    }

    #[tokio::test]
    async fn it_ends_as_soon_as_the_probe_is_done() {
        let mut count = 0;
        let result: Result<Result<u32, String>, Infallible> = until(Duration::from_secs(600), || {
            count += 1;
            let now = count;
            async move { Ok(if now == 4 { Ok(now) } else { Err("not yet".to_owned()) }) }
        })
        .await;
        assert_eq!(result.unwrap(), Ok(4));
    }
}
