//! `AWS::DynamoDB::GlobalTable`: its table in this region. Replicas elsewhere are recorded.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, TagChange, tag_list, text};
use serde_json::{Map, Value, json};

use super::settings::{LONGEST_NAME, SERVICE, creation, delete, made, set_beside, settled, update};

pub(super) struct GlobalTable;

#[async_trait]
impl ResourceProvider for GlobalTable {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "AttributeDefinitions",
                    "BillingMode",
                    "GlobalSecondaryIndexes",
                    "KeySchema",
                    "LocalSecondaryIndexes",
                    "Replicas",
                    "SSESpecification",
                    "StreamSpecification",
                    "TableName",
                    "TimeToLiveSpecification",
                    "WarmThroughput",
                ],
                naming: Some("TableName"),
                members: &[
                    ("StreamSpecification", &["StreamViewType"]),
                    (
                        "GlobalSecondaryIndexes",
                        &[
                            "IndexName",
                            "KeySchema",
                            "KeySchema.AttributeName",
                            "KeySchema.KeyType",
                            "Projection",
                            "Projection.NonKeyAttributes",
                            "Projection.ProjectionType",
                            "WarmThroughput",
                            "WarmThroughput.ReadUnitsPerSecond",
                            "WarmThroughput.WriteUnitsPerSecond",
                        ],
                    ),
                    (
                        "Replicas",
                        &[
                            "DeletionProtectionEnabled",
                            "PointInTimeRecoverySpecification",
                            "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled",
                            "PointInTimeRecoverySpecification.RecoveryPeriodInDays",
                            "SSESpecification",
                            "SSESpecification.KMSMasterKeyId",
                            "TableClass",
                            "Tags",
                            "Tags.Key",
                            "Tags.Value",
                        ],
                    ),
                ],
                recorded: &[
                    "GlobalSecondaryIndexes.WriteOnDemandThroughputSettings",
                    "GlobalSecondaryIndexes.WriteProvisionedThroughputSettings",
                    "Replicas.ContributorInsightsSpecification",
                    "Replicas.GlobalSecondaryIndexes",
                    "Replicas.ReadOnDemandThroughputSettings",
                    "Replicas.ReadProvisionedThroughputSettings",
                    "Replicas.Region",
                    "WriteOnDemandThroughputSettings",
                    "WriteProvisionedThroughputSettings",
                ],
                attributes: &["Arn", "StreamArn", "TableId"],
                ..ResourceFacts::new("AWS::DynamoDB::GlobalTable")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "TableName", LONGEST_NAME);
        let own = of_region(context, properties)?;
        context.make(SERVICE, "CreateTable", creation(&name, &own, tag_list(&own, "Key", "Value"))).await?;
        context.exists(&name);
        let table = settled(context, &name).await?;
        set_beside(context, &name, &json!({}), &own).await?;
        Ok(made(&table))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (before, own) = (of_region(context, &old.properties)?, of_region(context, properties)?);
        let table = update(context, &old.physical, &before, &own).await?;
        let arn = text(&table, "/TableArn");
        TagChange::between(&before, &own).apply(context, SERVICE, ("ResourceArn", &arn)).await?;
        Ok(made(&table))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        delete(context, &made.physical).await
    }

    /// No table changes its key or its local indexes.
    fn replaces(&self, property: &str, _new: &Value) -> Option<bool> {
        matches!(property, "KeySchema" | "LocalSecondaryIndexes").then_some(true)
    }
}

/// The properties of the table in this region, in the form of `AWS::DynamoDB::Table`: what is common to all replicas, and what the one here
/// has of its own. Capacity that scales by itself begins at its least.
fn of_region(context: &Context, properties: &Value) -> Result<Value> {
    let replicas = properties.get("Replicas").and_then(Value::as_array);
    let here = replicas.into_iter().flatten().find(|replica| replica["Region"] == context.region());
    let Some(here) = here else {
        return Err(format!("Replicas must include the region of the stack, {}", context.region()));
    };
    let mut own = Map::new();
    for member in [
        "AttributeDefinitions",
        "BillingMode",
        "GlobalSecondaryIndexes",
        "KeySchema",
        "LocalSecondaryIndexes",
        "StreamSpecification",
        "TimeToLiveSpecification",
        "WarmThroughput",
    ] {
        own.extend(properties.get(member).map(|value| (member.to_owned(), value.clone())));
    }
    for member in ["DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "TableClass", "Tags"] {
        own.extend(here.get(member).map(|value| (member.to_owned(), value.clone())));
    }
    if let Some(given) = properties.get("SSESpecification") {
        let mut encryption = given.clone();
        if let (Some(key), Some(members)) = (here.pointer("/SSESpecification/KMSMasterKeyId"), encryption.as_object_mut()) {
            members.insert("KMSMasterKeyId".to_owned(), key.clone());
        }
        own.insert("SSESpecification".to_owned(), encryption);
    }
    if own.get("BillingMode").is_none_or(|mode| mode == "PROVISIONED") {
        let read = least(here.pointer("/ReadProvisionedThroughputSettings"), "ReadCapacity");
        let write = least(properties.get("WriteProvisionedThroughputSettings"), "WriteCapacity");
        own.insert("ProvisionedThroughput".to_owned(), json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": write }));
    }
    let provisioned = own.get("ProvisionedThroughput").cloned();
    for index in own.get_mut("GlobalSecondaryIndexes").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(members) = index.as_object_mut() {
            let write = members.remove("WriteProvisionedThroughputSettings");
            members.remove("WriteOnDemandThroughputSettings");
            if let Some(mut of_table) = provisioned.clone() {
                if write.is_some() {
                    of_table["WriteCapacityUnits"] = least(write.as_ref(), "WriteCapacity");
                }
                members.insert("ProvisionedThroughput".to_owned(), of_table);
            }
        }
    }
    Ok(own.into())
}

/// The units that are given, or the least of those that scale.
fn least(settings: Option<&Value>, what: &str) -> Value {
    let fixed = settings.and_then(|settings| settings.get(format!("{what}Units")));
    let scaled = settings.and_then(|settings| settings.pointer(&format!("/{what}AutoScalingSettings/MinCapacity")));
    fixed.or(scaled).cloned().unwrap_or_else(|| 1.into())
}
