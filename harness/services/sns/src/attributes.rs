//! Attributes of topics, subscriptions and applications.

use std::collections::BTreeMap;

/// Attribute names to values, all strings.
pub(crate) type Attributes = BTreeMap<String, String>;
