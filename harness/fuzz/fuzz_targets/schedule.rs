//! Any schedule expression is refused or has occurrences that come one after the other, the same from wherever one looks. Behind the
//! expression's line are two numbers: a moment, and how much later is now.
#![no_main]

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use nightproof_schedule::Schedule;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (expression, numbers) = text.split_once('\n').unwrap_or((text, ""));
    let mut numbers = numbers.split(' ').map(|number| number.parse::<u32>().unwrap_or_default());
    let (seconds, later) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    let Some(schedule) = Schedule::parse(expression) else { return };
    let start = Timestamp::from_second(i64::from(seconds)).expect("a moment of this epoch");
    let Some(first) = schedule.next_after(start, &TimeZone::UTC) else { return };
    assert!(first > start);
    if let Schedule::Cron(_) = schedule {
        let before = first.saturating_sub(SignedDuration::from_secs(1)).expect("a second");
        assert!(before < start || schedule.next_after(before, &TimeZone::UTC) == Some(first));
    }
    let now = first.saturating_add(SignedDuration::from_secs(i64::from(later % 10_000))).expect("some seconds");
    let last = schedule.last_due(first, now, &TimeZone::UTC);
    assert!(last >= first && last <= now && schedule.next_after(last, &TimeZone::UTC).is_none_or(|next| next > now));
});
