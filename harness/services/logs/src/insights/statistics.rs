//! Statistics over the events of a query, or of each group of them.

use std::collections::{BTreeMap, BTreeSet};

use super::event::Event;
use super::expression::{Expression, number_text};

/// A statistic, and what it is called.
#[derive(Debug, Clone)]
pub(super) struct Statistic {
    pub(super) kind: Kind,
    /// What it is of; `None` of all events.
    pub(super) of: Option<Expression>,
    pub(super) name: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Count,
    CountDistinct,
    Sum,
    Average,
    Minimum,
    Maximum,
    Deviation,
    /// Hundredths.
    Percentile(f64),
}

impl Kind {
    pub(super) fn read(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "count" => Self::Count,
            "count_distinct" => Self::CountDistinct,
            "sum" => Self::Sum,
            "avg" => Self::Average,
            "min" => Self::Minimum,
            "max" => Self::Maximum,
            "stddev" => Self::Deviation,
            "pct" => Self::Percentile(50.0),
            _ => return None,
        })
    }
}

/// The groups of events that agree in some expressions: what each of these is, and the statistics.
pub(super) fn groups(events: &[Event], statistics: &[Statistic], by: &[(String, Expression)]) -> Vec<Event> {
    let mut groups: BTreeMap<Vec<Option<String>>, Vec<&Event>> = BTreeMap::new();
    for event in events {
        let key = by.iter().map(|(_, expression)| expression.text(event)).collect();
        groups.entry(key).or_default().push(event);
    }
    if by.is_empty() && groups.is_empty() {
        groups.insert(Vec::new(), Vec::new());
    }
    let row = |(key, events): (Vec<Option<String>>, Vec<&Event>)| {
        let mut row = Event::default();
        for ((name, _), value) in by.iter().zip(key) {
            value.into_iter().for_each(|value| row.set(name, value));
        }
        for statistic in statistics {
            statistic.value(&events).into_iter().for_each(|value| row.set(&statistic.name, value));
        }
        row
    };
    groups.into_iter().map(row).collect()
}

impl Statistic {
    fn value(&self, events: &[&Event]) -> Option<String> {
        let texts = || events.iter().filter_map(|event| self.of.as_ref()?.text(event));
        match (self.kind, &self.of) {
            (Kind::Count, None) => return Some(events.len().to_string()),
            (Kind::Count, Some(_)) => return Some(texts().count().to_string()),
            (Kind::CountDistinct, _) => return Some(texts().collect::<BTreeSet<_>>().len().to_string()),
            _ => {}
        }
        let mut values: Vec<f64> = texts().filter_map(|text| text.parse().ok()).collect();
        values.sort_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss, reason = "far fewer events are kept")]
        let count = values.len() as f64;
        let sum: f64 = values.iter().sum();
        let value = match self.kind {
            Kind::Sum => Some(sum),
            Kind::Average => Some(sum / count),
            Kind::Minimum => values.first().copied(),
            Kind::Maximum => values.last().copied(),
            Kind::Deviation => {
                let mean = sum / count;
                Some((values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt())
            }
            Kind::Percentile(percent) => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
                let place = (count * percent / 100.0).ceil().max(1.0) as usize - 1;
                values.get(place).copied()
            }
            Kind::Count | Kind::CountDistinct => None,
        };
        value.filter(|value| value.is_finite()).map(number_text)
    }
}
