//! `AWS::DynamoDB::Table`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, TagChange, tag_list, text};
use serde_json::{Value, json};

use super::settings::{LONGEST_NAME, SERVICE, creation, delete, made, read, set_beside, settled, update};

pub(super) struct Table;

#[async_trait]
impl ResourceProvider for Table {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "AttributeDefinitions",
                    "BillingMode",
                    "DeletionProtectionEnabled",
                    "GlobalSecondaryIndexes",
                    "KeySchema",
                    "LocalSecondaryIndexes",
                    "OnDemandThroughput",
                    "PointInTimeRecoverySpecification",
                    "ProvisionedThroughput",
                    "SSESpecification",
                    "StreamSpecification",
                    "TableClass",
                    "TableName",
                    "Tags",
                    "TimeToLiveSpecification",
                    "WarmThroughput",
                ],
                naming: Some("TableName"),
                members: &[("StreamSpecification", &["StreamViewType"])],
                recorded: &["ContributorInsightsSpecification", "GlobalSecondaryIndexes.ContributorInsightsSpecification"],
                attributes: &["Arn", "StreamArn"],
                ..ResourceFacts::new("AWS::DynamoDB::Table")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "TableName", LONGEST_NAME);
        context.make(SERVICE, "CreateTable", creation(&name, properties, tag_list(properties, "Key", "Value"))).await?;
        context.exists(&name);
        let table = settled(context, &name).await?;
        set_beside(context, &name, &json!({}), properties).await?;
        Ok(made(&table))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let table = update(context, &old.physical, &old.properties, properties).await?;
        let arn = text(&table, "/TableArn");
        TagChange::between(&old.properties, properties).apply(context, SERVICE, ("ResourceArn", &arn)).await?;
        Ok(made(&table))
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        read(context, &made.physical).await
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        delete(context, &made.physical).await
    }

    /// No table changes its key or its local indexes.
    fn replaces(&self, property: &str, _new: &Value) -> Option<bool> {
        matches!(property, "KeySchema" | "LocalSecondaryIndexes").then_some(true)
    }
}
