//! `AWS::CloudFormation::WaitConditionHandle`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitconditionhandle.html>

use async_trait::async_trait;
use jiff::SignedDuration;
use nightproof_resource::{Context, MadeResource, ResourceFacts, ResourceProvider, Result};
use serde_json::Value;

use crate::mailbox::Inbox;
use crate::stack_record::worker;

/// How long a handle's address is good, as AWS has it.
const EXPIRES: SignedDuration = SignedDuration::from_secs(86_399);

pub(super) struct WaitConditionHandle;

#[async_trait]
impl ResourceProvider for WaitConditionHandle {
    fn facts(&self) -> &'static ResourceFacts {
        const { &ResourceFacts::new("AWS::CloudFormation::WaitConditionHandle") }
    }

    async fn create(&self, context: &Context, _properties: &Value) -> Result<MadeResource> {
        let worker = worker(context)?;
        let key = format!("{}/{}", worker.id, context.logical_id());
        let address = worker.service.mailbox.address(&worker.region, Inbox::WaitCondition, &key, EXPIRES).await?;
        context.exists(&address);
        Ok(MadeResource::new(address, []))
    }

    async fn delete(&self, context: &Context, _made: &MadeResource) -> Result<()> {
        let worker = worker(context)?;
        let key = format!("{}/{}", worker.id, context.logical_id());
        worker.service.mailbox.clear(&worker.region, Inbox::WaitCondition, &key).await;
        Ok(())
    }
}
