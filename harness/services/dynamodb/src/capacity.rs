//! Capacity that operations consume.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>

use nightproof_core::service::AwsError;
use serde_json::{Map, Value, json};

use crate::attribute::Item;
use crate::table::Table;
use crate::table_name::TableName;

/// Bytes of a unit.
const READ_UNIT: usize = 4 * 1024;
const WRITE_UNIT: usize = 1024;

/// What a request is to be told of the capacity that it consumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    None,
    Total,
    Indexes,
}

impl Report {
    /// Reads `ReturnConsumedCapacity`.
    ///
    /// # Errors
    /// A value that there is not.
    pub(crate) fn read(given: Option<&str>) -> Result<Self, AwsError> {
        let value = given.unwrap_or("NONE");
        AwsError::check_enumerated("returnConsumedCapacity", value, &["INDEXES", "TOTAL", "NONE"])?;
        Ok(match value {
            "TOTAL" => Self::Total,
            "INDEXES" => Self::Indexes,
            _ => Self::None,
        })
    }

    /// `ConsumedCapacity` of one table, or of one of its indexes; `None` if nobody asks.
    pub(crate) fn show(self, table: &TableName, index: Option<(&str, bool)>, units: f64) -> Option<Value> {
        let mut shown = Map::new();
        shown.insert("TableName".to_owned(), table.name.as_str().into());
        shown.insert("CapacityUnits".to_owned(), units.into());
        let part = |units: f64| json!({ "CapacityUnits": units });
        match (self, index) {
            (Self::None, _) => return None,
            (Self::Total, _) => {}
            (Self::Indexes, None) => {
                shown.insert("Table".to_owned(), part(units));
            }
            (Self::Indexes, Some((name, is_global))) => {
                shown.insert("Table".to_owned(), part(0.0));
                let member = if is_global { "GlobalSecondaryIndexes" } else { "LocalSecondaryIndexes" };
                shown.insert(member.to_owned(), json!({ name: part(units) }));
            }
        }
        Some(shown.into())
    }
}

/// Units of reading this many bytes at once.
pub(crate) fn read_units(bytes: usize, consistent: bool) -> f64 {
    let units = count(bytes.div_ceil(READ_UNIT).max(1));
    if consistent { units } else { units / 2.0 }
}

/// Units of writing an item that is this large, before or after.
pub(crate) fn write_units(bytes: usize) -> f64 {
    count(bytes.div_ceil(WRITE_UNIT).max(1))
}

#[expect(clippy::cast_precision_loss, reason = "an answer has far fewer units")]
fn count(units: usize) -> f64 {
    units as f64
}

/// `ItemCollectionMetrics` of a write, if the request wants them and the table has local indexes.
pub(crate) fn collection_metrics(given: Option<&str>, table: &Table, item: &Item) -> Result<Option<Value>, AwsError> {
    let value = given.unwrap_or("NONE");
    AwsError::check_enumerated("returnItemCollectionMetrics", value, &["SIZE", "NONE"])?;
    let has_local = table.indexes.iter().any(|index| index.global.is_none());
    let key = &table.keys.partition.name;
    Ok(item
        .get(key)
        .filter(|_| value == "SIZE" && has_local)
        .map(|partition| json!({ "ItemCollectionKey": { key: partition.show() }, "SizeEstimateRangeGB": [0.0, 1.0] })))
}
