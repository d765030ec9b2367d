//! `UpdateTable`

use jiff::Timestamp;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::tables::check_class;
use crate::encryption::{Encryption, SseSpecification};
use crate::error::{invalid_parameters, validation};
use crate::index::{GlobalSecondaryIndex, Index};
use crate::records::DynamoDb;
use crate::schema::{AttributeDefinition, definitions};
use crate::stream::{Stream, StreamSpecification};
use crate::table::{SETTLES, Table, check_schema};
use crate::table_name::TableName;
use crate::throughput::{Billing, OnDemandThroughput, ProvisionedThroughput, WarmThroughput};

/// `UpdateTable`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateTable {
    table_name: String,
    attribute_definitions: Option<Vec<AttributeDefinition>>,
    billing_mode: Option<String>,
    provisioned_throughput: Option<ProvisionedThroughput>,
    on_demand_throughput: Option<OnDemandThroughput>,
    warm_throughput: Option<WarmThroughput>,
    global_secondary_index_updates: Option<Vec<IndexUpdate>>,
    stream_specification: Option<StreamSpecification>,
    #[serde(rename = "SSESpecification")]
    sse_specification: Option<SseSpecification>,
    table_class: Option<String>,
    deletion_protection_enabled: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IndexUpdate {
    create: Option<GlobalSecondaryIndex>,
    update: Option<IndexThroughput>,
    delete: Option<IndexName>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IndexThroughput {
    index_name: String,
    provisioned_throughput: Option<ProvisionedThroughput>,
    on_demand_throughput: Option<OnDemandThroughput>,
    warm_throughput: Option<WarmThroughput>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IndexName {
    index_name: String,
}

impl UpdateTable {
    fn is_empty(&self) -> bool {
        self.billing_mode.is_none()
            && self.provisioned_throughput.is_none()
            && self.on_demand_throughput.is_none()
            && self.warm_throughput.is_none()
            && self.global_secondary_index_updates.is_none()
            && self.stream_specification.is_none()
            && self.sse_specification.is_none()
            && self.table_class.is_none()
            && self.deletion_protection_enabled.is_none()
    }
}

impl DynamoDb {
    pub(crate) async fn update_table(&self, call: &Call, input: UpdateTable) -> Result<Value, AwsError> {
        if input.is_empty() {
            let message = "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates or DeletionProtectionEnabled or TableClass is required";
            return Err(validation(message));
        }
        check_class(input.table_class.as_deref())?;
        let name = TableName::read(call, &input.table_name);
        let view = input.stream_specification.as_ref().map(StreamSpecification::view).transpose()?;
        self.check_table(call, &name)?;
        let encryption = match &input.sse_specification {
            Some(given) => Some(Encryption::read(call, &name, Some(given)).await?),
            None => None,
        };
        self.with(call, &name.account, |records| {
            let table = records.table(&name)?;
            table.check_settled(call.now)?;
            // All of it, or nothing.
            let mut changed = table.clone();
            change_capacity(&mut changed, &input, call.now)?;
            change_indexes(&mut changed, &input, call.now)?;
            changed.class = input.table_class.clone().or(changed.class);
            changed.is_protected = input.deletion_protection_enabled.unwrap_or(changed.is_protected);
            let mut leaving = None;
            if let Some(encryption) = encryption {
                leaving = changed.encryption.take().filter(|_| encryption.is_none());
                changed.encryption = encryption;
            }
            let (mut begun, mut ended) = (None, None);
            match (view, changed.view) {
                (Some(Some(view)), None) => {
                    let stream = Stream::new(&changed.name, &changed.arn, &changed.keys, view, call.now);
                    changed.view = Some(view);
                    changed.latest_stream = Some((stream.label.clone(), stream.arn.clone()));
                    begun = Some(stream);
                }
                (Some(Some(_)), Some(_)) => {
                    return Err(validation(format!("Table already has an enabled stream: TableName: {}", name.name)));
                }
                (Some(None), Some(_)) => {
                    changed.view = None;
                    ended = changed.latest_stream.clone();
                }
                (Some(None), None) => {
                    return Err(validation(format!("Table does not have an enabled stream: TableName: {}", name.name)));
                }
                (None, _) => {}
            }
            changed.begin_change(call.now);
            let mut shown = changed.describe(call.now, false);
            if let (Some(leaving), Some(members)) = (leaving, shown.as_object_mut()) {
                members.insert("SSEDescription".to_owned(), leaving.describe_leaving());
            }
            *table = changed;
            records.streams.extend(begun.map(|stream| (stream.arn.clone(), stream)));
            if let Some(stream) = ended.and_then(|(_, arn)| records.streams.get_mut(&arn)) {
                stream.disabled = Some(call.now);
            }
            Ok(json!({ "TableDescription": shown }))
        })
    }
}

fn change_capacity(table: &mut Table, input: &UpdateTable, now: Timestamp) -> Result<(), AwsError> {
    let capacity = &mut table.capacity;
    if let Some(mode) = input.billing_mode.as_deref() {
        let billing = Billing::read(Some(mode))?;
        if billing != capacity.billing {
            capacity.provisioned = billing.checked(input.provisioned_throughput, None)?;
            if billing == Billing::PayPerRequest {
                capacity.on_demand_since = Some(now);
            }
            for index in table.indexes.iter_mut().filter_map(|index| index.global.as_mut()) {
                // Each gets its own by an update of the same request.
                index.provisioned = capacity.provisioned.filter(|_| billing == Billing::Provisioned);
            }
        }
        capacity.billing = billing;
    }
    if let Some(given) = input.provisioned_throughput {
        capacity.billing.checked(Some(given), None)?;
        if input.billing_mode.is_none() && capacity.provisioned == Some(given) && input.global_secondary_index_updates.is_none() {
            let message = format!(
                "The provisioned throughput for the table will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: {}. Requested ReadCapacityUnits: {}. Current WriteCapacityUnits provisioned for the table: {}. Requested WriteCapacityUnits: {}. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
                given.read_capacity_units, given.read_capacity_units, given.write_capacity_units, given.write_capacity_units
            );
            return Err(validation(message));
        }
        capacity.provisioned = Some(given);
    }
    capacity.on_demand = input.on_demand_throughput.or(capacity.on_demand);
    capacity.warm = input.warm_throughput.or(capacity.warm);
    Ok(())
}

fn change_indexes(table: &mut Table, input: &UpdateTable, now: Timestamp) -> Result<(), AwsError> {
    let Some(updates) = &input.global_secondary_index_updates else { return Ok(()) };
    let settles = now + SETTLES;
    if let Some(given) = &input.attribute_definitions {
        table.defined.extend(definitions(given)?);
    }
    let of_table = table.name.clone();
    let no_index = |name: &str| {
        let message = format!("Requested resource not found: Table: {of_table} does not have index: {name}");
        AwsError::new("ResourceNotFoundException", 400, message)
    };
    let (mut made, mut deleted) = (0, 0);
    for update in updates {
        match (&update.create, &update.update, &update.delete) {
            (Some(given), None, None) => {
                if table.indexes.iter().any(|index| index.name == given.index_name) {
                    let message = format!("Attempting to create an index which already exists: {}", given.index_name);
                    return Err(validation(message));
                }
                table.indexes.push(Index::global(given.clone(), &table.defined, table.capacity.billing, settles)?);
                made += 1;
            }
            (None, Some(given), None) => {
                let name = &given.index_name;
                let index = table.indexes.iter_mut().find(|index| index.name == *name).and_then(|index| index.global.as_mut());
                let index = index.ok_or_else(|| no_index(name))?;
                if let Some(throughput) = given.provisioned_throughput {
                    index.provisioned = table.capacity.billing.checked(Some(throughput), Some(name))?;
                }
                index.on_demand = given.on_demand_throughput.or(index.on_demand);
                index.warm = given.warm_throughput.or(index.warm);
            }
            (None, None, Some(given)) => {
                let is_it = |index: &Index| index.name == given.index_name && index.global.is_some();
                if !table.indexes.iter().any(is_it) {
                    return Err(no_index(&given.index_name));
                }
                table.indexes.retain(|index| !is_it(index));
                deleted += 1;
            }
            _ => {
                return Err(invalid_parameters(
                    "Only one of Create, Update or Delete can be specified in a GlobalSecondaryIndexUpdate",
                ));
            }
        }
    }
    if made + deleted > 1 {
        let message = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table";
        return Err(AwsError::new("LimitExceededException", 400, message));
    }
    // Attributes that no index uses any more are defined no more.
    let keys: Vec<String> =
        table.keys.names().chain(table.indexes.iter().flat_map(|index| index.keys.names())).map(str::to_owned).collect();
    if deleted > 0 {
        table.defined.retain(|name, _| keys.contains(name));
    }
    check_schema(&table.defined, &table.keys, &table.indexes)
}
