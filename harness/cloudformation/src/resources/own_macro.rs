//! `AWS::CloudFormation::Macro`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-macro.html>

use async_trait::async_trait;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result, text};
use serde_json::Value;

use crate::stack_record::worker;

pub(super) struct Macro;

#[async_trait]
impl ResourceProvider for Macro {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &["Description", "FunctionName", "Name"],
                naming: Some("Name"),
                recorded: &["LogGroupName", "LogRoleARN"],
                ..ResourceFacts::new("AWS::CloudFormation::Macro")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        let (name, function) = (text(properties, "/Name"), text(properties, "/FunctionName"));
        let account = context.account();
        let is_new = worker(context)?.service.with_macros(account, |macros| {
            let is_new = !macros.contains_key(&name);
            if is_new {
                macros.insert(name.clone(), function);
            }
            is_new
        });
        if !is_new {
            return Err(format!("Macro {account}::{name} already exists"));
        }
        context.exists(&name);
        Ok(MadeResource::new(name, []))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        let function = text(properties, "/FunctionName");
        worker(context)?.service.with_macros(context.account(), |macros| macros.insert(old.physical.clone(), function));
        Ok(old.clone())
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        worker(context)?.service.with_macros(context.account(), |macros| macros.remove(&made.physical));
        Ok(())
    }
}
