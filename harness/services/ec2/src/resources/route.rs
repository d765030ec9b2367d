//! `AWS::EC2::Route`
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-route.html>

use async_trait::async_trait;
use nightproof_journal::Event;
use nightproof_resource::{Context, MadeResource, Reading, ResourceFacts, ResourceProvider, Result, Unread, pick, text};
use serde_json::{Value, json};

pub(super) struct Route;

#[async_trait]
impl ResourceProvider for Route {
    fn facts(&self) -> &'static ResourceFacts {
        const {
            &ResourceFacts {
                properties: &[
                    "DestinationCidrBlock",
                    "GatewayId",
                    "InstanceId",
                    "NatGatewayId",
                    "NetworkInterfaceId",
                    "RouteTableId",
                ],
                attributes: &["CidrBlock"],
                ..ResourceFacts::new("AWS::EC2::Route")
            }
        }
    }

    async fn create(&self, context: &Context, properties: &Value) -> Result<MadeResource> {
        context.make("ec2", "CreateRoute", properties.clone()).await?;
        let destination = text(properties, "/DestinationCidrBlock");
        let id = format!("{}|{destination}", text(properties, "/RouteTableId"));
        context.exists(&id);
        report_forwarding(context, properties);
        Ok(MadeResource::new(id, [("CidrBlock", destination.into())]))
    }

    async fn update(&self, context: &Context, old: &MadeResource, properties: &Value) -> Result<MadeResource> {
        context.make("ec2", "ReplaceRoute", properties.clone()).await?;
        report_forwarding(context, properties);
        Ok(old.clone())
    }

    async fn read(&self, context: &Context, made: &MadeResource) -> Reading {
        let (table, destination) = made.physical.split_once('|').ok_or(Unread::Gone)?;
        let input = json!({"RouteTableIds": [table]});
        let routes = context.read("ec2", "DescribeRouteTables", input, "/RouteTables/0/Routes").await?;
        let is_it = |route: &&Value| text(route, "/DestinationCidrBlock") == destination;
        let route = routes.as_array().and_then(|routes| routes.iter().find(is_it)).ok_or(Unread::Gone)?;
        let mut found = pick(route, &["DestinationCidrBlock", "GatewayId", "InstanceId", "NatGatewayId", "NetworkInterfaceId"]);
        // Of an instance and its interface the template names one.
        for name in ["InstanceId", "NetworkInterfaceId"] {
            if made.properties.get(name).is_none() {
                found[name] = Value::Null;
            }
        }
        found["CidrBlock"] = destination.into();
        found["RouteTableId"] = table.into();
        Ok(found)
    }

    fn physical_id(&self, _context: &Context, identifier: &Value) -> Option<String> {
        Some(format!("{}|{}", identifier.get("RouteTableId")?.as_str()?, identifier.get("CidrBlock")?.as_str()?))
    }

    async fn delete(&self, context: &Context, made: &MadeResource) -> Result<()> {
        let input = pick(&made.properties, &["RouteTableId", "DestinationCidrBlock"]);
        context.unmake("ec2", "DeleteRoute", input).await
    }
}

/// Tells the journal of a route through an instance: EC2 shows whether it could pass packets on, and only its own system whether it does.
fn report_forwarding(context: &Context, properties: &Value) {
    let through = ["InstanceId", "NetworkInterfaceId"].into_iter().find(|name| properties.get(name).is_some());
    if let Some(name) = through {
        let (logical_id, kind) = (context.logical_id().to_owned(), "AWS::EC2::Route".to_owned());
        let properties = vec![format!("{name} (its system is taken to forward packets)")];
        context.handle().journal().record(Event::Recorded { logical_id, kind, properties });
    }
}
