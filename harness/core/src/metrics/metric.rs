//! The identity of a metric.

use std::borrow::Cow;

/// A metric: an account, a namespace, a name and a set of dimensions.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Metric>
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    /// Who counts.
    pub account: String,
    /// `AWS/Lambda`
    pub namespace: Cow<'static, str>,
    /// `Invocations`
    pub name: Cow<'static, str>,
    /// Names and values, in order of the names: the order in which they are given makes no difference.
    dimensions: Vec<(Cow<'static, str>, String)>,
}

impl Metric {
    /// A metric that a service of the region counts by one dimension.
    pub fn by(account: &str, namespace: &'static str, name: &'static str, dimension: &'static str, value: &str) -> Self {
        let dimensions = vec![(Cow::Borrowed(dimension), value.to_owned())];
        Self { account: account.to_owned(), namespace: namespace.into(), name: name.into(), dimensions }
    }

    /// A metric of any name and dimensions.
    pub fn new(account: &str, namespace: &str, name: &str, dimensions: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut dimensions: Vec<_> = dimensions.into_iter().map(|(name, value)| (Cow::Owned(name), value)).collect();
        dimensions.sort();
        Self { account: account.to_owned(), namespace: namespace.to_owned().into(), name: name.to_owned().into(), dimensions }
    }

    /// Names and values of the dimensions, in order of the names.
    pub fn dimensions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.dimensions.iter().map(|(name, value)| (name.as_ref(), value.as_str()))
    }

    /// The value of a dimension.
    pub fn dimension(&self, name: &str) -> Option<&str> {
        self.dimensions().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}
