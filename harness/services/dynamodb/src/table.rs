//! A table: its keys and indexes, its items, and its description.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use nightproof_core::document::whole_seconds;
use nightproof_core::service::AwsError;
use nightproof_core::tags::Tags;
use serde_json::{Map, Value, json};

use crate::attribute::{AttributeValue, Item, item_size};
use crate::encryption::Encryption;
use crate::error::{invalid_parameters, validation};
use crate::index::Index;
use crate::point_in_time::PointInTime;
use crate::schema::{Definitions, ItemKey, KeySchema};
use crate::stream::View;
use crate::throughput::{Billing, OnDemandThroughput, ProvisionedThroughput, WarmThroughput};

/// How long a table is being made, changed or deleted. AWS takes some seconds; whoever does not wait for it is refused here as there.
pub(crate) const SETTLES: SignedDuration = SignedDuration::from_millis(200);
/// How often a table's count of items is brought up to date.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html>
const COUNTED: SignedDuration = SignedDuration::from_hours(6);
/// How long an item stays after its time to live is over: AWS deletes it within a few days.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html>
const EXPIRED: SignedDuration = SignedDuration::from_hours(48);
/// An item that expired longer ago than this is not deleted.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html>
const OLDEST_EXPIRED: SignedDuration = SignedDuration::from_hours(5 * 365 * 24);
/// Bytes of an item.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items>
const LARGEST_ITEM: usize = 400 * 1024;

/// What becomes of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    Made,
    Changed,
    Deleted,
}

/// What a table's description says of how it is paid for.
#[derive(Debug, Clone)]
pub(crate) struct Capacity {
    pub(crate) billing: Billing,
    /// When it was last put on demand.
    pub(crate) on_demand_since: Option<Timestamp>,
    pub(crate) provisioned: Option<ProvisionedThroughput>,
    pub(crate) on_demand: Option<OnDemandThroughput>,
    pub(crate) warm: Option<WarmThroughput>,
}

/// A table.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) course: Course,
    /// When it is what it is to be.
    pub(crate) settles: Timestamp,
    pub(crate) defined: Definitions,
    pub(crate) keys: KeySchema,
    pub(crate) indexes: Vec<Index>,
    pub(crate) capacity: Capacity,
    /// The view, label and ARN of the stream that is enabled.
    pub(crate) view: Option<View>,
    /// Label and ARN of the stream that was enabled last.
    pub(crate) latest_stream: Option<(String, String)>,
    pub(crate) encryption: Option<Encryption>,
    pub(crate) class: Option<String>,
    pub(crate) is_protected: bool,
    pub(crate) tags: Tags,
    /// The attribute with the time at which items expire.
    pub(crate) time_to_live: Option<String>,
    pub(crate) point_in_time: Option<PointInTime>,
    /// `RestoreSummary` of a table that was made of a backup.
    pub(crate) restored: Option<Value>,
    items: BTreeMap<ItemKey, Item>,
    bytes: usize,
    /// When items were counted last, how many there were, and their bytes.
    counted: (Timestamp, usize, usize),
}

/// The parts of a table that its request gives.
pub(crate) struct NewTable {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) defined: Definitions,
    pub(crate) keys: KeySchema,
    pub(crate) indexes: Vec<Index>,
    pub(crate) capacity: Capacity,
    pub(crate) view: Option<View>,
    pub(crate) encryption: Option<Encryption>,
    pub(crate) class: Option<String>,
    pub(crate) is_protected: bool,
    pub(crate) tags: Tags,
}

impl Table {
    /// A table without items, which is being made.
    pub(crate) fn new(given: NewTable, now: Timestamp) -> Self {
        Self {
            name: given.name,
            arn: given.arn,
            id: uuid::Uuid::new_v4().to_string(),
            created: now,
            course: Course::Made,
            settles: now + SETTLES,
            defined: given.defined,
            keys: given.keys,
            indexes: given.indexes,
            capacity: given.capacity,
            view: given.view,
            latest_stream: None,
            encryption: given.encryption,
            class: given.class,
            is_protected: given.is_protected,
            tags: given.tags,
            time_to_live: None,
            point_in_time: None,
            restored: None,
            items: BTreeMap::new(),
            bytes: 0,
            counted: (now, 0, 0),
        }
    }

    /// `TableStatus`
    pub(crate) fn status(&self, now: Timestamp) -> &'static str {
        match self.course {
            Course::Deleted => "DELETING",
            Course::Made if now < self.settles => "CREATING",
            Course::Changed if now < self.settles => "UPDATING",
            Course::Made | Course::Changed => "ACTIVE",
        }
    }

    /// Whether items can be read and written.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        matches!(self.status(now), "ACTIVE" | "UPDATING")
    }

    /// Refuses a change of a table that is being made, changed or deleted.
    ///
    /// # Errors
    /// `ResourceInUseException`
    pub(crate) fn check_settled(&self, now: Timestamp) -> Result<(), AwsError> {
        let what = match self.status(now) {
            "ACTIVE" => return Ok(()),
            "CREATING" => "created",
            "UPDATING" => "updated",
            _ => "deleted",
        };
        let message = format!("Attempt to change a resource which is still in use: Table is being {what}: {}", self.name);
        Err(AwsError::new("ResourceInUseException", 400, message))
    }

    /// The table begins to be changed.
    pub(crate) fn begin_change(&mut self, now: Timestamp) {
        self.course = Course::Changed;
        self.settles = now + SETTLES;
    }

    /// The index of this name.
    ///
    /// # Errors
    /// `ValidationException`
    pub(crate) fn index(&self, name: &str) -> Result<&Index, AwsError> {
        let found = self.indexes.iter().find(|index| index.name == name);
        found.ok_or_else(|| validation(format!("The table does not have the specified index: {name}")))
    }

    /// All items, by key.
    pub(crate) fn items(&self) -> &BTreeMap<ItemKey, Item> {
        &self.items
    }

    /// The item of a key.
    pub(crate) fn get(&self, key: &ItemKey) -> Option<&Item> {
        self.items.get(key)
    }

    /// The key of an item that is to be kept.
    ///
    /// # Errors
    /// `ValidationException` for an item that the table and its indexes cannot have.
    pub(crate) fn key_of_new(&self, item: &Item) -> Result<ItemKey, AwsError> {
        let key = self.keys.of_item(item)?;
        self.check_item(item, "Item size has exceeded the maximum allowed size")?;
        Ok(key)
    }

    /// Refuses an item that is too large, or has attributes that the indexes cannot have.
    ///
    /// # Errors
    /// `ValidationException`
    pub(crate) fn check_item(&self, item: &Item, too_large: &str) -> Result<(), AwsError> {
        self.indexes.iter().try_for_each(|index| index.keys.check_for_index(item, &index.name))?;
        if item_size(item) > LARGEST_ITEM { Err(validation(too_large)) } else { Ok(()) }
    }

    /// Puts an item in the place of the one with its key, or removes that; returns what was there.
    pub(crate) fn replace(&mut self, key: ItemKey, new: Option<Item>) -> Option<Item> {
        self.bytes += new.as_ref().map_or(0, item_size);
        let old = match new {
            Some(item) => self.items.insert(key, item),
            None => self.items.remove(&key),
        };
        self.bytes = self.bytes.saturating_sub(old.as_ref().map_or(0, item_size));
        old
    }

    /// Number and bytes of the items, as they are.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.items.len(), self.bytes)
    }

    /// Items whose time to live has been over for so long that they are deleted.
    pub(crate) fn expired(&self, now: Timestamp) -> Vec<ItemKey> {
        let Some(attribute) = &self.time_to_live else { return Vec::new() };
        let is_over = |item: &Item| {
            let Some(AttributeValue::Number(seconds)) = item.get(attribute) else { return false };
            let age = seconds.whole().and_then(|seconds| Timestamp::from_second(seconds).ok()).map(|at| now.duration_since(at));
            age.is_some_and(|age| age >= EXPIRED && age < OLDEST_EXPIRED)
        };
        self.items.iter().filter(|(_, item)| is_over(item)).map(|(key, _)| key.clone()).collect()
    }

    /// Counts the items if that was long ago.
    pub(crate) fn count(&mut self, now: Timestamp) {
        if now.duration_since(self.counted.0) >= COUNTED {
            self.counted = (now, self.items.len(), self.bytes);
        }
    }

    /// Counts the items of a table that begins with some.
    pub(crate) fn count_now(&mut self, now: Timestamp) {
        self.counted = (now, self.items.len(), self.bytes);
    }

    /// `TableDescription`; `is_new` in the answer to the request that makes it.
    pub(crate) fn describe(&self, now: Timestamp, is_new: bool) -> Value {
        let mut shown = self.describe_deleted(now);
        let Some(members) = shown.as_object_mut() else { return shown };
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        let attributes = self.defined.iter().map(|(name, kind)| json!({ "AttributeName": name, "AttributeType": kind }));
        put("AttributeDefinitions", attributes.collect());
        put("KeySchema", self.keys.show());
        put("CreationDateTime", self.created.to_string().into());
        let Capacity { billing, on_demand_since, provisioned, on_demand, warm } = &self.capacity;
        if let Some(summary) = self.billing_summary(*billing, *on_demand_since, is_new) {
            put("BillingModeSummary", summary);
        }
        if let Some(on_demand) = on_demand {
            put("OnDemandThroughput", on_demand.show());
        }
        if !is_new || warm.is_some() {
            put("WarmThroughput", billing.warm(*provisioned, *warm, self.course == Course::Made && now < self.settles));
        }
        for (member, global) in [("LocalSecondaryIndexes", false), ("GlobalSecondaryIndexes", true)] {
            let indexes: Vec<Value> = self
                .indexes
                .iter()
                .filter(|index| index.global.is_some() == global)
                .map(|index| index.describe(&self.arn, *billing, (self.counted.1, self.counted.2), now, is_new))
                .collect();
            if !indexes.is_empty() {
                put(member, indexes.into());
            }
        }
        if let Some(view) = self.view {
            put("StreamSpecification", json!({ "StreamEnabled": true, "StreamViewType": view.name() }));
        }
        if let Some((label, arn)) = &self.latest_stream {
            put("LatestStreamLabel", label.as_str().into());
            put("LatestStreamArn", arn.as_str().into());
        }
        if let Some(encryption) = &self.encryption {
            put("SSEDescription", encryption.describe());
        }
        if let Some(class) = &self.class {
            put("TableClassSummary", json!({ "TableClass": class }));
        }
        if let Some(mut summary) = self.restored.clone() {
            if let Some(in_progress) = summary.get_mut("RestoreInProgress") {
                *in_progress = (self.status(now) == "CREATING").into();
            }
            put("RestoreSummary", summary);
        }
        shown
    }

    fn billing_summary(&self, billing: Billing, since: Option<Timestamp>, is_new: bool) -> Option<Value> {
        let mut summary = Map::new();
        summary.insert("BillingMode".to_owned(), billing.name().into());
        match since {
            None if billing == Billing::Provisioned => return None,
            Some(since) if !is_new => {
                summary.insert("LastUpdateToPayPerRequestDateTime".to_owned(), since.to_string().into());
            }
            _ => {}
        }
        Some(summary.into())
    }

    /// `TableDescription` of a table that was just deleted.
    pub(crate) fn describe_deleted(&self, now: Timestamp) -> Value {
        json!({
            "TableName": self.name,
            "TableArn": self.arn,
            "TableId": self.id,
            "TableStatus": self.status(now),
            "ItemCount": self.counted.1,
            "TableSizeBytes": self.counted.2,
            "ProvisionedThroughput": ProvisionedThroughput::describe(self.capacity.provisioned),
            "DeletionProtectionEnabled": self.is_protected,
        })
    }

    /// `SourceTableDetails` of a backup.
    pub(crate) fn describe_in_backup(&self) -> Value {
        let none = ProvisionedThroughput { read_capacity_units: 0, write_capacity_units: 0 };
        json!({
            "TableName": self.name,
            "TableId": self.id,
            "TableArn": self.arn,
            "TableSizeBytes": self.bytes,
            "ItemCount": self.items.len(),
            "KeySchema": self.keys.show(),
            "TableCreationDateTime": whole_seconds(self.created).to_string(),
            "ProvisionedThroughput": self.capacity.provisioned.unwrap_or(none).show(),
            "BillingMode": self.capacity.billing.name(),
        })
    }
}

/// Refuses attributes that are defined and in no key, and indexes of the same name.
///
/// # Errors
/// `ValidationException`
pub(crate) fn check_schema(defined: &Definitions, keys: &KeySchema, indexes: &[Index]) -> Result<(), AwsError> {
    let mut used: Vec<&str> = keys.names().chain(indexes.iter().flat_map(|index| index.keys.names())).collect();
    used.sort_unstable();
    used.dedup();
    if used.len() < defined.len() {
        let defined: Vec<&str> = defined.keys().map(String::as_str).collect();
        return Err(invalid_parameters(if indexes.is_empty() {
            "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"
                .to_owned()
        } else {
            format!(
                "Some AttributeDefinitions are not used. AttributeDefinitions: [{}], keys used: [{}]",
                defined.join(", "),
                used.join(", ")
            )
        }));
    }
    for (at, index) in indexes.iter().enumerate() {
        if indexes.iter().take(at).any(|before| before.name == index.name) {
            return Err(invalid_parameters(format!("Duplicate index name: {}", index.name)));
        }
    }
    Ok(())
}
