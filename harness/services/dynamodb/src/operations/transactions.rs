//! Transactions. <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html>

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, Call};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::batches::{add, all, tables};
use super::items::{Expressions, read_projection, tops};
use crate::access::Access;
use crate::attribute::{item_size, read_item, show_item};
use crate::capacity::{Report, collection_metrics, read_units, write_units};
use crate::error::validation;
use crate::records::DynamoDb;
use crate::table_name::TableName;
use crate::write::{Prepared, Write, WriteKind};

/// `TransactWriteItems`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TransactWriteItems {
    transact_items: Vec<TransactWriteItem>,
    client_request_token: Option<String>,
    return_consumed_capacity: Option<String>,
    return_item_collection_metrics: Option<String>,
}

/// One of the members.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct TransactWriteItem {
    put: Option<Put>,
    update: Option<UpdateOne>,
    delete: Option<OfKey>,
    condition_check: Option<OfKey>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    table_name: String,
    item: Map<String, Value>,
    condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<Map<String, Value>>,
    return_values_on_condition_check_failure: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateOne {
    table_name: String,
    key: Map<String, Value>,
    update_expression: String,
    condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<Map<String, Value>>,
    return_values_on_condition_check_failure: Option<String>,
}

/// `Delete` and `ConditionCheck`
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct OfKey {
    table_name: String,
    key: Map<String, Value>,
    condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<Map<String, Value>>,
    return_values_on_condition_check_failure: Option<String>,
}

/// `TransactGetItems`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TransactGetItems {
    transact_items: Vec<TransactGetItem>,
    return_consumed_capacity: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TransactGetItem {
    get: Get,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Get {
    table_name: String,
    key: Map<String, Value>,
    projection_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
}

impl OfKey {
    fn write(self, call: &Call, kind: fn(crate::attribute::Item) -> WriteKind) -> Result<Write, AwsError> {
        let expressions = Expressions {
            update: None,
            condition: self.condition_expression.as_deref(),
            names: self.expression_attribute_names,
            values: self.expression_attribute_values.as_ref(),
            on_failure: self.return_values_on_condition_check_failure.as_deref(),
        };
        expressions.write(call, &self.table_name, |_| Ok(kind(read_item(&self.key)?)))
    }
}

impl TransactWriteItem {
    /// The permission that the write requires, and the write.
    fn write(self, call: &Call) -> Result<(&'static str, Write), AwsError> {
        match (self.put, self.update, self.delete, self.condition_check) {
            (Some(put), None, None, None) => {
                let expressions = Expressions {
                    update: None,
                    condition: put.condition_expression.as_deref(),
                    names: put.expression_attribute_names,
                    values: put.expression_attribute_values.as_ref(),
                    on_failure: put.return_values_on_condition_check_failure.as_deref(),
                };
                Ok(("PutItem", expressions.write(call, &put.table_name, |_| Ok(WriteKind::Put(read_item(&put.item)?)))?))
            }
            (None, Some(update), None, None) => {
                let expressions = Expressions {
                    update: Some(Some(&update.update_expression)),
                    condition: update.condition_expression.as_deref(),
                    names: update.expression_attribute_names,
                    values: update.expression_attribute_values.as_ref(),
                    on_failure: update.return_values_on_condition_check_failure.as_deref(),
                };
                let kind = |changes| Ok(WriteKind::Update(read_item(&update.key)?, changes));
                Ok(("UpdateItem", expressions.write(call, &update.table_name, kind)?))
            }
            (None, None, Some(delete), None) => Ok(("DeleteItem", delete.write(call, WriteKind::Delete)?)),
            (None, None, None, Some(check)) => Ok(("ConditionCheckItem", check.write(call, WriteKind::Check)?)),
            _ => Err(validation("TransactItems can only contain one of Check, Put, Update or Delete")),
        }
    }
}

impl DynamoDb {
    pub(crate) async fn transact_write_items(&self, call: &Call, input: TransactWriteItems) -> Result<Value, AwsError> {
        let report = Report::read(input.return_consumed_capacity.as_deref())?;
        let request = json!(input.transact_items);
        let mut writes = Vec::new();
        let mut actions = Vec::new();
        for item in input.transact_items {
            let (action, write) = item.write(call)?;
            actions.push(action);
            writes.push(write);
        }
        for (action, write) in actions.iter().zip(&writes) {
            let access = Access {
                action,
                enclosing: Some("TransactWriteItems"),
                items: vec![write.item()],
                attributes: write.attributes(),
                return_capacity: input.return_consumed_capacity.clone(),
                ..Access::default()
            };
            self.authorize(call, &write.table, access)?;
        }
        for table in tables(&writes) {
            self.check_there(call, table)?;
            self.unlock(call, table).await?;
        }
        let account = call.account();
        if let Some(foreign) = writes.iter().find(|write| write.table.account != account) {
            let what = format!("a transaction on {}, which is another account's", foreign.table.arn);
            return Err(AwsError::not_implemented("dynamodb", &what));
        }
        self.with(call, account, |records| {
            if let Some(token) = &input.client_request_token
                && let Some(made) = records.transaction(token)
            {
                return if *made == request {
                    Ok(json!({}))
                } else {
                    let message = "Idempotent parameter mismatch: a request with this ClientRequestToken has other parameters";
                    Err(AwsError::new("IdempotentParameterMismatchException", 400, message))
                };
            }
            let outcomes: Vec<Result<Prepared, AwsError>> = writes.iter().map(|write| write.prepare(records, call.now)).collect();
            if outcomes.iter().any(Result::is_err) {
                return Err(cancelled(&outcomes));
            }
            let prepared: Vec<Prepared> = outcomes.into_iter().flatten().collect();
            let mut keys: Vec<_> = writes.iter().zip(&prepared).map(|(write, one)| (&write.table.name, &one.key)).collect();
            keys.sort();
            if keys.windows(2).any(|pair| pair.first() == pair.last()) {
                return Err(validation("Transaction request cannot include multiple operations on one item"));
            }
            let (mut consumed, mut metrics) = (BTreeMap::<String, f64>::new(), BTreeMap::<String, Vec<Value>>::new());
            for (write, one) in writes.iter().zip(&prepared) {
                let table = records.open_table(&write.table, call.now)?;
                let wanted = input.return_item_collection_metrics.as_deref();
                let of_item = collection_metrics(wanted, table, write.item())?;
                metrics.entry(write.table.name.clone()).or_default().extend(of_item);
                one.make(call, &write.table, records);
                // Two for each: to prepare, and to commit.
                *consumed.entry(write.table.name.clone()).or_default() += 2.0 * write_units(one.size());
            }
            if let Some(token) = input.client_request_token {
                records.remember(token, request, call.now);
            }
            let mut output = json!({});
            metrics.retain(|_, of_table| !of_table.is_empty());
            add(&mut output, "ItemCollectionMetrics", (!metrics.is_empty()).then(|| json!(metrics)));
            let shown = |(name, units): (String, f64)| {
                let shown = report.show(&TableName::read(call, &name), None, units);
                (name, shown)
            };
            add(&mut output, "ConsumedCapacity", all(consumed.into_iter().map(shown).collect()));
            Ok(output)
        })
    }

    pub(crate) async fn transact_get_items(&self, call: &Call, input: TransactGetItems) -> Result<Value, AwsError> {
        let report = Report::read(input.return_consumed_capacity.as_deref())?;
        let (mut responses, mut consumed) = (Vec::new(), BTreeMap::<String, f64>::new());
        for TransactGetItem { get } in input.transact_items {
            let table = TableName::read(call, &get.table_name);
            let key = read_item(&get.key)?;
            let projection = read_projection(get.projection_expression.as_deref(), get.expression_attribute_names)?;
            let access = Access {
                action: "GetItem",
                enclosing: Some("TransactGetItems"),
                items: vec![&key],
                attributes: key.keys().cloned().chain(tops(projection.as_ref())).collect(),
                select: projection.is_some().then(|| "SPECIFIC_ATTRIBUTES".to_owned()),
                return_capacity: input.return_consumed_capacity.clone(),
                ..Access::default()
            };
            self.authorize(call, &table, access)?;
            self.unlock(call, &table).await?;
            let found = self.with_items(call, &table, |found| {
                let key = found.keys.of_request(&key)?;
                Ok(found.get(&key).cloned())
            })?;
            *consumed.entry(table.name).or_default() += 2.0 * read_units(found.as_ref().map_or(0, item_size), true);
            responses.push(match found {
                Some(item) => json!({ "Item": show_item(&projection.map_or(item.clone(), |parts| parts.of(&item))) }),
                None => json!({}),
            });
        }
        let mut output = json!({ "Responses": responses });
        let shown = |(name, units): (String, f64)| {
            let shown = report.show(&TableName::read(call, &name), None, units);
            (name, shown)
        };
        add(&mut output, "ConsumedCapacity", all(consumed.into_iter().map(shown).collect()));
        Ok(output)
    }
}

/// The error of a transaction of which a write cannot be made, with the reason of each.
fn cancelled(outcomes: &[Result<Prepared, AwsError>]) -> AwsError {
    let reason = |outcome: &Result<Prepared, AwsError>| match outcome {
        Ok(_) => json!({ "Code": "None" }),
        Err(error) => {
            let code = match error.code.as_str() {
                "ConditionalCheckFailedException" => "ConditionalCheckFailed",
                _ => "ValidationError",
            };
            let mut reason = json!({ "Code": code, "Message": error.message });
            add(&mut reason, "Item", error.fields.get("Item").cloned());
            reason
        }
    };
    let reasons: Vec<Value> = outcomes.iter().map(reason).collect();
    let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason.get("Code")?.as_str()).collect();
    let message = format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", "));
    AwsError::new("TransactionCanceledException", 400, message).with("CancellationReasons", reasons)
}
