//! Tables: making, describing, listing and deleting them.

use nightproof_core::page::Page;
use nightproof_core::request_tags::Tag;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::tags::checked_tags;
use crate::backup::Backup;
use crate::encryption::{Encryption, SseSpecification};
use crate::error::{invalid_parameters, no_table, validation};
use crate::index::{GlobalSecondaryIndex, Index, LocalSecondaryIndex, check_name};
use crate::records::{Account, DynamoDb};
use crate::schema::{AttributeDefinition, KeySchema, KeySchemaElement, definitions};
use crate::stream::{Stream, StreamSpecification};
use crate::table::{Capacity, Course, NewTable, SETTLES, Table, check_schema};
use crate::table_name::TableName;
use crate::throughput::{Billing, OnDemandThroughput, ProvisionedThroughput, WarmThroughput};

/// Indexes of a table.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html#limits-secondary-indexes>
const MOST_GLOBAL: usize = 20;
const MOST_LOCAL: usize = 5;
/// Names of a page.
const NAMES: usize = 100;

/// `CreateTable`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateTable {
    table_name: String,
    #[serde(default)]
    attribute_definitions: Vec<AttributeDefinition>,
    #[serde(default)]
    key_schema: Vec<KeySchemaElement>,
    local_secondary_indexes: Option<Vec<LocalSecondaryIndex>>,
    global_secondary_indexes: Option<Vec<GlobalSecondaryIndex>>,
    billing_mode: Option<String>,
    provisioned_throughput: Option<ProvisionedThroughput>,
    on_demand_throughput: Option<OnDemandThroughput>,
    warm_throughput: Option<WarmThroughput>,
    stream_specification: Option<StreamSpecification>,
    #[serde(rename = "SSESpecification")]
    sse_specification: Option<SseSpecification>,
    #[serde(default)]
    tags: Vec<Tag>,
    table_class: Option<String>,
    #[serde(default)]
    deletion_protection_enabled: bool,
}

/// The input of operations that take a table and nothing else.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OneTable {
    pub(crate) table_name: String,
}

/// `DescribeTable`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html>
pub(crate) type DescribeTable = OneTable;

/// `DeleteTable`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html>
pub(crate) type DeleteTable = OneTable;

/// `ListTables`. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListTables {
    exclusive_start_table_name: Option<String>,
    limit: Option<usize>,
}

/// Refuses what is no class of tables.
///
/// # Errors
/// `ValidationException`
pub(crate) fn check_class(class: Option<&str>) -> Result<(), AwsError> {
    class.map_or(Ok(()), |class| AwsError::check_enumerated("tableClass", class, &["STANDARD", "STANDARD_INFREQUENT_ACCESS"]))
}

impl DynamoDb {
    pub(crate) async fn create_table(&self, call: &Call, input: CreateTable) -> Result<Value, AwsError> {
        let name = TableName::read(call, &input.table_name);
        if name.account != call.account() {
            return Err(AwsError::not_implemented("dynamodb", "a table in another account"));
        }
        check_name("TableName", &name.name)?;
        let billing = Billing::read(input.billing_mode.as_deref())?;
        let provisioned = billing.checked(input.provisioned_throughput, None)?;
        check_class(input.table_class.as_deref())?;
        let defined = definitions(&input.attribute_definitions)?;
        let keys = KeySchema::read(&input.key_schema, &defined, None)?;
        let indexes = read_indexes(&input, &defined, &keys, billing, call)?;
        check_schema(&defined, &keys, &indexes)?;
        let view = input.stream_specification.as_ref().map(StreamSpecification::view).transpose()?.flatten();
        let tags = checked_tags(call, input.tags)?;
        let exists = |records: &mut Account| {
            let message = format!("Table already exists: {}", name.name);
            let taken = records.tables.contains_key(&name.name);
            if taken { Err(AwsError::new("ResourceInUseException", 400, message)) } else { Ok(()) }
        };
        self.with(call, &name.account, exists)?;
        let encryption = Encryption::read(call, &name, input.sse_specification.as_ref()).await?;
        let table = Table::new(
            NewTable {
                name: name.name.clone(),
                arn: name.arn.clone(),
                defined,
                keys,
                indexes,
                capacity: Capacity {
                    billing,
                    on_demand_since: (billing == Billing::PayPerRequest).then_some(call.now),
                    provisioned,
                    on_demand: input.on_demand_throughput,
                    warm: input.warm_throughput,
                },
                view,
                encryption,
                class: input.table_class,
                is_protected: input.deletion_protection_enabled,
                tags: tags.into_iter().collect(),
            },
            call.now,
        );
        self.with(call, &name.account, |records| {
            exists(records)?;
            Ok(json!({ "TableDescription": records.add(call, table).describe(call.now, true) }))
        })
    }

    pub(crate) fn describe_table(&self, call: &Call, input: DescribeTable) -> Result<Value, AwsError> {
        self.with_table(call, &input.table_name, |table| {
            table.count(call.now);
            Ok(json!({ "Table": table.describe(call.now, false) }))
        })
    }

    pub(crate) fn list_tables(&self, call: &Call, input: ListTables) -> Result<Value, AwsError> {
        let names: Vec<String> = self.with(call, call.account(), |records| records.tables.keys().cloned().collect());
        let named = names.into_iter().map(|name| (name.clone(), Value::from(name)));
        let marker = input.exclusive_start_table_name.unwrap_or_default();
        let page = Page::after(&marker, input.limit.unwrap_or(NAMES), named);
        let mut output = Map::new();
        output.insert("TableNames".to_owned(), page.items.into());
        if let Some(last) = page.next {
            output.insert("LastEvaluatedTableName".to_owned(), last.into());
        }
        Ok(output.into())
    }

    pub(crate) fn delete_table(&self, call: &Call, input: DeleteTable) -> Result<Value, AwsError> {
        let name = TableName::read(call, &input.table_name);
        self.with(call, &name.account, |records| {
            let table = records.table(&name)?;
            if table.course == Course::Deleted {
                return Ok(json!({ "TableDescription": table.describe_deleted(call.now) }));
            }
            if table.is_protected {
                let message =
                    "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.";
                return Err(validation(message));
            }
            table.check_settled(call.now)?;
            table.course = Course::Deleted;
            table.settles = call.now + SETTLES;
            let shown = table.describe_deleted(call.now);
            // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
            let backup = table.point_in_time.is_some().then(|| Backup::of_deleted(table, call.now));
            let stream = table.view.take().and(table.latest_stream.clone());
            records.backups.extend(backup.map(|backup| (backup.arn.clone(), backup)));
            if let Some(stream) = stream.and_then(|(_, arn)| records.streams.get_mut(&arn)) {
                stream.disabled = Some(call.now);
            }
            Ok(json!({ "TableDescription": shown }))
        })
    }

    /// Refuses a table that there is not.
    ///
    /// # Errors
    /// `ResourceNotFoundException`
    pub(crate) fn check_table(&self, call: &Call, table: &TableName) -> Result<(), AwsError> {
        let there = self.with(call, &table.account, |records| records.table(table).is_ok());
        if there { Ok(()) } else { Err(no_table(&table.name)) }
    }
}

impl Account {
    /// Adds a table, and its stream if it is to have one.
    pub(crate) fn add(&mut self, call: &Call, mut table: Table) -> &Table {
        if let Some(view) = table.view {
            let stream = Stream::new(&table.name, &table.arn, &table.keys, view, call.now);
            table.latest_stream = Some((stream.label.clone(), stream.arn.clone()));
            self.streams.insert(stream.arn.clone(), stream);
        }
        self.tables.entry(table.name.clone()).insert_entry(table).into_mut()
    }
}

fn read_indexes(
    input: &CreateTable,
    defined: &crate::schema::Definitions,
    keys: &KeySchema,
    billing: Billing,
    call: &Call,
) -> Result<Vec<Index>, AwsError> {
    let mut indexes = Vec::new();
    for (member, given, most) in [
        ("LocalSecondaryIndex", input.local_secondary_indexes.as_ref().map(Vec::len), MOST_LOCAL),
        ("GlobalSecondaryIndex", input.global_secondary_indexes.as_ref().map(Vec::len), MOST_GLOBAL),
    ] {
        match given {
            Some(0) => return Err(invalid_parameters(format!("List of {member}es is empty"))),
            Some(count) if count > most => {
                return Err(invalid_parameters(format!("{member} count exceeds the per-table limit of {most}")));
            }
            _ => {}
        }
    }
    for index in input.local_secondary_indexes.iter().flatten() {
        indexes.push(Index::local(index.clone(), defined, keys)?);
    }
    for index in input.global_secondary_indexes.iter().flatten() {
        indexes.push(Index::global(index.clone(), defined, billing, call.now + SETTLES)?);
    }
    Ok(indexes)
}
