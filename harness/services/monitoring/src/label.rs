//! Labels of metrics that were given none: the metric's name, and in what else the metrics of a request differ.

use std::collections::BTreeSet;

use nightproof_core::metrics::Metric;

use crate::statistic::Statistic;

/// What a label is made of.
pub(crate) struct Described<'a> {
    pub(crate) metric: &'a Metric,
    pub(crate) statistic: &'a Statistic,
    /// Seconds.
    pub(crate) period: i64,
}

/// A label for each: `m`, or `m Sum 60` where statistics and periods differ.
pub(crate) fn labels(all: &[Described<'_>]) -> Vec<String> {
    fn differ<T: Ord>(parts: impl Iterator<Item = T>) -> bool {
        parts.collect::<BTreeSet<_>>().len() > 1
    }
    let values = |one: &Described<'_>| one.metric.dimensions().map(|(_, value)| value.to_owned()).collect::<Vec<_>>().join(" ");
    let namespaces = differ(all.iter().map(|one| one.metric.namespace.as_ref()));
    let dimensions = differ(all.iter().map(values));
    let statistics = differ(all.iter().map(|one| one.statistic.name()));
    let periods = differ(all.iter().map(|one| one.period));
    let label = |one: &Described<'_>| {
        let parts = [
            namespaces.then(|| one.metric.namespace.to_string()),
            dimensions.then(|| values(one)),
            Some(one.metric.name.to_string()),
            statistics.then(|| one.statistic.name().to_owned()),
            periods.then(|| one.period.to_string()),
        ];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    };
    all.iter().map(label).collect()
}
