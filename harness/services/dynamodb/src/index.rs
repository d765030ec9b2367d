//! Secondary indexes. <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/SecondaryIndexes.html>

use jiff::Timestamp;
use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::attribute::Item;
use crate::error::{invalid_parameters, validation};
use crate::schema::{Definitions, KeySchema, KeySchemaElement};
use crate::throughput::{Billing, OnDemandThroughput, ProvisionedThroughput, WarmThroughput};

/// Attributes that indexes may include.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html>
const MOST_INCLUDED: usize = 100;

/// `Projection`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct IndexProjection {
    projection_type: Option<String>,
    #[serde(default)]
    non_key_attributes: Option<Vec<String>>,
}

/// `GlobalSecondaryIndex`
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GlobalSecondaryIndex {
    pub(crate) index_name: String,
    key_schema: Vec<KeySchemaElement>,
    projection: IndexProjection,
    pub(crate) provisioned_throughput: Option<ProvisionedThroughput>,
    on_demand_throughput: Option<OnDemandThroughput>,
    warm_throughput: Option<WarmThroughput>,
}

/// `LocalSecondaryIndex`
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LocalSecondaryIndex {
    pub(crate) index_name: String,
    key_schema: Vec<KeySchemaElement>,
    projection: IndexProjection,
}

/// What an index has that only a global one has.
#[derive(Debug, Clone)]
pub(crate) struct Capacity {
    pub(crate) provisioned: Option<ProvisionedThroughput>,
    pub(crate) on_demand: Option<OnDemandThroughput>,
    pub(crate) warm: Option<WarmThroughput>,
    /// Until when it is being made.
    pub(crate) settles: Timestamp,
}

/// An index.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) keys: KeySchema,
    projection: IndexProjection,
    /// `None` of a local one.
    pub(crate) global: Option<Capacity>,
}

impl IndexProjection {
    fn checked(mut self) -> Result<Self, AwsError> {
        let kind = self.projection_type.get_or_insert_with(|| "ALL".to_owned()).clone();
        AwsError::check_enumerated("projection.projectionType", &kind, &["ALL", "KEYS_ONLY", "INCLUDE"])?;
        match &self.non_key_attributes {
            Some(_) if kind != "INCLUDE" => {
                Err(invalid_parameters(format!("ProjectionType is {kind}, but NonKeyAttributes is specified")))
            }
            None if kind == "INCLUDE" => {
                Err(invalid_parameters("ProjectionType is INCLUDE, but NonKeyAttributes is not specified"))
            }
            Some(names) if names.len() > MOST_INCLUDED => {
                Err(invalid_parameters(format!("NonKeyAttributes must not have more than {MOST_INCLUDED} attributes")))
            }
            _ => Ok(self),
        }
    }

    fn show(&self) -> Value {
        let mut shown = json!({ "ProjectionType": self.projection_type });
        if let (Some(names), Some(members)) = (&self.non_key_attributes, shown.as_object_mut()) {
            members.insert("NonKeyAttributes".to_owned(), json!(names));
        }
        shown
    }
}

/// Refuses a name that no table and no index may have.
///
/// # Errors
/// `ValidationException`
pub(crate) fn check_name(member: &str, name: &str) -> Result<(), AwsError> {
    let fits = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    if (3..=255).contains(&name.len()) && name.chars().all(fits) {
        return Ok(());
    }
    Err(validation(format!(
        "Invalid {member}: Invalid table/index name.  Table/index names must be between 3 and 255 characters long, and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'"
    )))
}

impl Index {
    /// Reads a global index.
    ///
    /// # Errors
    /// `ValidationException`
    pub(crate) fn global(
        given: GlobalSecondaryIndex,
        defined: &Definitions,
        billing: Billing,
        settles: Timestamp,
    ) -> Result<Self, AwsError> {
        check_name("IndexName", &given.index_name)?;
        let provisioned = billing.checked(given.provisioned_throughput, Some(&given.index_name))?;
        let capacity = Capacity { provisioned, on_demand: given.on_demand_throughput, warm: given.warm_throughput, settles };
        Ok(Self {
            keys: KeySchema::read(&given.key_schema, defined, Some(&given.index_name))?,
            name: given.index_name,
            projection: given.projection.checked()?,
            global: Some(capacity),
        })
    }

    /// Reads a local index of a table with these keys.
    ///
    /// # Errors
    /// `ValidationException`
    pub(crate) fn local(given: LocalSecondaryIndex, defined: &Definitions, table: &KeySchema) -> Result<Self, AwsError> {
        check_name("IndexName", &given.index_name)?;
        if table.sort.is_none() {
            let message = "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex";
            return Err(invalid_parameters(message));
        }
        let keys = KeySchema::read(&given.key_schema, defined, Some(&given.index_name))?;
        if keys.sort.is_none() {
            let message = format!("Index KeySchema does not have a range key for index: {}", given.index_name);
            return Err(invalid_parameters(message));
        }
        if keys.partition != table.partition {
            let message = format!(
                "Index KeySchema does not have the same leading hash key as table KeySchema for index: {}. index hash key: {}, table hash key: {}",
                given.index_name, keys.partition.name, table.partition.name
            );
            return Err(invalid_parameters(message));
        }
        Ok(Self { keys, name: given.index_name, projection: given.projection.checked()?, global: None })
    }

    /// Whether the index has whole items.
    pub(crate) fn has_all(&self) -> bool {
        self.projection.projection_type.as_deref() == Some("ALL")
    }

    /// Whether the index has this attribute of items of a table with these keys.
    pub(crate) fn has(&self, attribute: &str, table: &KeySchema) -> bool {
        self.has_all()
            || self.keys.names().chain(table.names()).any(|name| name == attribute)
            || self.projection.non_key_attributes.iter().flatten().any(|name| name == attribute)
    }

    /// What the index has of an item.
    pub(crate) fn project(&self, item: &Item, table: &KeySchema) -> Item {
        item.iter().filter(|(name, _)| self.has(name, table)).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Whether it is being made or changed.
    pub(crate) fn is_settling(&self, now: Timestamp) -> bool {
        self.global.as_ref().is_some_and(|capacity| now < capacity.settles)
    }

    /// The description of an index; of how many of a table's items it has, `counts` tells the number and the bytes.
    pub(crate) fn describe(
        &self,
        table_arn: &str,
        billing: Billing,
        counts: (usize, usize),
        now: Timestamp,
        is_new: bool,
    ) -> Value {
        let mut shown = Map::new();
        let mut put = |name: &str, value: Value| shown.insert(name.to_owned(), value);
        put("IndexName", self.name.as_str().into());
        put("KeySchema", self.keys.show());
        put("Projection", self.projection.show());
        put("IndexArn", format!("{table_arn}/index/{}", self.name).into());
        put("ItemCount", counts.0.into());
        put("IndexSizeBytes", counts.1.into());
        if let Some(capacity) = &self.global {
            let settling = self.is_settling(now);
            put("IndexStatus", if settling { "CREATING" } else { "ACTIVE" }.into());
            put("ProvisionedThroughput", ProvisionedThroughput::describe(capacity.provisioned));
            if let Some(on_demand) = &capacity.on_demand {
                put("OnDemandThroughput", on_demand.show());
            }
            if !is_new || capacity.warm.is_some() {
                put("WarmThroughput", billing.warm(capacity.provisioned, capacity.warm, settling));
            }
        }
        shown.into()
    }

    /// As a backup describes the index of its table.
    pub(crate) fn describe_in_backup(&self) -> Value {
        let mut shown = json!({ "IndexName": self.name, "KeySchema": self.keys.show(), "Projection": self.projection.show() });
        if let (Some(Capacity { provisioned: Some(given), .. }), Some(members)) = (&self.global, shown.as_object_mut()) {
            members.insert("ProvisionedThroughput".to_owned(), given.show());
        }
        shown
    }
}
