//! Batches of items.

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::items::{read_projection, tops};
use crate::access::Access;
use crate::attribute::{Item, item_size, read_item, show_item};
use crate::capacity::{Report, collection_metrics, read_units, write_units};
use crate::error::{no_resource, validation};
use crate::records::DynamoDb;
use crate::table_name::TableName;
use crate::write::{Write, WriteKind};

/// Items of a batch.
const MOST_WRITTEN: usize = 25;
const MOST_READ: usize = 100;
/// Bytes of the items that a batch gets; what is left is unprocessed.
const LARGEST: usize = 16 * 1024 * 1024;

/// `BatchWriteItem`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BatchWriteItem {
    request_items: BTreeMap<String, Vec<WriteRequest>>,
    return_consumed_capacity: Option<String>,
    return_item_collection_metrics: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WriteRequest {
    put_request: Option<PutRequest>,
    delete_request: Option<DeleteRequest>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutRequest {
    item: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteRequest {
    key: Map<String, Value>,
}

/// `BatchGetItem`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BatchGetItem {
    request_items: BTreeMap<String, KeysAndAttributes>,
    return_consumed_capacity: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeysAndAttributes {
    keys: Vec<Map<String, Value>>,
    #[serde(default)]
    consistent_read: bool,
    projection_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
}

impl WriteRequest {
    fn kind(&self) -> Result<WriteKind, AwsError> {
        match (&self.put_request, &self.delete_request) {
            (Some(put), None) => read_item(&put.item).map(WriteKind::Put),
            (None, Some(delete)) => read_item(&delete.key).map(WriteKind::Delete),
            (None, None) => Err(validation(
                "Supplied AttributeValue has an empty WriteRequest, must contain exactly one of the supported request types",
            )),
            _ => {
                let message = "Supplied AttributeValue has more than one WriteRequest set, must contain exactly one of the supported request types";
                Err(validation(message))
            }
        }
    }
}

impl DynamoDb {
    pub(crate) async fn batch_write_item(&self, call: &Call, input: BatchWriteItem) -> Result<Value, AwsError> {
        let report = Report::read(input.return_consumed_capacity.as_deref())?;
        if input.request_items.values().map(Vec::len).sum::<usize>() > MOST_WRITTEN {
            return Err(validation("Too many items requested for the BatchWriteItem call"));
        }
        let mut writes = Vec::new();
        for (given, requests) in &input.request_items {
            let table = TableName::read(call, given);
            for request in requests {
                writes.push(Write { table: table.clone(), kind: request.kind()?, condition: None, shows_failed: false });
            }
            let of_table: Vec<&Write> = writes.iter().filter(|write| write.table == table).collect();
            let access = Access {
                action: "BatchWriteItem",
                items: of_table.iter().map(|write| write.item()).collect(),
                attributes: of_table.iter().flat_map(|write| write.attributes()).collect(),
                return_capacity: input.return_consumed_capacity.clone(),
                ..Access::default()
            };
            self.authorize(call, &table, access)?;
            self.unlock(call, &table).await?;
        }
        let (mut consumed, mut metrics) = (BTreeMap::new(), BTreeMap::<String, Vec<Value>>::new());
        // Tables of other accounts are named by their ARN, and none of them is half written.
        for table in tables(&writes) {
            self.with(call, &table.account, |records| {
                let of_table: Vec<&Write> = writes.iter().filter(|write| write.table == *table).collect();
                let prepared: Vec<_> =
                    of_table.iter().map(|write| write.prepare_in_batch(records, call.now)).collect::<Result<_, _>>()?;
                let mut keys: Vec<_> = prepared.iter().map(|one| &one.key).collect();
                keys.sort();
                if keys.windows(2).any(|pair| pair.first() == pair.last()) {
                    return Err(validation("Provided list of item keys contains duplicates"));
                }
                for (write, one) in of_table.iter().zip(&prepared) {
                    let found = records.open_table(table, call.now)?;
                    let wanted = input.return_item_collection_metrics.as_deref();
                    metrics.entry(table.name.clone()).or_default().extend(collection_metrics(wanted, found, write.item())?);
                    one.make(call, table, records);
                }
                let units: f64 = prepared.iter().map(|one| write_units(one.size())).sum();
                consumed.insert(table.name.clone(), report.show(table, None, units));
                Ok(())
            })?;
        }
        let mut output = json!({ "UnprocessedItems": {} });
        metrics.retain(|_, of_table| !of_table.is_empty());
        add(&mut output, "ItemCollectionMetrics", (!metrics.is_empty()).then(|| json!(metrics)));
        add(&mut output, "ConsumedCapacity", all(consumed));
        Ok(output)
    }

    pub(crate) async fn batch_get_item(&self, call: &Call, input: BatchGetItem) -> Result<Value, AwsError> {
        let report = Report::read(input.return_consumed_capacity.as_deref())?;
        if input.request_items.values().map(|one| one.keys.len()).sum::<usize>() > MOST_READ {
            return Err(validation("Too many items requested for the BatchGetItem call"));
        }
        let (mut responses, mut unprocessed, mut consumed) = (Map::new(), Map::new(), BTreeMap::new());
        let mut bytes = 0;
        for (given, wanted) in input.request_items {
            let table = TableName::read(call, &given);
            let keys: Vec<Item> = wanted.keys.iter().map(read_item).collect::<Result<_, _>>()?;
            let projection = read_projection(wanted.projection_expression.as_deref(), wanted.expression_attribute_names.clone())?;
            let access = Access {
                action: "BatchGetItem",
                items: keys.iter().collect(),
                attributes: keys.iter().flat_map(BTreeMap::keys).cloned().chain(tops(projection.as_ref())).collect(),
                select: projection.is_some().then(|| "SPECIFIC_ATTRIBUTES".to_owned()),
                return_capacity: input.return_consumed_capacity.clone(),
                ..Access::default()
            };
            self.authorize(call, &table, access)?;
            self.unlock(call, &table).await?;
            let (mut items, mut left, mut units) = (Vec::new(), Vec::new(), 0.0);
            self.with_items(call, &table, |found| {
                let all: Vec<_> = keys.iter().map(|key| found.keys.of_request(key)).collect::<Result<_, _>>()?;
                let mut sorted: Vec<_> = all.iter().collect();
                sorted.sort();
                if sorted.windows(2).any(|pair| pair.first() == pair.last()) {
                    return Err(validation("Provided list of item keys contains duplicates"));
                }
                for (key, sent) in all.iter().zip(&keys) {
                    let item = found.get(key);
                    let size = item.map_or(0, item_size);
                    if bytes + size > LARGEST {
                        left.push(show_item(sent));
                        continue;
                    }
                    bytes += size;
                    units += read_units(size, wanted.consistent_read);
                    items.extend(item.map(|item| show_item(&projection.as_ref().map_or(item.clone(), |parts| parts.of(item)))));
                }
                Ok(())
            })?;
            if !left.is_empty() {
                let mut rest = json!({ "Keys": left, "ConsistentRead": wanted.consistent_read });
                add(&mut rest, "ProjectionExpression", wanted.projection_expression.map(Value::from));
                add(&mut rest, "ExpressionAttributeNames", wanted.expression_attribute_names.map(|names| json!(names)));
                unprocessed.insert(given.clone(), rest);
            }
            responses.insert(given, items.into());
            consumed.insert(table.name.clone(), report.show(&table, None, units));
        }
        let mut output = json!({ "Responses": responses, "UnprocessedKeys": unprocessed });
        add(&mut output, "ConsumedCapacity", all(consumed));
        Ok(output)
    }

    /// Refuses a table that is not there, before anything is done to another one.
    ///
    /// # Errors
    /// `ResourceNotFoundException`
    pub(crate) fn check_there(&self, call: &Call, table: &TableName) -> Result<(), AwsError> {
        let found = self.with(call, &table.account, |records| records.open_table(table, call.now).is_ok());
        if found { Ok(()) } else { Err(no_resource()) }
    }
}

/// Each table of these writes, once.
pub(crate) fn tables(writes: &[Write]) -> Vec<&TableName> {
    let mut found: Vec<&TableName> = Vec::new();
    for write in writes {
        if !found.contains(&&write.table) {
            found.push(&write.table);
        }
    }
    found
}

/// Adds a member to an output, if there is one.
pub(crate) fn add(output: &mut Value, member: &str, value: Option<Value>) {
    if let (Some(value), Some(members)) = (value, output.as_object_mut()) {
        members.insert(member.to_owned(), value);
    }
}

/// What all tables consumed; `None` if nobody asks.
pub(crate) fn all(consumed: BTreeMap<String, Option<Value>>) -> Option<Value> {
    let shown: Vec<Value> = consumed.into_values().flatten().collect();
    (!shown.is_empty()).then(|| shown.into())
}
