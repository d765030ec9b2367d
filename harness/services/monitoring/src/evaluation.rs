//! Whether an alarm goes off: pure, of the values of a metric and a moment.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html>

use jiff::Timestamp;
use serde_json::json;

/// Periods before those that an alarm looks at from which it takes datapoints when later ones are missing. AWS names no figure but in its
/// example, an alarm of 3 periods that looks at 5.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>
const FARTHER_BACK: usize = 2;
pub(super) const DAY: i64 = 86_400;
const HOUR: i64 = 3600;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    Alarm,
    InsufficientData,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }

    pub(super) fn read(name: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::InsufficientData].into_iter().find(|state| state.name() == name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Statistic {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    GreaterOrEqual,
    Greater,
    Less,
    LessOrEqual,
}

/// How a period without a datapoint is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// `missing`: nothing at all is insufficient data.
    Insufficient,
    Ignore,
    Breaching,
    NotBreaching,
}

/// When an alarm goes off.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    pub(super) statistic: Statistic,
    /// Seconds.
    pub(super) period: i64,
    /// Periods that it looks at.
    pub(super) periods: usize,
    /// Of those, how many must breach.
    pub(super) to_alarm: usize,
    pub(super) comparison: Comparison,
    pub(super) threshold: f64,
    pub(super) missing: Missing,
}

/// A state, and why.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verdict {
    pub(super) state: State,
    pub(super) reason: String,
    pub(super) reason_data: Option<String>,
}

/// A period that has a datapoint: its begin, and the value.
type Point = (Timestamp, f64);

impl Condition {
    /// Seconds after which nothing of a datapoint is seen any more.
    pub(super) fn memory(&self) -> i64 {
        self.period.saturating_mul(i64::try_from(self.periods + FARTHER_BACK + 1).unwrap_or(i64::MAX)).saturating_add(HOUR)
    }

    /// The state at a whole minute, for a metric's values; `None` if it stays as it is.
    pub(super) fn verdict(&self, values: &[Point], at: Timestamp) -> Option<Verdict> {
        let points = self.points(values, self.end(at));
        let breaching = points.iter().filter(|(_, value)| self.breaches(*value)).count();
        let missing = self.periods - points.len();
        let all_breach = breaching == points.len();
        let alarm_if = |goes_off: bool| if goes_off { State::Alarm } else { State::Ok };
        let state = match self.missing {
            Missing::Breaching => alarm_if(breaching + missing >= self.to_alarm),
            Missing::NotBreaching => alarm_if(breaching >= self.to_alarm),
            Missing::Insufficient if points.is_empty() => State::InsufficientData,
            Missing::Insufficient => alarm_if(breaching >= self.to_alarm.min(points.len())),
            Missing::Ignore if points.len() < self.to_alarm && all_breach => return None,
            Missing::Ignore => alarm_if(breaching >= self.to_alarm),
        };
        Some(Verdict { state, reason: self.reason(state, &points, breaching), reason_data: Some(self.data(&points, at)) })
    }

    /// Up to when data is looked at: an alarm of more than a day looks up to the last whole hour.
    fn end(&self, at: Timestamp) -> i64 {
        let at = at.as_second();
        let span = self.period.saturating_mul(i64::try_from(self.periods).unwrap_or(i64::MAX));
        at - at.rem_euclid(if span > DAY { HOUR } else { 60 })
    }

    /// The latest datapoints, oldest first: as many as there are periods to look at, from farther back where later ones are missing.
    fn points(&self, values: &[Point], end: i64) -> Vec<Point> {
        let mut points = Vec::new();
        for back in 0..i64::try_from(self.periods + FARTHER_BACK).unwrap_or(i64::MAX) {
            let to = end - back * self.period;
            let from = to - self.period;
            let of_period: Vec<f64> =
                values.iter().filter(|(time, _)| (from..to).contains(&time.as_second())).map(|(_, value)| *value).collect();
            if let (false, Ok(begin)) = (of_period.is_empty(), Timestamp::from_second(from)) {
                points.push((begin, self.statistic.of(&of_period)));
            }
            if points.len() == self.periods {
                break;
            }
        }
        points.reverse();
        points
    }

    fn breaches(&self, value: f64) -> bool {
        match self.comparison {
            Comparison::GreaterOrEqual => value >= self.threshold,
            Comparison::Greater => value > self.threshold,
            Comparison::Less => value < self.threshold,
            Comparison::LessOrEqual => value <= self.threshold,
        }
    }

    /// As CloudWatch words it.
    fn reason(&self, state: State, points: &[Point], breaching: usize) -> String {
        let Self { periods, threshold, to_alarm, .. } = self;
        let plural = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        let missing = periods - points.len();
        let treated = match self.missing {
            Missing::Breaching => Some("Breaching"),
            Missing::NotBreaching => Some("NonBreaching"),
            Missing::Insufficient | Missing::Ignore => None,
        };
        let filled = treated.map(|treated| {
            let verb = if missing == 1 { "was" } else { "were" };
            format!(" and {} {verb} treated as [{treated}]", plural(missing, "missing datapoint"))
        });
        if points.is_empty() {
            let verb = if state == State::InsufficientData { "Insufficient Data" } else { "Threshold Crossed" };
            let none = format!("{verb}: no datapoints were received for {}", plural(*periods, "period"));
            return format!("{none}{}.", filled.unwrap_or_default());
        }
        let filled = filled.filter(|_| missing > 0).unwrap_or_default();
        let list: Vec<String> =
            points.iter().rev().map(|(time, value)| format!("{value:?} ({})", time.strftime("%d/%m/%y %H:%M:%S"))).collect();
        let is = match self.comparison {
            Comparison::GreaterOrEqual => "greater than or equal to",
            Comparison::Greater => "greater than",
            Comparison::Less => "less than",
            Comparison::LessOrEqual => "less than or equal to",
        };
        let (count, not, to) = if state == State::Alarm {
            (breaching, "", "OK -> ALARM")
        } else {
            (points.len() - breaching, "not ", "ALARM -> OK")
        };
        let least = if state == State::Alarm { *to_alarm } else { periods - to_alarm + 1 };
        let verb = if count == 1 { "was" } else { "were" };
        format!(
            "Threshold Crossed: {count} out of the last {} [{}] {verb} {not}{is} the threshold ({threshold:?}){filled} (minimum {} for {to} transition).",
            plural(points.len(), "datapoint"),
            list.join(", "),
            plural(least, "datapoint"),
        )
    }

    fn data(&self, points: &[Point], at: Timestamp) -> String {
        let stamp = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string();
        let mut data = json!({
            "version": "1.0",
            "queryDate": stamp(at),
            "statistic": self.statistic.name(),
            "period": self.period,
            "recentDatapoints": points.iter().map(|(_, value)| *value).collect::<Vec<_>>(),
            "threshold": self.threshold,
        });
        if let (Some((first, _)), Some(members)) = (points.first(), data.as_object_mut()) {
            members.insert("startDate".to_owned(), stamp(*first).into());
        }
        data.to_string()
    }
}

impl Statistic {
    pub(super) fn read(name: &str) -> Option<Self> {
        [Self::SampleCount, Self::Average, Self::Sum, Self::Minimum, Self::Maximum].into_iter().find(|one| one.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::SampleCount => "SampleCount",
            Self::Average => "Average",
            Self::Sum => "Sum",
            Self::Minimum => "Minimum",
            Self::Maximum => "Maximum",
        }
    }

    /// Of at least one value.
    #[expect(clippy::cast_precision_loss, reason = "counts of kept values are small")]
    pub(super) fn of(self, values: &[f64]) -> f64 {
        let (sum, count) = (values.iter().sum::<f64>(), values.len() as f64);
        match self {
            Self::SampleCount => count,
            Self::Average => sum / count,
            Self::Sum => sum,
            Self::Minimum => values.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Maximum => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `0`, `X` and `-` for periods of a minute that do not breach, breach and are missing, oldest first; the letters are the states for
    /// missing, ignore, breaching and notBreaching, `R` for one that stays as it is.
    fn states(pattern: &str, periods: usize, to_alarm: usize) -> String {
        let end = Timestamp::from_second(1_800_000_000).unwrap();
        let count = pattern.len() as i64;
        let values: Vec<Point> = pattern
            .bytes()
            .enumerate()
            .filter(|(_, kind)| *kind != b'-')
            .map(|(place, kind)| {
                let begin = end.as_second() - (count - place as i64) * 60;
                (Timestamp::from_second(begin + 5).unwrap(), f64::from(u8::from(kind == b'X')))
            })
            .collect();
        let each = [Missing::Insufficient, Missing::Ignore, Missing::Breaching, Missing::NotBreaching].map(|missing| {
            let condition = Condition {
                statistic: Statistic::Sum,
                period: 60,
                periods,
                to_alarm,
                comparison: Comparison::GreaterOrEqual,
                threshold: 1.0,
                missing,
            };
            condition.verdict(&values, end).map_or("R", |verdict| match verdict.state {
                State::Ok => "O",
                State::Alarm => "A",
                State::InsufficientData => "I",
            })
        });
        each.concat()
    }

    /// The tables of <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>.
    #[test]
    fn missing_data_is_treated_as_the_documentation_has_it() {
        for (pattern, expected) in [("0-X-X", "OOOO"), ("0----", "OOOO"), ("-----", "IRAO"), ("0XX-X", "AAAA"), ("--X--", "ARAO")]
        {
            assert_eq!(states(pattern, 3, 3), expected, "3 of 3, {pattern}");
        }
        for (pattern, expected) in [("0-X-X", "AAAA"), ("00X0X", "AAAA"), ("0-X--", "OOAO"), ("----0", "OOAO"), ("---X-", "ARAO")]
        {
            assert_eq!(states(pattern, 3, 2), expected, "2 of 3, {pattern}");
        }
    }

    #[test]
    fn an_alarm_of_more_than_a_day_looks_up_to_the_last_whole_hour() {
        let condition = Condition {
            statistic: Statistic::Sum,
            period: HOUR,
            periods: 26,
            to_alarm: 26,
            comparison: Comparison::Less,
            threshold: 1.0,
            missing: Missing::Breaching,
        };
        let night: Timestamp = "2026-11-23T03:00:05Z".parse().unwrap();
        let state = |at: &str| condition.verdict(&[(night, 1.0)], at.parse().unwrap()).unwrap().state;
        assert_eq!(state("2026-11-23T03:59:00Z"), State::Alarm);
        assert_eq!(state("2026-11-23T04:00:00Z"), State::Ok);
        // The next night is an hour late, and the one after it does not come.
        assert_eq!(state("2026-11-24T04:30:00Z"), State::Ok);
        assert_eq!(state("2026-11-24T08:00:00Z"), State::Alarm);
        let reason = condition.verdict(&[], night).unwrap().reason;
        assert_eq!(
            reason,
            "Threshold Crossed: no datapoints were received for 26 periods and 26 missing datapoints were treated as [Breaching]."
        );
    }
}
