//! What references will answer while a change set is worked out.

use std::collections::BTreeMap;

use nightproof_resource::MadeResource;
use nightproof_template::Made;
use serde_json::Value;

/// What stands for values that are known once their resource is made.
pub(super) const KNOWN_AFTER_APPLY: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// Logical id to what becomes of the resource.
#[derive(Default)]
pub(super) struct Expected(pub BTreeMap<String, Expectation>);

pub(super) enum Expectation {
    Kept(MadeResource),
    Changed(MadeResource),
    /// Made anew: nothing is known of it yet.
    New,
}

impl Expected {
    pub(super) fn is_new(&self, id: &str) -> bool {
        matches!(self.0.get(id), Some(Expectation::New))
    }

    pub(super) fn is_changed(&self, id: &str) -> bool {
        matches!(self.0.get(id), Some(Expectation::Changed(_)))
    }
}

impl Made for Expected {
    fn reference(&self, id: &str) -> Option<String> {
        Some(match self.0.get(id)? {
            Expectation::Kept(made) | Expectation::Changed(made) => made.physical.clone(),
            Expectation::New => KNOWN_AFTER_APPLY.to_owned(),
        })
    }

    fn attribute(&self, id: &str, name: &str) -> Option<Value> {
        match self.0.get(id)? {
            Expectation::Kept(made) | Expectation::Changed(made) => made.attribute(name),
            Expectation::New => Some(KNOWN_AFTER_APPLY.into()),
        }
    }
}
