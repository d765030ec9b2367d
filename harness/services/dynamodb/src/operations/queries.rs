//! Queries and scans of tables and indexes.

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::items::tops;
use crate::access::Access;
use crate::attribute::{Item, item_size, read_item, show_item};
use crate::capacity::{Report, read_units};
use crate::error::validation;
use crate::expression::{Condition, KeyCondition, Path, Placeholders, Projection, SortCondition};
use crate::index::Index;
use crate::records::DynamoDb;
use crate::schema::{ItemKey, KeySchema};
use crate::table::Table;
use crate::table_name::TableName;

/// Bytes of items that one page looks at.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html>
const PAGE: usize = 1024 * 1024;

/// `Query`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Query {
    table_name: String,
    index_name: Option<String>,
    select: Option<String>,
    limit: Option<usize>,
    #[serde(default)]
    consistent_read: bool,
    scan_index_forward: Option<bool>,
    exclusive_start_key: Option<Map<String, Value>>,
    return_consumed_capacity: Option<String>,
    projection_expression: Option<String>,
    filter_expression: Option<String>,
    key_condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<Map<String, Value>>,
}

/// `Scan`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Scan {
    table_name: String,
    index_name: Option<String>,
    select: Option<String>,
    limit: Option<usize>,
    #[serde(default)]
    consistent_read: bool,
    exclusive_start_key: Option<Map<String, Value>>,
    return_consumed_capacity: Option<String>,
    projection_expression: Option<String>,
    filter_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<Map<String, Value>>,
    segment: Option<u64>,
    total_segments: Option<u64>,
}

/// What a query or a scan reads, once its expressions are parsed.
struct Reading<'a> {
    index: Option<&'a str>,
    select: Option<&'a str>,
    limit: Option<usize>,
    consistent: bool,
    forward: bool,
    start: Option<Item>,
    filter: Option<Condition>,
    projection: Option<Projection>,
    wanted: Wanted,
}

/// Which items.
enum Wanted {
    Keys(Box<KeyCondition>),
    /// Of all, this segment of so many.
    Segment(u64, u64),
}

/// An item's place: by the keys of what is read, then by those of its table.
type Place = (ItemKey, ItemKey);

/// A page of what was found.
struct Found {
    items: Vec<Item>,
    scanned: usize,
    bytes: usize,
    last: Option<Item>,
}

impl DynamoDb {
    pub(crate) async fn query(&self, call: &Call, input: Query) -> Result<Value, AwsError> {
        let table = TableName::read(call, &input.table_name);
        let Some(condition) = input.key_condition_expression.as_deref() else {
            return Err(validation(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
            ));
        };
        let members = [
            ("FilterExpression", input.filter_expression.as_deref()),
            ("KeyConditionExpression", Some(condition)),
            ("ProjectionExpression", input.projection_expression.as_deref()),
        ];
        let placeholders =
            Placeholders::read(input.expression_attribute_names, input.expression_attribute_values.as_ref(), &members)?;
        let keys = self.read_keys(call, &table, input.index_name.as_deref());
        // Without the table there are no keys to parse the condition by: who may not read it is not told so.
        let condition = keys.as_ref().ok().map(|keys| KeyCondition::parse(condition, &placeholders, keys)).transpose()?;
        let filter = read_filter(input.filter_expression.as_deref(), &placeholders)?;
        let projection = input.projection_expression.as_deref().map(|text| Projection::parse(text, &placeholders)).transpose()?;
        if condition.is_some() {
            placeholders.check_used()?;
        }
        let partition = keys
            .as_ref()
            .ok()
            .zip(condition.as_ref())
            .map(|(keys, condition)| Item::from([(keys.partition.name.clone(), condition.partition.clone())]));
        let access = Access {
            action: "Query",
            index: input.index_name.as_deref(),
            items: partition.iter().collect(),
            attributes: named(partition.as_ref(), filter.as_ref(), projection.as_ref()),
            select: input.select.clone().or_else(|| projection.is_some().then(|| "SPECIFIC_ATTRIBUTES".to_owned())),
            return_capacity: input.return_consumed_capacity.clone(),
            ..Access::default()
        };
        self.authorize(call, &table, access)?;
        self.unlock(call, &table).await?;
        let keys = keys?;
        if let Some(path) = filter.iter().flat_map(Condition::paths).find(|path| keys.names().any(|name| name == path.top)) {
            let message =
                format!("Filter Expression can only contain non-primary key attributes: Primary key attribute: {}", path.top);
            return Err(validation(message));
        }
        let Some(condition) = condition else { return Err(crate::error::no_resource()) };
        let reading = Reading {
            index: input.index_name.as_deref(),
            select: input.select.as_deref(),
            limit: input.limit,
            consistent: input.consistent_read,
            forward: input.scan_index_forward.unwrap_or(true),
            start: input.exclusive_start_key.as_ref().map(read_item).transpose()?,
            filter,
            projection,
            wanted: Wanted::Keys(Box::new(condition)),
        };
        self.read(call, &table, &reading, Report::read(input.return_consumed_capacity.as_deref())?)
    }

    pub(crate) async fn scan(&self, call: &Call, input: Scan) -> Result<Value, AwsError> {
        let table = TableName::read(call, &input.table_name);
        let members = [
            ("FilterExpression", input.filter_expression.as_deref()),
            ("ProjectionExpression", input.projection_expression.as_deref()),
        ];
        let placeholders =
            Placeholders::read(input.expression_attribute_names, input.expression_attribute_values.as_ref(), &members)?;
        let filter = read_filter(input.filter_expression.as_deref(), &placeholders)?;
        let projection = input.projection_expression.as_deref().map(|text| Projection::parse(text, &placeholders)).transpose()?;
        placeholders.check_used()?;
        let access = Access {
            action: "Scan",
            index: input.index_name.as_deref(),
            attributes: named(None, filter.as_ref(), projection.as_ref()),
            select: input.select.clone().or_else(|| projection.is_some().then(|| "SPECIFIC_ATTRIBUTES".to_owned())),
            return_capacity: input.return_consumed_capacity.clone(),
            ..Access::default()
        };
        self.authorize(call, &table, access)?;
        self.unlock(call, &table).await?;
        let reading = Reading {
            index: input.index_name.as_deref(),
            select: input.select.as_deref(),
            limit: input.limit,
            consistent: input.consistent_read,
            forward: true,
            start: input.exclusive_start_key.as_ref().map(read_item).transpose()?,
            filter,
            projection,
            wanted: segment(input.segment, input.total_segments)?,
        };
        self.read(call, &table, &reading, Report::read(input.return_consumed_capacity.as_deref())?)
    }

    /// The keys of a table or of its index.
    fn read_keys(&self, call: &Call, table: &TableName, index: Option<&str>) -> Result<KeySchema, AwsError> {
        self.with_items(call, table, |found| match index {
            Some(name) => found.index(name).map(|index| index.keys.clone()),
            None => Ok(found.keys.clone()),
        })
    }

    fn read(&self, call: &Call, table: &TableName, reading: &Reading<'_>, report: Report) -> Result<Value, AwsError> {
        self.with_items(call, table, |found| {
            let index = reading.index.map(|name| found.index(name)).transpose()?;
            check_selection(reading, found, index)?;
            let page = reading.page(found, index)?;
            let mut output = Map::new();
            let mut put = |name: &str, value: Value| output.insert(name.to_owned(), value);
            put("Count", page.items.len().into());
            put("ScannedCount", page.scanned.into());
            if reading.select != Some("COUNT") {
                put("Items", page.items.iter().map(|item| show_item(&reading.shown(item, found, index))).collect());
            }
            if let Some(key) = &page.last {
                put("LastEvaluatedKey", show_item(key));
            }
            let of_index = index.map(|index| (index.name.as_str(), index.global.is_some()));
            if let Some(consumed) = report.show(table, of_index, read_units(page.bytes, reading.consistent)) {
                put("ConsumedCapacity", consumed);
            }
            Ok(output.into())
        })
    }
}

impl Reading<'_> {
    /// The items of one page.
    fn page(&self, table: &Table, index: Option<&Index>) -> Result<Found, AwsError> {
        let start = self.start.as_ref().map(|start| place_of_start(start, table, index)).transpose()?;
        let mut places = self.places(table, index);
        if !self.forward {
            places.reverse();
        }
        let mut found = Found { items: Vec::new(), scanned: 0, bytes: 0, last: None };
        for (place, item) in places {
            if start.as_ref().is_some_and(|start| if self.forward { place <= *start } else { place >= *start }) {
                continue;
            }
            // A global index has nothing else of the item; of a local one the rest is fetched from the table.
            let visible = match index {
                Some(index) if index.global.is_some() => index.project(item, &table.keys),
                _ => item.clone(),
            };
            found.scanned += 1;
            found.bytes += item_size(&visible);
            if self.filter.as_ref().is_none_or(|filter| filter.holds(&visible)) {
                found.items.push(visible);
            }
            if self.limit.is_some_and(|limit| found.scanned >= limit) || found.bytes >= PAGE {
                let mut key = table.keys.select(item);
                key.extend(index.map(|index| index.keys.select(item)).unwrap_or_default());
                found.last = Some(key);
                break;
            }
        }
        Ok(found)
    }

    /// All items that are wanted, in order.
    fn places<'t>(&self, table: &'t Table, index: Option<&Index>) -> Vec<(Place, &'t Item)> {
        let keys = index.map_or(&table.keys, |index| &index.keys);
        let (partition, sort) = match &self.wanted {
            Wanted::Keys(condition) => {
                let item = Item::from([(keys.partition.name.clone(), condition.partition.clone())]);
                let first = KeySchema { partition: keys.partition.clone(), sort: None }.in_index(&item);
                (first, condition.sort.as_ref())
            }
            Wanted::Segment(..) => (None, None),
        };
        let has = |key: &ItemKey, item: &Item| match (&self.wanted, &partition) {
            (Wanted::Segment(segment, total), _) => (u128::from(key.hash) * u128::from(*total)) >> 64 == u128::from(*segment),
            (Wanted::Keys(_), Some(first)) => {
                key.partition == first.partition && sort.is_none_or(|sort: &SortCondition| sort.holds(item))
            }
            (Wanted::Keys(_), None) => false,
        };
        match (index, &partition) {
            (None, Some(first)) => {
                let from = table.items().range(first.clone()..).take_while(|(key, _)| key.partition == first.partition);
                from.filter(|(key, item)| has(key, item)).map(|(key, item)| ((key.clone(), key.clone()), item)).collect()
            }
            (None, None) => {
                let all = table.items().iter().filter(|(key, item)| has(key, item));
                all.map(|(key, item)| ((key.clone(), key.clone()), item)).collect()
            }
            (Some(index), _) => {
                let in_index = table.items().iter().filter_map(|(key, item)| Some((index.keys.in_index(item)?, key, item)));
                let mut places: Vec<(Place, &Item)> = in_index
                    .filter(|(place, _, item)| has(place, item))
                    .map(|(place, key, item)| ((place, key.clone()), item))
                    .collect();
                places.sort_by(|(one, _), (other, _)| one.cmp(other));
                places
            }
        }
    }

    /// What is answered of an item.
    fn shown(&self, item: &Item, table: &Table, index: Option<&Index>) -> Item {
        match (&self.projection, index) {
            (Some(parts), _) => parts.of(item),
            (None, Some(index)) if self.select != Some("ALL_ATTRIBUTES") => index.project(item, &table.keys),
            _ => item.clone(),
        }
    }
}

fn read_filter(text: Option<&str>, placeholders: &Placeholders) -> Result<Option<Condition>, AwsError> {
    text.map(|text| Condition::parse("FilterExpression", text, placeholders)).transpose()
}

/// The attributes that a request names.
fn named(keys: Option<&Item>, filter: Option<&Condition>, projection: Option<&Projection>) -> Vec<String> {
    let filtered = filter.into_iter().flat_map(Condition::paths).map(|path: &Path| path.top.clone());
    keys.into_iter().flat_map(BTreeMap::keys).cloned().chain(filtered).chain(tops(projection)).collect()
}

fn segment(segment: Option<u64>, total: Option<u64>) -> Result<Wanted, AwsError> {
    match (segment, total) {
        (None, None) => Ok(Wanted::Segment(0, 1)),
        (Some(segment), Some(total)) if segment < total => Ok(Wanted::Segment(segment, total)),
        (Some(segment), Some(total)) => Err(validation(format!(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: {segment} is not less than TotalSegments: {total}"
        ))),
        (Some(_), None) => Err(validation(
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
        )),
        (None, Some(_)) => Err(validation(
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
        )),
    }
}

/// The place of the key that a page begins behind.
fn place_of_start(start: &Item, table: &Table, index: Option<&Index>) -> Result<Place, AwsError> {
    let invalid = || validation("The provided starting key is invalid");
    let key = table.keys.of_request(&table.keys.select(start)).map_err(|_| invalid())?;
    let place = match index {
        Some(index) => index.keys.in_index(start).ok_or_else(invalid)?,
        None => key.clone(),
    };
    let mut names: Vec<&str> = table.keys.names().chain(index.into_iter().flat_map(|index| index.keys.names())).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() == start.len() { Ok((place, key)) } else { Err(invalid()) }
}

/// Refuses what cannot be selected.
fn check_selection(reading: &Reading<'_>, table: &Table, index: Option<&Index>) -> Result<(), AwsError> {
    let known = ["SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"];
    if let Some(select) = reading.select {
        AwsError::check_enumerated("select", select, &known)?;
    }
    let global = index.filter(|index| index.global.is_some());
    if global.is_some() && reading.consistent {
        return Err(validation("Consistent reads are not supported on global secondary indexes"));
    }
    match (reading.select, &reading.projection, index) {
        (Some("COUNT"), Some(_), _) => {
            Err(validation("Cannot specify the ProjectionExpression when choosing to get only the Count"))
        }
        (Some(select @ ("ALL_ATTRIBUTES" | "ALL_PROJECTED_ATTRIBUTES")), Some(_), _) => {
            Err(validation(format!("Cannot specify the ProjectionExpression when choosing to get {select}")))
        }
        (Some("SPECIFIC_ATTRIBUTES"), None, _) => {
            Err(validation("Must specify the ProjectionExpression or AttributesToGet when choosing to get SPECIFIC_ATTRIBUTES"))
        }
        (Some("ALL_PROJECTED_ATTRIBUTES"), None, None) => {
            Err(validation("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"))
        }
        (Some("ALL_ATTRIBUTES"), None, Some(index)) if global.is_some() && !index.has_all() => {
            Err(crate::error::invalid_parameters(format!(
                "Select type ALL_ATTRIBUTES is not supported for global secondary index {} because its projection type is not ALL",
                index.name
            )))
        }
        (_, Some(parts), Some(index)) if global.is_some() => {
            match parts.0.iter().find(|path| !index.has(&path.top, &table.keys)) {
                Some(path) => Err(crate::error::invalid_parameters(format!(
                    "Global secondary index {} does not project [{}]",
                    index.name, path.top
                ))),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}
