//! Values that were summed up: what all statistics of a period are made of.

/// Distinct values that are kept one by one. Beyond it neighbours are merged, and percentiles become approximate.
const DISTINCT: usize = 512;

/// A number of values: how many, their sum, the least and the greatest, and the values themselves as far as they are known. Of values that
/// were put as a statistic set only the summary is known.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/publishingMetrics.html#publishingDataPoints1>
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    count: f64,
    sum: f64,
    minimum: f64,
    maximum: f64,
    /// Each value and how often it came, ascending; `None` if some are not known.
    values: Option<Vec<(f64, f64)>>,
}

impl Distribution {
    /// `value`, which came `count` times.
    pub fn repeated(value: f64, count: f64) -> Self {
        Self { count, sum: value * count, minimum: value, maximum: value, values: Some(vec![(value, count)]) }
    }

    /// A statistic set. The values are known if there is one, or if all are the same.
    pub fn summary(count: f64, sum: f64, minimum: f64, maximum: f64) -> Self {
        #[expect(clippy::float_cmp, reason = "the same number was given twice")]
        let known = count == 1.0 || minimum == maximum;
        Self { count, sum, minimum, maximum, values: known.then(|| vec![(minimum, count)]) }
    }

    /// Adds the values of `other`.
    pub fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
        self.values = match (self.values.take(), &other.values) {
            (Some(mut mine), Some(more)) => {
                for (value, count) in more {
                    match mine.binary_search_by(|(known, _)| known.total_cmp(value)) {
                        Ok(at) => mine.get_mut(at).into_iter().for_each(|known| known.1 += count),
                        Err(at) => mine.insert(at, (*value, *count)),
                    }
                }
                Some(if mine.len() > DISTINCT { thinned(&mine) } else { mine })
            }
            _ => None,
        };
    }

    /// How many values there are.
    pub fn count(&self) -> f64 {
        self.count
    }

    /// The sum of the values.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// The least value.
    pub fn minimum(&self) -> f64 {
        self.minimum
    }

    /// The greatest value.
    pub fn maximum(&self) -> f64 {
        self.maximum
    }

    /// The sum by the number of values.
    pub fn average(&self) -> f64 {
        if self.count == 0.0 { 0.0 } else { self.sum / self.count }
    }

    /// Each value and how often it came, ascending; `None` if some are not known.
    pub fn values(&self) -> Option<&[(f64, f64)]> {
        self.values.as_deref()
    }

    /// How much memory it takes, in values.
    pub(super) fn size(&self) -> usize {
        1 + self.values.as_ref().map_or(0, Vec::len)
    }
}

/// Each two neighbours as one, at their mean.
fn thinned(values: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let merged = |pair: &[(f64, f64)]| {
        let count: f64 = pair.iter().map(|(_, count)| count).sum();
        let sum: f64 = pair.iter().map(|(value, count)| value * count).sum();
        if count == 0.0 { pair.first().copied().unwrap_or_default() } else { (sum / count, count) }
    };
    values.chunks(2).map(merged).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_add_up_and_a_statistic_set_hides_them() {
        let mut all = Distribution::repeated(10.0, 4.0);
        all.add(&Distribution::repeated(1.0, 2.0));
        all.add(&Distribution::repeated(10.0, 1.0));
        assert_eq!((all.count(), all.sum(), all.minimum(), all.maximum()), (7.0, 52.0, 1.0, 10.0));
        assert_eq!(all.values(), Some([(1.0, 2.0), (10.0, 5.0)].as_slice()));
        all.add(&Distribution::summary(10.0, 55.0, 1.0, 10.0));
        assert_eq!((all.count(), all.values()), (17.0, None));
        assert_eq!(Distribution::summary(3.0, 6.0, 2.0, 2.0).values(), Some([(2.0, 3.0)].as_slice()));
    }

    #[test]
    fn many_values_take_bounded_memory() {
        let mut all = Distribution::repeated(0.0, 1.0);
        for value in 1..5000 {
            all.add(&Distribution::repeated(f64::from(value), 1.0));
        }
        assert!(all.size() <= DISTINCT + 2, "{}", all.size());
        let known: f64 = all.values().expect("known").iter().map(|(_, count)| count).sum();
        assert_eq!((known, all.count(), all.maximum()), (5000.0, 5000.0, 4999.0));
    }
}
