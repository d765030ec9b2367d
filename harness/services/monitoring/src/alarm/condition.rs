//! Whether a metric alarm goes off: pure, of datapoints and a moment.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html>

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::state::{State, Verdict};
use crate::metric::Window;

/// Periods before those that an alarm looks at from which it takes datapoints when later ones are missing. AWS names no figure but in its
/// example, an alarm of 3 periods that looks at 5.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>
const FARTHER_BACK: usize = 2;
/// Seconds that an alarm with shorter periods looks back in the values of a metric that has one value a minute.
const COARSE: i64 = 120;
pub(crate) const DAY: i64 = 86_400;
const HOUR: i64 = 3600;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    GreaterOrEqual,
    Greater,
    Less,
    LessOrEqual,
}

/// How a period without a datapoint is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// `missing`: nothing at all is insufficient data.
    Insufficient,
    Ignore,
    Breaching,
    NotBreaching,
}

/// When a metric alarm goes off.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    /// Seconds.
    pub(crate) period: i64,
    /// Periods that it looks at.
    pub(crate) periods: usize,
    /// Of those, how many must breach.
    pub(crate) to_alarm: usize,
    /// Whether that number was given.
    pub(crate) counted: bool,
    pub(crate) comparison: Comparison,
    pub(crate) threshold: f64,
    pub(crate) missing: Missing,
    /// Values that a datapoint must have for the alarm not to ignore it.
    pub(crate) least_samples: f64,
}

/// A period that has a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Datapoint {
    pub(crate) value: f64,
    /// Of how many values it is the statistic; `None` of a metric math expression.
    pub(crate) samples: Option<f64>,
}

/// Where datapoints are from, for the data of a reason.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Origin {
    pub(crate) unit: Option<String>,
    pub(crate) statistic: Option<String>,
}

impl Condition {
    /// Seconds after which nothing of a datapoint is seen any more.
    pub(crate) fn memory(&self) -> i64 {
        self.period.saturating_mul(i64::try_from(self.periods + FARTHER_BACK + 1).unwrap_or(i64::MAX)).saturating_add(HOUR)
    }

    /// Whether it is evaluated at a moment: each minute, or each 10 seconds if its periods are shorter.
    pub(crate) fn is_due(&self, at: Timestamp) -> bool {
        self.period < 60 || at.as_second() % 60 == 0
    }

    /// Up to when data is looked at: an alarm of more than a day looks up to the last whole hour.
    fn end(&self, at: Timestamp) -> i64 {
        let at = at.as_second();
        let span = self.period.saturating_mul(i64::try_from(self.periods).unwrap_or(i64::MAX));
        at - at.rem_euclid(if span > DAY { HOUR } else { self.period.clamp(1, 60) })
    }

    /// Periods that it looks at, and those before them. `coarse`: the metric has one value a minute.
    fn range(&self, coarse: bool) -> usize {
        let farther = if coarse && self.period < 60 { usize::try_from(COARSE / self.period.max(1)).unwrap_or(0) } else { 0 };
        self.periods + farther.max(FARTHER_BACK)
    }

    /// The time whose data it looks at.
    pub(crate) fn window(&self, at: Timestamp, coarse: bool) -> Window {
        let end = self.end(at);
        Window { start: end - self.period * i64::try_from(self.range(coarse)).unwrap_or(0), end }
    }

    /// The state at a moment, for datapoints by the second at which their periods begin; `None` if it stays as it is.
    pub(crate) fn verdict(
        &self,
        all: &BTreeMap<i64, Datapoint>,
        at: Timestamp,
        coarse: bool,
        origin: &Origin,
    ) -> Option<Verdict> {
        let points = self.latest(all, self.window(at, coarse));
        if points.iter().any(|(_, point)| point.samples.is_some_and(|samples| samples < self.least_samples)) {
            return None;
        }
        let breaching = points.iter().filter(|(_, point)| self.breaches(point.value)).count();
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
        Some(Verdict { state, reason: self.reason(state, &points), reason_data: Some(self.data(&points, at, origin)) })
    }

    /// The latest datapoints, latest first: as many as there are periods to look at, from farther back where later ones are missing.
    fn latest(&self, all: &BTreeMap<i64, Datapoint>, window: Window) -> Vec<(i64, Datapoint)> {
        let step = usize::try_from(self.period).unwrap_or(1).max(1);
        let begins = (window.start..window.end).step_by(step).collect::<Vec<_>>().into_iter().rev();
        begins.filter_map(|begin| Some((begin, *all.get(&begin)?))).take(self.periods).collect()
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
    fn reason(&self, state: State, points: &[(i64, Datapoint)]) -> String {
        let Self { periods, threshold, to_alarm, .. } = self;
        let plural = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        let was = |count: usize| if count == 1 { "was" } else { "were" };
        let missing = periods - points.len();
        let treated = match self.missing {
            Missing::Breaching => Some("Breaching"),
            Missing::NotBreaching => Some("NonBreaching"),
            Missing::Insufficient | Missing::Ignore => None,
        };
        let filled = treated
            .map(|treated| format!(" and {} {} treated as [{treated}]", plural(missing, "missing datapoint"), was(missing)));
        if points.is_empty() {
            let verb = if state == State::InsufficientData { "Insufficient Data" } else { "Threshold Crossed" };
            let none = format!("{verb}: no datapoints were received for {}", plural(*periods, "period"));
            return format!("{none}{}.", filled.unwrap_or_default());
        }
        let filled = filled.filter(|_| missing > 0).unwrap_or_default();
        let list = |points: &[&(i64, Datapoint)]| {
            let one = |(begin, point): &&(i64, Datapoint)| {
                let time = Timestamp::from_second(*begin).unwrap_or_default();
                format!("{:?} ({})", point.value, time.strftime("%d/%m/%y %H:%M:%S"))
            };
            points.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let is = match self.comparison {
            Comparison::GreaterOrEqual => "greater than or equal to",
            Comparison::Greater => "greater than",
            Comparison::Less => "less than",
            Comparison::LessOrEqual => "less than or equal to",
        };
        let goes_off = state == State::Alarm;
        let decisive: Vec<_> = points.iter().filter(|(_, point)| self.breaches(point.value) == goes_off).collect();
        let (not, count) = (if goes_off { "" } else { "not " }, decisive.len());
        if !self.counted && count > 0 {
            let datapoints = format!("{} [{}]", plural(count, "datapoint"), list(&decisive));
            return format!("Threshold Crossed: {datapoints} {} {not}{is} the threshold ({threshold:?}){filled}.", was(count));
        }
        let (to, least) = if goes_off { ("OK -> ALARM", *to_alarm) } else { ("ALARM -> OK", periods - to_alarm + 1) };
        format!(
            "Threshold Crossed: {count} out of the last {} [{}] {} {not}{is} the threshold ({threshold:?}){filled} (minimum {} for {to} transition).",
            plural(points.len(), "datapoint"),
            list(&points.iter().collect::<Vec<_>>()),
            was(count),
            plural(least, "datapoint"),
        )
    }

    fn data(&self, points: &[(i64, Datapoint)], at: Timestamp, origin: &Origin) -> String {
        let stamp = |second: i64| {
            let time = Timestamp::from_second(second).unwrap_or_default();
            time.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string()
        };
        let mut data = Map::new();
        let mut set = |name: &str, value: Value| drop(data.insert(name.to_owned(), value));
        set("version", "1.0".into());
        set("queryDate", stamp(at.as_second()).into());
        if let Some((first, _)) = points.last() {
            set("startDate", stamp(*first).into());
        }
        if let Some(unit) = &origin.unit {
            set("unit", unit.as_str().into());
        }
        if let Some(statistic) = &origin.statistic {
            set("statistic", statistic.as_str().into());
        }
        set("period", self.period.into());
        set("recentDatapoints", points.iter().rev().map(|(_, point)| point.value).collect::<Vec<_>>().into());
        set("threshold", self.threshold.into());
        let mut evaluated: Vec<Value> = Vec::new();
        for (begin, point) in points {
            let mut shown = json!({ "timestamp": stamp(*begin) });
            if let Some(members) = shown.as_object_mut() {
                members.extend(point.samples.map(|samples| ("sampleCount".to_owned(), samples.into())));
                members.insert("value".to_owned(), point.value.into());
            }
            evaluated.push(shown);
        }
        let end = self.end(at);
        let begins = (1..).map(|back| end - back * self.period).filter(|begin| !points.iter().any(|(known, _)| known == begin));
        evaluated.extend(begins.take(self.periods - points.len()).map(|begin| json!({ "timestamp": stamp(begin) })));
        set("evaluatedDatapoints", evaluated.into());
        Value::Object(data).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(period: i64, periods: usize, to_alarm: usize, missing: Missing) -> Condition {
        Condition {
            period,
            periods,
            to_alarm,
            counted: true,
            comparison: Comparison::GreaterOrEqual,
            threshold: 1.0,
            missing,
            least_samples: 0.0,
        }
    }

    fn point(value: f64) -> Datapoint {
        Datapoint { value, samples: Some(1.0) }
    }

    /// `0`, `X` and `-` for periods of a minute that do not breach, breach and are missing, oldest first; the letters are the states for
    /// missing, ignore, breaching and notBreaching, `R` for one that stays as it is.
    fn states(pattern: &str, periods: usize, to_alarm: usize) -> String {
        let end = Timestamp::from_second(1_800_000_000).unwrap();
        let count = pattern.len() as i64;
        let values: BTreeMap<i64, Datapoint> = pattern
            .bytes()
            .enumerate()
            .filter(|(_, kind)| *kind != b'-')
            .map(|(place, kind)| (end.as_second() - (count - place as i64) * 60, point(f64::from(u8::from(kind == b'X')))))
            .collect();
        let each = [Missing::Insufficient, Missing::Ignore, Missing::Breaching, Missing::NotBreaching].map(|missing| {
            let verdict = condition(60, periods, to_alarm, missing).verdict(&values, end, false, &Origin::default());
            verdict.map_or("R", |verdict| match verdict.state {
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
        let condition = Condition { comparison: Comparison::Less, ..condition(HOUR, 26, 26, Missing::Breaching) };
        let night: Timestamp = "2026-11-23T03:00:00Z".parse().unwrap();
        let values = BTreeMap::from([(night.as_second(), point(1.0))]);
        let state = |at: &str| condition.verdict(&values, at.parse().unwrap(), false, &Origin::default()).unwrap().state;
        assert_eq!(state("2026-11-23T03:59:00Z"), State::Alarm);
        assert_eq!(state("2026-11-23T04:00:00Z"), State::Ok);
        // The next night is an hour late, and the one after it does not come.
        assert_eq!(state("2026-11-24T04:30:00Z"), State::Ok);
        assert_eq!(state("2026-11-24T08:00:00Z"), State::Alarm);
        let reason = condition.verdict(&BTreeMap::new(), night, false, &Origin::default()).unwrap().reason;
        assert_eq!(
            reason,
            "Threshold Crossed: no datapoints were received for 26 periods and 26 missing datapoints were treated as [Breaching]."
        );
    }

    #[test]
    fn a_reason_names_the_datapoints_that_decide_and_how_many_there_must_be_if_that_was_given() {
        let at: Timestamp = "2026-11-23T03:03:00Z".parse().unwrap();
        let begin = at.as_second() - 180;
        let values = BTreeMap::from([(begin, point(0.0)), (begin + 60, point(2.5)), (begin + 120, point(3.0))]);
        let reason = |condition: &Condition| condition.verdict(&values, at, false, &Origin::default()).unwrap();
        let plain = Condition { counted: false, ..condition(60, 2, 2, Missing::Insufficient) };
        let datapoints = "[3.0 (23/11/26 03:02:00), 2.5 (23/11/26 03:01:00)]";
        let is = "greater than or equal to the threshold (1.0)";
        assert_eq!(reason(&plain).reason, format!("Threshold Crossed: 2 datapoints {datapoints} were {is}."));
        let counted = condition(60, 2, 1, Missing::Insufficient);
        let minimum = "(minimum 1 datapoint for OK -> ALARM transition)";
        assert_eq!(
            reason(&counted).reason,
            format!("Threshold Crossed: 2 out of the last 2 datapoints {datapoints} were {is} {minimum}.")
        );
        let three = Condition { periods: 3, to_alarm: 3, ..plain.clone() };
        assert_eq!(reason(&three).reason, format!("Threshold Crossed: 1 datapoint [0.0 (23/11/26 03:00:00)] was not {is}."));
        let origin = Origin { unit: Some("Seconds".to_owned()), statistic: Some("Average".to_owned()) };
        let data: Value =
            serde_json::from_str(&plain.verdict(&values, at, false, &origin).unwrap().reason_data.unwrap()).unwrap();
        assert_eq!(
            data,
            json!({
                "version": "1.0", "queryDate": "2026-11-23T03:03:00.000+0000", "startDate": "2026-11-23T03:01:00.000+0000",
                "unit": "Seconds", "statistic": "Average", "period": 60, "recentDatapoints": [2.5, 3.0], "threshold": 1.0,
                "evaluatedDatapoints": [
                    { "timestamp": "2026-11-23T03:02:00.000+0000", "sampleCount": 1.0, "value": 3.0 },
                    { "timestamp": "2026-11-23T03:01:00.000+0000", "sampleCount": 1.0, "value": 2.5 },
                ],
            })
        );
    }

    #[test]
    fn a_short_period_sees_the_value_that_a_coarse_metric_has_of_its_minute() {
        let at: Timestamp = "2026-11-23T03:01:40Z".parse().unwrap();
        let values = BTreeMap::from([("2026-11-23T03:01:00Z".parse::<Timestamp>().unwrap().as_second(), point(2.0))]);
        let condition = condition(10, 1, 1, Missing::Ignore);
        let state = |coarse: bool| condition.verdict(&values, at, coarse, &Origin::default()).map(|verdict| verdict.state);
        assert_eq!((state(true), state(false)), (Some(State::Alarm), None));
    }

    #[test]
    fn a_percentile_of_few_values_is_ignored_where_that_is_wanted() {
        let at: Timestamp = "2026-11-23T03:01:00Z".parse().unwrap();
        let values = BTreeMap::from([(at.as_second() - 60, point(2.0))]);
        let condition = Condition { least_samples: 10.0, ..condition(60, 1, 1, Missing::Insufficient) };
        assert_eq!(condition.verdict(&values, at, false, &Origin::default()), None);
    }
}
