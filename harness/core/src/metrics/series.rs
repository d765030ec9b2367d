//! The data of one metric, by unit: ever coarser with age.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention>

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::distribution::Distribution;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// Seconds up to which data is kept, and the period that it then has.
const RETENTION: [(i64, i64); 3] = [(3 * HOUR, 60), (15 * DAY, 300), (63 * DAY, HOUR)];
/// Seconds after which data is gone.
const GONE: i64 = 455 * DAY;
/// Seconds between two looks at what has become old.
const SWEEP: i64 = HOUR;

/// How fine the data of a metric is.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/publishingMetrics.html#high-resolution-metrics>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// A second.
    High,
    /// A minute.
    Standard,
}

/// Values of a metric at a time.
#[derive(Debug, Clone)]
pub struct Datum {
    /// When they were measured.
    pub time: Timestamp,
    /// The values.
    pub values: Distribution,
    /// `Count`, `Seconds` or another of CloudWatch's; `None` is one of them.
    pub unit: Cow<'static, str>,
    /// How fine it is kept.
    pub resolution: Resolution,
}

/// What was put, by unit and by the second at which the period of a value begins.
#[derive(Debug, Default)]
pub(super) struct Series {
    units: BTreeMap<Cow<'static, str>, BTreeMap<i64, Distribution>>,
    /// When a value was last put.
    pub(super) last: Timestamp,
    swept: i64,
    /// Whether a value was put by the second.
    pub(super) high_resolution: bool,
}

impl Series {
    /// Adds values; returns by how much its size has grown.
    pub(super) fn add(&mut self, datum: Datum, now: Timestamp) -> isize {
        let second = datum.time.as_second();
        let begin = match datum.resolution {
            Resolution::High => second,
            Resolution::Standard => second - second.rem_euclid(60),
        };
        self.last = now;
        self.high_resolution |= datum.resolution == Resolution::High;
        let before = self.size_at(&datum.unit, begin);
        let periods = self.units.entry(datum.unit.clone()).or_default();
        match periods.get_mut(&begin) {
            Some(known) => known.add(&datum.values),
            None => drop(periods.insert(begin, datum.values)),
        }
        let grown = self.size_at(&datum.unit, begin).cast_signed() - before.cast_signed();
        grown - self.sweep(now.as_second()).cast_signed()
    }

    fn size_at(&self, unit: &str, begin: i64) -> usize {
        self.units.get(unit).and_then(|periods| periods.get(&begin)).map_or(0, Distribution::size)
    }

    pub(super) fn size(&self) -> usize {
        self.units.values().flat_map(BTreeMap::values).map(Distribution::size).sum()
    }

    /// Merges and forgets what has become old by `now`, at most once an hour; returns by how much the size has shrunk.
    fn sweep(&mut self, now: i64) -> usize {
        if now < self.swept + SWEEP {
            return 0;
        }
        self.swept = now;
        let before = self.size();
        for periods in self.units.values_mut() {
            let recent = periods.split_off(&(now - RETENTION.first().map_or(0, |(age, _)| *age)));
            for (begin, values) in std::mem::replace(periods, recent) {
                if begin < now - GONE {
                    continue;
                }
                let coarse = RETENTION.iter().rev().find(|(age, _)| begin < now - age).map_or(1, |(_, period)| *period);
                let begin = begin - begin.rem_euclid(coarse);
                match periods.get_mut(&begin) {
                    Some(known) => known.add(&values),
                    None => drop(periods.insert(begin, values)),
                }
            }
        }
        self.units.retain(|_, periods| !periods.is_empty());
        before - self.size()
    }

    /// The earliest times of its data.
    pub(super) fn times(&self) -> impl Iterator<Item = i64> {
        self.units.values().flat_map(BTreeMap::keys).copied()
    }

    /// Forgets what is older than `begin`.
    pub(super) fn forget_before(&mut self, begin: i64) {
        for periods in self.units.values_mut() {
            *periods = periods.split_off(&begin);
        }
        self.units.retain(|_, periods| !periods.is_empty());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// By unit, the values from `start` to before `end`, each with the second at which it begins.
    pub(super) fn between(&self, start: i64, end: i64) -> BTreeMap<String, Vec<(i64, Distribution)>> {
        let of_unit = |(unit, periods): (&Cow<'static, str>, &BTreeMap<i64, Distribution>)| {
            let found: Vec<_> = periods.range(start..end.max(start)).map(|(begin, values)| (*begin, values.clone())).collect();
            (!found.is_empty()).then(|| (unit.clone().into_owned(), found))
        };
        self.units.iter().filter_map(of_unit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datum(second: i64, resolution: Resolution) -> Datum {
        let time = Timestamp::from_second(second).expect("a time");
        Datum { time, values: Distribution::repeated(1.0, 1.0), unit: "Count".into(), resolution }
    }

    fn begins(series: &Series) -> Vec<i64> {
        series.times().collect()
    }

    #[test]
    fn data_becomes_coarser_with_age_and_is_gone_in_the_end() {
        let mut series = Series::default();
        let start = 1_800_000_000;
        let mut put = |second: i64, now: i64, resolution: Resolution| {
            series.add(datum(second, resolution), Timestamp::from_second(now).expect("a time"));
            (begins(&series), series.between(0, i64::MAX)["Count"].iter().map(|(_, values)| values.count()).sum::<f64>())
        };
        assert_eq!(put(start + 1, start + 1, Resolution::High), (vec![start + 1], 1.0));
        assert_eq!(put(start + 61, start + 61, Resolution::High), (vec![start + 1, start + 61], 2.0));
        assert_eq!(put(start + 62, start + 62, Resolution::Standard), (vec![start + 1, start + 60, start + 61], 3.0));
        let later = start + 4 * HOUR;
        assert_eq!(put(later, later, Resolution::Standard), (vec![start, start + 60, later], 4.0));
        let later = start + 16 * DAY;
        assert_eq!(put(later, later, Resolution::Standard).0, [start, start + 4 * HOUR, later]);
        let later = start + 64 * DAY;
        assert_eq!(put(later, later, Resolution::Standard).1, 6.0);
        let later = start + 456 * DAY;
        assert_eq!(put(later, later, Resolution::Standard), (vec![start + 16 * DAY, start + 64 * DAY, later], 3.0));
    }
}
