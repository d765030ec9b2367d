//! Groups of schedules, as they are kept.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightproof_core::tags::Tags;
use serde_json::{Value, json};

use crate::schedule::Schedule;

/// The group that is there from the start.
pub(crate) const DEFAULT: &str = "default";

/// A group with its schedules by name.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    pub(crate) tags: Tags,
    pub(crate) schedules: BTreeMap<String, Schedule>,
}

impl Group {
    /// A group without schedules.
    pub(crate) fn new(arn: String, name: &str, created: Timestamp) -> Self {
        Self { arn, name: name.to_owned(), created, tags: Tags::default(), schedules: BTreeMap::new() }
    }

    /// The output of `GetScheduleGroup`. Groups are never changed.
    pub(crate) fn describe(&self) -> Value {
        let time = self.created.to_string();
        json!({ "Arn": self.arn, "CreationDate": time, "LastModificationDate": time, "Name": self.name, "State": "ACTIVE" })
    }
}
