//! Statistics of the values of a period.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html>

use nightproof_core::metrics::Distribution;

/// A statistic by its name: `Sum`, `p99.9`, `TM(10%:90%)`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statistic {
    name: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
    /// The value that so many hundredths of the values do not exceed.
    Percentile(f64),
    TrimmedMean(Range),
    WinsorizedMean(Range),
    TrimmedCount(Range),
    TrimmedSum(Range),
    /// Hundredths of the values that lie in a range of values.
    PercentileRank(Range),
}

/// Bounds of what is regarded. What lies on the upper bound is, what lies on the lower one is not.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Range {
    lower: Bound,
    upper: Bound,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound {
    None,
    /// Hundredths of the values.
    Percent(f64),
    Value(f64),
}

impl Statistic {
    /// A statistic of any kind by its name; `None` if there is none of that name.
    pub(crate) fn read(name: &str) -> Option<Self> {
        let kind = match name {
            "SampleCount" => Kind::SampleCount,
            "Average" => Kind::Average,
            "Sum" => Kind::Sum,
            "Minimum" => Kind::Minimum,
            "Maximum" => Kind::Maximum,
            other => extended(other)?,
        };
        Some(Self { name: name.to_owned(), kind })
    }

    /// One of the five that have a name of their own.
    pub(crate) fn read_simple(name: &str) -> Option<Self> {
        Self::read(name).filter(|found| !found.is_extended())
    }

    /// One that `ExtendedStatistic` may name.
    pub(crate) fn read_extended(name: &str) -> Option<Self> {
        Self::read(name).filter(Self::is_extended)
    }

    pub(crate) fn is_extended(&self) -> bool {
        !matches!(self.kind, Kind::SampleCount | Kind::Average | Kind::Sum | Kind::Minimum | Kind::Maximum)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Values that there must be for a percentile to mean something.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html>
    pub(crate) fn least_samples(&self) -> f64 {
        match self.kind {
            Kind::Percentile(percent) if percent > 0.0 && percent < 100.0 => {
                let share = percent / 100.0;
                10.0 / if share >= 0.5 { 1.0 - share } else { share }
            }
            _ => 0.0,
        }
    }

    /// Of the values of a period; `None` if it takes the single values and they are not known.
    pub(crate) fn of(&self, values: &Distribution) -> Option<f64> {
        Some(match self.kind {
            Kind::SampleCount => values.count(),
            Kind::Average => values.average(),
            Kind::Sum => values.sum(),
            Kind::Minimum => values.minimum(),
            Kind::Maximum => values.maximum(),
            Kind::Percentile(percent) => percentile(values.values()?, percent),
            Kind::TrimmedMean(range) => {
                let (count, sum) = range.trim(values.values()?);
                return (count > 0.0).then(|| sum / count);
            }
            Kind::TrimmedCount(range) => range.trim(values.values()?).0,
            Kind::TrimmedSum(range) => range.trim(values.values()?).1,
            Kind::WinsorizedMean(range) => range.winsorized_mean(values.values()?),
            Kind::PercentileRank(range) => 100.0 * range.trim(values.values()?).0 / values.count(),
        })
    }
}

fn extended(name: &str) -> Option<Kind> {
    if name == "IQM" {
        return Some(Kind::TrimmedMean(Range { lower: Bound::Percent(25.0), upper: Bound::Percent(75.0) }));
    }
    let short = |prefix: &str| name.strip_prefix(prefix).and_then(percent);
    let ranged = |prefix: &str| name.strip_prefix(prefix)?.strip_prefix('(')?.strip_suffix(')').and_then(Range::read);
    let up_to = |percent: f64| Range { lower: Bound::None, upper: Bound::Percent(percent) };
    if let Some(percent) = short("p") {
        return Some(Kind::Percentile(percent));
    }
    let both = |small: &str, capital: &str| short(small).map(up_to).or_else(|| ranged(capital));
    if let Some(range) = both("tm", "TM") {
        return Some(Kind::TrimmedMean(range));
    }
    if let Some(range) = both("wm", "WM") {
        return Some(Kind::WinsorizedMean(range));
    }
    if let Some(range) = both("tc", "TC") {
        return Some(Kind::TrimmedCount(range));
    }
    if let Some(range) = both("ts", "TS") {
        return Some(Kind::TrimmedSum(range));
    }
    let is_absolute = |range: &Range| !matches!((range.lower, range.upper), (Bound::Percent(_), _) | (_, Bound::Percent(_)));
    ranged("PR").filter(is_absolute).map(Kind::PercentileRank)
}

/// `99.9`: from 0 to 100.
fn percent(text: &str) -> Option<f64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse::<f64>().ok().filter(|percent| plain && (0.0..=100.0).contains(percent))
}

impl Range {
    /// `10%:90%`, `:95%`, `150:1000`
    fn read(text: &str) -> Option<Self> {
        let (lower, upper) = text.split_once(':')?;
        let bound = |text: &str| match (text, text.strip_suffix('%')) {
            ("", _) => Some(Bound::None),
            (_, Some(text)) => percent(text).map(Bound::Percent),
            (text, None) => text.parse().ok().filter(|value: &f64| value.is_finite()).map(Bound::Value),
        };
        let range = Self { lower: bound(lower)?, upper: bound(upper)? };
        match (range.lower, range.upper) {
            (Bound::None, Bound::None) | (Bound::Percent(_), Bound::Value(_)) | (Bound::Value(_), Bound::Percent(_)) => None,
            (Bound::Percent(lower), Bound::Percent(upper)) | (Bound::Value(lower), Bound::Value(upper)) if lower >= upper => None,
            _ => Some(range),
        }
    }

    /// How much of a value that comes `count` times, and before which `before` of `total` come, is in the range.
    fn share(&self, value: f64, before: f64, count: f64, total: f64) -> f64 {
        let (mut from, mut to) = (before, before + count);
        match self.lower {
            Bound::None => {}
            Bound::Percent(percent) => from = from.max(total * percent / 100.0),
            Bound::Value(bound) if value <= bound => return 0.0,
            Bound::Value(_) => {}
        }
        match self.upper {
            Bound::None => {}
            Bound::Percent(percent) => to = to.min(total * percent / 100.0),
            Bound::Value(bound) if value > bound => return 0.0,
            Bound::Value(_) => {}
        }
        (to - from).max(0.0)
    }

    /// The number of the values in the range, and their sum.
    fn trim(&self, values: &[(f64, f64)]) -> (f64, f64) {
        let total: f64 = values.iter().map(|(_, count)| count).sum();
        let (mut before, mut kept, mut sum) = (0.0, 0.0, 0.0);
        for (value, count) in values {
            let share = self.share(*value, before, *count, total);
            kept += share;
            sum += share * value;
            before += count;
        }
        (kept, sum)
    }

    /// The mean where what lies outside of the range counts as its bound.
    fn winsorized_mean(&self, values: &[(f64, f64)]) -> f64 {
        let bound = |bound: Bound, otherwise: f64| match bound {
            Bound::None => otherwise,
            Bound::Percent(percent) => percentile(values, percent),
            Bound::Value(value) => value,
        };
        let (lower, upper) = (bound(self.lower, f64::NEG_INFINITY), bound(self.upper, f64::INFINITY));
        let total: f64 = values.iter().map(|(_, count)| count).sum();
        let sum: f64 = values.iter().map(|(value, count)| value.max(lower).min(upper) * count).sum();
        sum / total
    }
}

/// The least value that so many hundredths of the values do not exceed.
fn percentile(values: &[(f64, f64)], percent: f64) -> f64 {
    let total: f64 = values.iter().map(|(_, count)| count).sum();
    let (rank, mut before) = (total * percent / 100.0, 0.0);
    for (value, count) in values {
        before += count;
        if before >= rank {
            return *value;
        }
    }
    values.last().map_or(0.0, |(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Option<f64> {
        let mut values = Distribution::repeated(1.0, 1.0);
        (2..=10).for_each(|value| values.add(&Distribution::repeated(f64::from(value), 1.0)));
        Statistic::read(name)?.of(&values)
    }

    #[test]
    fn each_statistic_is_of_the_values_that_it_regards() {
        for (name, expected) in [
            ("SampleCount", 10.0),
            ("Average", 5.5),
            ("p50", 5.0),
            ("p99.9", 10.0),
            ("p0", 1.0),
            ("tm90", 5.0),
            ("TM(10%:90%)", 5.5),
            ("TM(2:5)", 4.0),
            ("IQM", 5.5),
            ("TC(:3)", 3.0),
            ("ts50", 15.0),
            ("PR(:4)", 40.0),
            ("PR(4:)", 60.0),
            ("WM(20%:80%)", 5.3),
        ] {
            let value = of(name).unwrap_or_else(|| panic!("{name} is a statistic"));
            assert!((value - expected).abs() < 1e-9, "{name}: {value}");
        }
    }

    #[test]
    fn what_is_no_statistic_is_none() {
        for name in ["sum", "p", "p101", "p1e1", "pp", "TM(90%:10%)", "TM(1:10%)", "TM(:)", "PR(10%:)", "tm", ""] {
            assert_eq!(Statistic::read(name), None, "{name}");
        }
        let set = Distribution::summary(10.0, 55.0, 1.0, 10.0);
        let median = Statistic::read_extended("p50").unwrap();
        assert_eq!((median.of(&set), Statistic::read_simple("p50"), Statistic::read_extended("Sum")), (None, None, None));
        assert!((Statistic::read("p95").unwrap().least_samples() - 200.0).abs() < 1e-6);
    }
}
