//! Single items: getting, putting, updating and deleting them.

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::access::Access;
use crate::attribute::{Item, item_size, read_item, show_item};
use crate::capacity::{Report, collection_metrics, read_units, write_units};
use crate::encryption;
use crate::error::validation;
use crate::expression::{Condition, Placeholders, Projection, Update};
use crate::records::DynamoDb;
use crate::table_name::TableName;
use crate::write::{Write, WriteKind};

/// `GetItem`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetItem {
    table_name: String,
    key: Map<String, Value>,
    #[serde(default)]
    consistent_read: bool,
    projection_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    return_consumed_capacity: Option<String>,
}

/// What the writes of single items have in common.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Returns {
    return_values: Option<String>,
    return_consumed_capacity: Option<String>,
    return_item_collection_metrics: Option<String>,
}

/// `PutItem`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutItem {
    table_name: String,
    item: Map<String, Value>,
    condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<Map<String, Value>>,
    return_values_on_condition_check_failure: Option<String>,
    return_values: Option<String>,
    return_consumed_capacity: Option<String>,
    return_item_collection_metrics: Option<String>,
}

/// `UpdateItem`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateItem {
    table_name: String,
    key: Map<String, Value>,
    update_expression: Option<String>,
    condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<Map<String, Value>>,
    return_values_on_condition_check_failure: Option<String>,
    return_values: Option<String>,
    return_consumed_capacity: Option<String>,
    return_item_collection_metrics: Option<String>,
}

/// `DeleteItem`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteItem {
    table_name: String,
    key: Map<String, Value>,
    condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<Map<String, Value>>,
    return_values_on_condition_check_failure: Option<String>,
    return_values: Option<String>,
    return_consumed_capacity: Option<String>,
    return_item_collection_metrics: Option<String>,
}

/// The expressions of a write.
#[derive(Debug, Default)]
pub(crate) struct Expressions<'a> {
    /// Of a write that may have one, whether it is given or not.
    pub(crate) update: Option<Option<&'a str>>,
    pub(crate) condition: Option<&'a str>,
    pub(crate) names: Option<BTreeMap<String, String>>,
    pub(crate) values: Option<&'a Map<String, Value>>,
    pub(crate) on_failure: Option<&'a str>,
}

impl Expressions<'_> {
    /// The write to a table that has them; its kind is made of the update, which is empty for a write that has none.
    ///
    /// # Errors
    /// `ValidationException`
    pub(crate) fn write(
        self,
        call: &Call,
        table: &str,
        kind: impl FnOnce(Update) -> Result<WriteKind, AwsError>,
    ) -> Result<Write, AwsError> {
        let (update, condition, shows_failed) = self.parse()?;
        Ok(Write { table: TableName::read(call, table), kind: kind(update)?, condition, shows_failed })
    }

    /// The update, the condition, and whether its failure shows the item.
    fn parse(self) -> Result<(Update, Option<Condition>, bool), AwsError> {
        let mut members = Vec::new();
        members.extend(self.update.map(|update| ("UpdateExpression", update)));
        members.push(("ConditionExpression", self.condition));
        let placeholders = Placeholders::read(self.names, self.values, &members)?;
        let update = self.update.flatten().map(|text| Update::parse(text, &placeholders)).transpose()?;
        let condition = self.condition.map(|text| Condition::parse("ConditionExpression", text, &placeholders)).transpose()?;
        placeholders.check_used()?;
        let on_failure = self.on_failure.unwrap_or("NONE");
        AwsError::check_enumerated("returnValuesOnConditionCheckFailure", on_failure, &["ALL_OLD", "NONE"])?;
        Ok((update.unwrap_or_default(), condition, on_failure == "ALL_OLD"))
    }
}

impl DynamoDb {
    /// Has the caller decrypt the key of a table that is under a customer's.
    ///
    /// # Errors
    /// KMS refuses.
    pub(crate) async fn unlock(&self, call: &Call, table: &TableName) -> Result<(), AwsError> {
        let key = self.look(&table.account, |records| {
            let found = records.tables.get(&table.name)?;
            found.encryption.as_ref()?.table_key().map(str::to_owned)
        });
        match key {
            Some(key) => encryption::unlock(call, table, &key).await,
            None => Ok(()),
        }
    }

    pub(crate) async fn get_item(&self, call: &Call, input: GetItem) -> Result<Value, AwsError> {
        let table = TableName::read(call, &input.table_name);
        let key = read_item(&input.key)?;
        let projection = read_projection(input.projection_expression.as_deref(), input.expression_attribute_names)?;
        let report = Report::read(input.return_consumed_capacity.as_deref())?;
        let access = Access {
            action: "GetItem",
            items: vec![&key],
            attributes: key.keys().cloned().chain(tops(projection.as_ref())).collect(),
            select: projection.is_some().then(|| "SPECIFIC_ATTRIBUTES".to_owned()),
            return_capacity: input.return_consumed_capacity,
            ..Access::default()
        };
        self.authorize(call, &table, access)?;
        self.unlock(call, &table).await?;
        let found = self.with_items(call, &table, |found| {
            let key = found.keys.of_request(&key)?;
            Ok(found.get(&key).cloned())
        })?;
        let mut output = Map::new();
        let units = read_units(found.as_ref().map_or(0, item_size), input.consistent_read);
        if let Some(item) = found {
            output.insert("Item".to_owned(), show_item(&projection.map_or(item.clone(), |parts| parts.of(&item))));
        }
        if let Some(consumed) = report.show(&table, None, units) {
            output.insert("ConsumedCapacity".to_owned(), consumed);
        }
        Ok(output.into())
    }

    pub(crate) async fn put_item(&self, call: &Call, input: PutItem) -> Result<Value, AwsError> {
        let item = read_item(&input.item)?;
        let expressions = Expressions {
            condition: input.condition_expression.as_deref(),
            names: input.expression_attribute_names,
            values: input.expression_attribute_values.as_ref(),
            on_failure: input.return_values_on_condition_check_failure.as_deref(),
            ..Expressions::default()
        };
        let write = expressions.write(call, &input.table_name, |_| Ok(WriteKind::Put(item)))?;
        let returns = Returns {
            return_values: input.return_values,
            return_consumed_capacity: input.return_consumed_capacity,
            return_item_collection_metrics: input.return_item_collection_metrics,
        };
        self.write_one(call, "PutItem", &write, returns).await
    }

    pub(crate) async fn delete_item(&self, call: &Call, input: DeleteItem) -> Result<Value, AwsError> {
        let key = read_item(&input.key)?;
        let expressions = Expressions {
            condition: input.condition_expression.as_deref(),
            names: input.expression_attribute_names,
            values: input.expression_attribute_values.as_ref(),
            on_failure: input.return_values_on_condition_check_failure.as_deref(),
            ..Expressions::default()
        };
        let write = expressions.write(call, &input.table_name, |_| Ok(WriteKind::Delete(key)))?;
        let returns = Returns {
            return_values: input.return_values,
            return_consumed_capacity: input.return_consumed_capacity,
            return_item_collection_metrics: input.return_item_collection_metrics,
        };
        self.write_one(call, "DeleteItem", &write, returns).await
    }

    pub(crate) async fn update_item(&self, call: &Call, input: UpdateItem) -> Result<Value, AwsError> {
        let key = read_item(&input.key)?;
        let expressions = Expressions {
            update: Some(input.update_expression.as_deref()),
            condition: input.condition_expression.as_deref(),
            names: input.expression_attribute_names,
            values: input.expression_attribute_values.as_ref(),
            on_failure: input.return_values_on_condition_check_failure.as_deref(),
        };
        let write = expressions.write(call, &input.table_name, |update| Ok(WriteKind::Update(key, update)))?;
        let returns = Returns {
            return_values: input.return_values,
            return_consumed_capacity: input.return_consumed_capacity,
            return_item_collection_metrics: input.return_item_collection_metrics,
        };
        self.write_one(call, "UpdateItem", &write, returns).await
    }

    async fn write_one(&self, call: &Call, action: &'static str, write: &Write, returns: Returns) -> Result<Value, AwsError> {
        let wanted = returns.return_values.as_deref().unwrap_or("NONE");
        AwsError::check_enumerated("returnValues", wanted, &["ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"])?;
        let is_update = matches!(write.kind, WriteKind::Update(..));
        if !is_update && !["NONE", "ALL_OLD"].contains(&wanted) {
            return Err(validation("ReturnValues can only be ALL_OLD or NONE"));
        }
        let report = Report::read(returns.return_consumed_capacity.as_deref())?;
        let access = Access {
            action,
            items: vec![write.item()],
            attributes: write.attributes(),
            return_values: returns.return_values.clone(),
            return_capacity: returns.return_consumed_capacity.clone(),
            ..Access::default()
        };
        self.authorize(call, &write.table, access)?;
        self.unlock(call, &write.table).await?;
        self.with(call, &write.table.account, |records| {
            let prepared = write.prepare(records, call.now)?;
            let table = records.open_table(&write.table, call.now)?;
            let metrics = collection_metrics(returns.return_item_collection_metrics.as_deref(), table, write.item())?;
            prepared.make(call, &write.table, records);
            let updated = |item: Option<&Item>| {
                let WriteKind::Update(_, update) = &write.kind else { return None };
                item.map(|item| Projection(update.paths().cloned().collect()).of(item))
            };
            let shown = match wanted {
                "ALL_OLD" => prepared.old.clone(),
                "ALL_NEW" => prepared.new.clone(),
                "UPDATED_OLD" => updated(prepared.old.as_ref()),
                "UPDATED_NEW" => updated(prepared.new.as_ref()),
                _ => None,
            };
            let mut output = Map::new();
            if let Some(item) = shown.filter(|item| !item.is_empty()) {
                output.insert("Attributes".to_owned(), show_item(&item));
            }
            if let Some(consumed) = report.show(&write.table, None, write_units(prepared.size())) {
                output.insert("ConsumedCapacity".to_owned(), consumed);
            }
            if let Some(metrics) = metrics {
                output.insert("ItemCollectionMetrics".to_owned(), metrics);
            }
            Ok(output.into())
        })
    }
}

/// The projection of a request that has no other expression.
///
/// # Errors
/// `ValidationException`
pub(crate) fn read_projection(
    text: Option<&str>,
    names: Option<BTreeMap<String, String>>,
) -> Result<Option<Projection>, AwsError> {
    let placeholders = Placeholders::read(names, None, &[("ProjectionExpression", text)])?;
    let projection = text.map(|text| Projection::parse(text, &placeholders)).transpose()?;
    placeholders.check_used()?;
    Ok(projection)
}

/// The attributes that a projection names.
pub(crate) fn tops(projection: Option<&Projection>) -> Vec<String> {
    projection.iter().flat_map(|parts| &parts.0).map(|path| path.top.clone()).collect()
}
