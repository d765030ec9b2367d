//! `AWS::SSM::Parameter`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html>

use async_trait::async_trait;
use nightproof_resource::{
    Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, changed, pick, tag_list, text,
};
use serde_json::{Value, json};

use super::tags::change_tags;

/// What `PutParameter` takes, besides name and tags.
const PUT: [&str; 6] = ["Type", "Value", "Description", "AllowedPattern", "DataType", "Tier"];

pub(super) struct Parameter;

#[async_trait]
impl ResourceProvider for Parameter {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["AllowedPattern", "DataType", "Description", "Name", "Tags", "Tier", "Type", "Value"],
                naming: Some("Name"),
                attributes: &["Type", "Value"],
                ..ResourceFacts::new("AWS::SSM::Parameter")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let given = properties.get("Name").and_then(Value::as_str);
        let name = given.map_or_else(|| context.name_of_type(), str::to_owned);
        let mut input = pick(properties, &PUT);
        input["Name"] = name.as_str().into();
        input["Tags"] = tag_list(properties, "Key", "Value");
        context.make("ssm", "PutParameter", input).await?;
        context.exists(&name);
        Ok(made(&name, properties))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let (name, before) = (&old.physical, &old.properties);
        if PUT.into_iter().any(|property| changed(before, properties, property).is_some()) {
            let mut input = pick(properties, &PUT);
            input["Name"] = name.as_str().into();
            input["Overwrite"] = true.into();
            // What is not given stays as it is; a description that was taken out of the template is to go.
            if changed(before, properties, "Description").is_some() && properties.get("Description").is_none() {
                input["Description"] = "".into();
            }
            context.make("ssm", "PutParameter", input).await?;
        }
        change_tags(context, "Parameter", name, before, properties).await?;
        Ok(made(name, properties))
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let parameter = context.read("ssm", "GetParameter", json!({"Name": made.physical}), "/Parameter").await?;
        let mut found = pick(&parameter, &["DataType", "Name", "Type", "Value"]);
        let tags = json!({"ResourceType": "Parameter", "ResourceId": made.physical});
        found["Tags"] = context.read_part("ssm", "ListTagsForResource", tags, "/TagList").await?;
        Ok(found)
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        context.unmake("ssm", "DeleteParameter", json!({"Name": made.physical})).await
    }
}

fn made(name: &str, properties: &Value) -> MadeResource {
    MadeResource::new(name, [("Type", text(properties, "/Type").into()), ("Value", text(properties, "/Value").into())])
}
