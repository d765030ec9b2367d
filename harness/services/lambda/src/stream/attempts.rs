//! What is tried of a batch next, after it was tried: all of it, its rest, its halves, or nothing.
//! <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>

use jiff::{SignedDuration, Timestamp};

use super::settings::{StreamSettings, UNLIMITED};
use super::source::StreamRecord;

/// The pause before the second attempt, and the longest between two.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_millis(500);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(15);

/// Records that are tried together, and how often they were.
#[derive(Debug, PartialEq)]
pub(crate) struct Piece {
    pub records: Vec<StreamRecord>,
    pub attempts: u64,
}

/// What a function made of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All is done.
    Done,
    /// It failed, or returned what is no report.
    Failed,
    /// All before this record is done.
    FailedFrom(usize),
}

/// What comes of it.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    /// Nothing is left.
    Nothing,
    /// These are tried, in this order.
    Try(Vec<Piece>),
    /// These are given up.
    GiveUp(Piece),
}

impl Piece {
    /// What comes of the piece after one more attempt.
    pub(crate) fn after(mut self, verdict: Verdict, settings: &StreamSettings) -> Next {
        match verdict {
            Verdict::Done => return Next::Nothing,
            Verdict::Failed => {}
            Verdict::FailedFrom(index) => drop(self.records.drain(..index.min(self.records.len()))),
        }
        let attempts = self.attempts + 1;
        let retries = u64::try_from(settings.retries).ok().filter(|_| settings.retries != UNLIMITED);
        if retries.is_some_and(|retries| attempts > retries) {
            return Next::GiveUp(Self { attempts, ..self });
        }
        if settings.bisects && verdict == Verdict::Failed && self.records.len() > 1 {
            // Dividing a batch is no retry.
            let second = self.records.split_off(self.records.len() / 2);
            let attempts = self.attempts;
            return Next::Try(vec![self, Self { records: second, attempts }]);
        }
        Next::Try(vec![Self { attempts, ..self }])
    }

    /// Takes out the records that are too old.
    pub(crate) fn take_expired(&mut self, settings: &StreamSettings, now: Timestamp) -> Vec<StreamRecord> {
        if settings.age == UNLIMITED {
            return Vec::new();
        }
        let age = SignedDuration::from_secs(settings.age);
        let (expired, rest) =
            std::mem::take(&mut self.records).into_iter().partition(|record| now.duration_since(record.arrived) > age);
        self.records = rest;
        expired
    }
}

/// The pause before the next attempt.
pub(crate) fn back_off(attempts: u64) -> SignedDuration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
    FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::super::batch::tests::record;
    use super::super::settings::StartingPosition;
    use super::*;

    fn settings(retries: i64, bisects: bool) -> StreamSettings {
        StreamSettings { retries, bisects, ..StreamSettings::new(StartingPosition::TrimHorizon) }
    }

    fn piece(numbers: std::ops::Range<u64>, attempts: u64) -> Piece {
        Piece { records: numbers.map(|number| record(number, "k")).collect(), attempts }
    }

    #[test]
    fn a_batch_is_tried_as_often_as_the_mapping_says_and_then_given_up() {
        assert_eq!(piece(0..3, 0).after(Verdict::Done, &settings(0, false)), Next::Nothing);
        assert_eq!(piece(0..3, 0).after(Verdict::Failed, &settings(1, false)), Next::Try(vec![piece(0..3, 1)]));
        assert_eq!(piece(0..3, 1).after(Verdict::Failed, &settings(1, false)), Next::GiveUp(piece(0..3, 2)));
        assert_eq!(piece(0..3, 900).after(Verdict::Failed, &settings(-1, false)), Next::Try(vec![piece(0..3, 901)]));
    }

    #[test]
    fn what_a_report_says_is_done_is_not_tried_again() {
        assert_eq!(piece(0..3, 0).after(Verdict::FailedFrom(2), &settings(3, true)), Next::Try(vec![piece(2..3, 1)]));
        assert_eq!(piece(0..3, 3).after(Verdict::FailedFrom(1), &settings(3, true)), Next::GiveUp(piece(1..3, 4)));
    }

    #[test]
    fn a_batch_that_is_divided_is_not_tried_more_often_for_it() {
        assert_eq!(piece(0..3, 0).after(Verdict::Failed, &settings(2, true)), Next::Try(vec![piece(0..1, 0), piece(1..3, 0)]));
        assert_eq!(piece(1..2, 0).after(Verdict::Failed, &settings(2, true)), Next::Try(vec![piece(1..2, 1)]));
        assert_eq!(piece(0..3, 0).after(Verdict::Failed, &settings(0, true)), Next::GiveUp(piece(0..3, 1)));
    }

    #[test]
    fn records_that_are_too_old_are_taken_out() {
        let mut some = piece(0..2, 0);
        let now: Timestamp = "2026-11-30T18:00:00Z".parse().unwrap();
        some.records[1].arrived = now;
        let settings = StreamSettings { age: 60, ..settings(-1, false) };
        assert_eq!(some.take_expired(&settings, now), piece(0..1, 0).records);
        assert_eq!(some.records.len(), 1);
        assert!(some.take_expired(&self::settings(-1, false), now + SignedDuration::from_hours(99)).is_empty());
    }

    #[test]
    fn pauses_grow_up_to_a_quarter_of_a_minute() {
        let pauses: Vec<i128> = [1, 2, 3, 6, 7, 900].map(|attempts| back_off(attempts).as_millis()).into();
        assert_eq!(pauses, [500, 1000, 2000, 15_000, 15_000, 15_000]);
    }
}
