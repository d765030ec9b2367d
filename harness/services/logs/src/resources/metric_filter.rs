//! `AWS::Logs::MetricFilter`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-metricfilter.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, Unread, capitalized, items, text,
};
use serde_json::{Map, Value, json};

pub(super) struct MetricFilter;

#[async_trait]
impl ResourceProvider for MetricFilter {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["FilterName", "FilterPattern", "LogGroupName", "MetricTransformations"],
                naming: Some("FilterName"),
                ..ResourceFacts::new("AWS::Logs::MetricFilter")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let name = context.name_or(properties, "FilterName", 512);
        put(context, &name, properties).await?;
        context.exists(&name);
        Ok(MadeResource::new(name, []))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        put(context, &old.physical, properties).await?;
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let group = text(&made.properties, "/LogGroupName");
        let input = json!({"logGroupName": group, "filterNamePrefix": made.physical});
        let filters = context.read_part("logs", "DescribeMetricFilters", input, "/metricFilters").await?;
        let is_it = |filter: &&Value| text(filter, "/filterName") == made.physical;
        let filter = filters.as_array().and_then(|filters| filters.iter().find(is_it)).ok_or(Unread::Gone)?;
        Ok(json!({
            "FilterName": made.physical,
            "FilterPattern": filter.get("filterPattern"),
            "LogGroupName": group,
            "MetricTransformations": items(filter, "/metricTransformations", given_transformation),
        }))
    }

    fn physical_id(&self, _context: &Context, identifier: &Value) -> Option<String> {
        identifier.get("FilterName").and_then(Value::as_str).map(str::to_owned)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = json!({"logGroupName": text(&made.properties, "/LogGroupName"), "filterName": made.physical});
        context.unmake("logs", "DeleteMetricFilter", input).await
    }
}

async fn put(context: &Context, name: &str, properties: &Value) -> Result<()> {
    let transformations = properties.get("MetricTransformations").and_then(Value::as_array).into_iter().flatten();
    let input = json!({
        "logGroupName": properties.get("LogGroupName"),
        "filterName": name,
        "filterPattern": properties.get("FilterPattern"),
        "metricTransformations": transformations.map(transformation).collect::<Vec<_>>(),
    });
    context.make("logs", "PutMetricFilter", input).await.map(drop)
}

/// A transformation, as a template has it.
fn given_transformation(found: &Value) -> Value {
    let Value::Object(mut given) = capitalized(found) else { return Value::Null };
    given.remove("Dimensions");
    let dimensions = found.get("dimensions").and_then(Value::as_object).filter(|dimensions| !dimensions.is_empty());
    if let Some(dimensions) = dimensions {
        let pairs = dimensions.iter().map(|(key, value)| json!({"Key": key, "Value": value}));
        given.insert("Dimensions".to_owned(), pairs.collect());
    }
    Value::Object(given)
}

/// A transformation, as the call has it: dimensions are a map there, and a list in a template.
fn transformation(given: &Value) -> Value {
    let mut input = Map::new();
    for (member, property) in [
        ("metricName", "MetricName"),
        ("metricNamespace", "MetricNamespace"),
        ("metricValue", "MetricValue"),
        ("defaultValue", "DefaultValue"),
        ("unit", "Unit"),
    ] {
        input.extend(given.get(property).filter(|value| !value.is_null()).map(|value| (member.to_owned(), value.clone())));
    }
    if let Some(dimensions) = given.get("Dimensions").and_then(Value::as_array) {
        let pair = |one: &Value| (text(one, "/Key").to_owned(), one.get("Value").cloned().unwrap_or_default());
        input.insert("dimensions".to_owned(), Value::Object(dimensions.iter().map(pair).collect()));
    }
    Value::Object(input)
}
