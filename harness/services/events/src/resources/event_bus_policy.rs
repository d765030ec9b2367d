//! `AWS::Events::EventBusPolicy`: a statement of the policy of a bus.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, pick, text};
use serde_json::{Value, json};

pub(super) struct EventBusPolicy;

#[async_trait]
impl ResourceProvider for EventBusPolicy {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["Action", "Condition", "EventBusName", "Principal", "Statement", "StatementId"],
                ..ResourceFacts::new("AWS::Events::EventBusPolicy")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let bus = properties.get("EventBusName").and_then(Value::as_str).unwrap_or("default");
        let id = format!("{bus}|{}", text(properties, "/StatementId"));
        put(context, bus, properties).await?;
        context.exists(&id);
        Ok(MadeResource::new(id, []))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let bus = properties.get("EventBusName").and_then(Value::as_str).unwrap_or("default");
        put(context, bus, properties).await?;
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = pick(&made.properties, &["EventBusName", "StatementId"]);
        context.unmake("events", "RemovePermission", input).await
    }
}

/// Sets the statement. A whole one goes into the policy that the bus has.
async fn put(context: &Context, bus: &str, properties: &Value) -> Result<()> {
    let id = text(properties, "/StatementId");
    let Some(Value::Object(statement)) = properties.get("Statement") else {
        let mut input = pick(properties, &["Action", "Condition", "Principal", "StatementId"]);
        input["EventBusName"] = bus.into();
        return context.make("events", "PutPermission", input).await.map(drop);
    };
    let described = context.make("events", "DescribeEventBus", json!({"Name": bus})).await?;
    let policy: Value = serde_json::from_str(&text(&described, "/Policy")).unwrap_or_default();
    let mut statements: Vec<Value> = policy.get("Statement").and_then(Value::as_array).cloned().unwrap_or_default();
    statements.retain(|one| one.get("Sid").and_then(Value::as_str) != Some(&id));
    let mut statement = statement.clone();
    statement.insert("Sid".to_owned(), id.into());
    statements.push(statement.into());
    let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    context.make("events", "PutPermission", json!({"EventBusName": bus, "Policy": document})).await.map(drop)
}
