//! The service `ec2`: the VPC family, addresses, images and instances. A running instance has a machine.

mod address;
mod authorization;
mod boot;
mod cidr;
mod connections;
mod ec2;
mod error;
mod filter;
mod image;
mod imds;
mod instance;
mod instance_attribute;
mod instance_handle;
mod instance_profile;
mod instance_type;
mod internet_gateway;
mod lifecycle;
mod metadata_options;
mod place;
mod reachable;
mod records;
mod resources;
mod route_table;
mod run_instances;
mod sandbox;
mod security_group;
mod subnet;
mod tag;
mod uplink;
mod volume;
mod vpc;
mod way;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::Region;
use nightproof_core::document::{Members as _, whole_seconds};
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::{Value, json};

pub use boot::{BootError, Booter, Ended, Launch, NoMachines, Running};
pub use ec2::Ec2;
use instance::Instance;
use lifecycle::Turn;
use records::Records;
pub use resources::resource_types;
pub use sandbox::Sandboxes;
use security_group::Direction;

/// An operation that works on records alone.
fn on_records(records: &mut Records, operation: &str, input: &Value) -> Result<Value, AwsError> {
    match operation {
        "CreateVpc" => vpc::create(records, input),
        "DeleteVpc" => vpc::delete(records, input),
        "DescribeVpcs" => vpc::describe(records, input),
        "ModifyVpcAttribute" => vpc::modify_attribute(records, input),
        "DescribeVpcAttribute" => vpc::describe_attribute(records, input),

        "CreateSubnet" => subnet::create(records, input),
        "DeleteSubnet" => subnet::delete(records, input),
        "DescribeSubnets" => subnet::describe(records, input),
        "ModifySubnetAttribute" => subnet::modify_attribute(records, input),

        "CreateInternetGateway" => internet_gateway::create(records, input),
        "DeleteInternetGateway" => internet_gateway::delete(records, input),
        "DescribeInternetGateways" => internet_gateway::describe(records, input),
        "AttachInternetGateway" => internet_gateway::attach(records, input),
        "DetachInternetGateway" => internet_gateway::detach(records, input),

        "CreateRouteTable" => route_table::create(records, input),
        "DeleteRouteTable" => route_table::delete(records, input),
        "DescribeRouteTables" => route_table::describe(records, input),
        "CreateRoute" => route_table::create_route(records, input),
        "ReplaceRoute" => route_table::replace_route(records, input),
        "DeleteRoute" => route_table::delete_route(records, input),
        "AssociateRouteTable" => route_table::associate(records, input),
        "DisassociateRouteTable" => route_table::disassociate(records, input),
        "ReplaceRouteTableAssociation" => route_table::replace_association(records, input),

        "CreateSecurityGroup" => security_group::create(records, input),
        "DeleteSecurityGroup" => security_group::delete(records, input),
        "DescribeSecurityGroups" => security_group::describe(records, input),
        "DescribeSecurityGroupRules" => security_group::describe_rules(records, input),
        "AuthorizeSecurityGroupIngress" => security_group::authorize(records, Direction::Ingress, input),
        "AuthorizeSecurityGroupEgress" => security_group::authorize(records, Direction::Egress, input),
        "RevokeSecurityGroupIngress" => security_group::revoke(records, Direction::Ingress, input),
        "RevokeSecurityGroupEgress" => security_group::revoke(records, Direction::Egress, input),
        "UpdateSecurityGroupRuleDescriptionsIngress" => security_group::update_descriptions(records, Direction::Ingress, input),
        "UpdateSecurityGroupRuleDescriptionsEgress" => security_group::update_descriptions(records, Direction::Egress, input),

        "AllocateAddress" => address::allocate(records, input),
        "ReleaseAddress" => address::release(records, input),
        "AssociateAddress" => address::associate(records, input),
        "DisassociateAddress" => address::disassociate(records, input),
        "DescribeAddresses" => address::describe(records, input),

        "CreateTags" => tag::create(records, input),
        "DeleteTags" => tag::delete(records, input),
        "DescribeTags" => tag::describe(records, input),

        "DescribeImages" => image::describe(input),
        "DescribeInstanceTypes" => instance_type::describe(input),
        "DescribeInstanceTypeOfferings" => instance_type::describe_offerings(records, input),
        "DescribeAvailabilityZones" => place::describe_zones(records, input),
        "DescribeRegions" => place::describe_regions(records, input),
        "DescribeAccountAttributes" => place::describe_account(records, input),
        "DescribeKeyPairs" => match input.texts("KeyNames").first().or(input.texts("KeyPairIds").first()) {
            Some(name) => Err(error::error("InvalidKeyPair.NotFound", format!("The key pair '{name}' does not exist"))),
            None => filter::filtered(Vec::new(), input, &[("key-name", "KeyName")]).map(|none| json!({ "KeyPairs": none })),
        },

        "DescribeInstances" => instance::describe(records, input),
        "DescribeInstanceStatus" => instance::describe_status(records, input),
        "DescribeNetworkInterfaces" => instance::describe_interfaces(records, input),
        "DescribeVolumes" => volume::describe(records, input),
        "DescribeInstanceAttribute" => instance_attribute::describe(records, input),
        "ModifyInstanceAttribute" => instance_attribute::modify(records, input),
        "ModifyInstanceMetadataOptions" => instance_attribute::modify_metadata_options(records, input),
        "DisassociateIamInstanceProfile" => instance_profile::disassociate(records, input),
        "DescribeIamInstanceProfileAssociations" => instance_profile::describe(records, input),
        _ => Err(AwsError::not_implemented("ec2", operation)),
    }
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html>
fn dry_run() -> AwsError {
    AwsError::new("DryRunOperation", 412, "Request would have succeeded, but DryRun flag is set.")
}

impl Ec2 {
    async fn dispatch(self: &Arc<Self>, call: &Call, operation: &str, input: &Value) -> Result<Value, AwsError> {
        let (region, account) = (&call.region, call.account());
        let dry = input.flag("DryRun") == Some(true);
        if call.http.is_some() {
            tag::check_reserved(input)?;
        }
        self.with_records(region, account, |records| lifecycle::forget_old(records, call.now));
        let turn = match operation {
            "StartInstances" => Some(Turn::Start),
            "StopInstances" => Some(Turn::Stop),
            "RebootInstances" => Some(Turn::Reboot),
            "TerminateInstances" => Some(Turn::Terminate),
            _ => None,
        };
        if let Some(turn) = turn {
            if dry {
                self.with_records(region, account, |records| lifecycle::change(&mut records.clone(), turn, input, call.now))?;
                return Err(dry_run());
            }
            return self.turn(call, turn, input);
        }
        match operation {
            "RunInstances" => {
                let profile = instance_profile::named(call, input).await?;
                let input = &image::resolved(call, input.clone()).await?;
                if dry {
                    self.with_records(region, account, |records| run_instances::run(&mut records.clone(), call, input, profile))?;
                    return Err(dry_run());
                }
                let (output, launched) = self.with_records(region, account, |records| {
                    // A refusal leaves nothing behind, not even of the first of several instances.
                    let mut changed = records.clone();
                    let result = run_instances::run(&mut changed, call, input, profile)?;
                    *records = changed;
                    Ok::<_, AwsError>(result)
                })?;
                for id in launched {
                    self.boot(region, account, &id);
                }
                Ok(output)
            }
            "AssociateIamInstanceProfile" | "ReplaceIamInstanceProfileAssociation" => {
                let profile = instance_profile::named(call, input).await?.ok_or_else(|| error::missing("iamInstanceProfile"))?;
                self.with_records(region, account, |records| {
                    if operation == "AssociateIamInstanceProfile" {
                        instance_profile::associate(records, input, profile)
                    } else {
                        instance_profile::replace(records, input, profile)
                    }
                })
            }
            "GetConsoleOutput" => self.console_output(call, input).await,
            _ => {
                let output = self.with_records(region, account, |records| {
                    let mut changed = records.clone();
                    let output = on_records(&mut changed, operation, input)?;
                    if dry {
                        return Err(dry_run());
                    }
                    *records = changed;
                    Ok(output)
                })?;
                if !operation.starts_with("Describe") {
                    self.publish(region, account);
                    self.relink(region, account);
                }
                Ok(output)
            }
        }
    }
}

#[async_trait]
impl Service for Ec2 {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let Some(this) = self.this.upgrade() else { return Err(AwsError::internal("the service is going down")) };
        let call = Call { now: whole_seconds(call.now), ..call.clone() };
        this.dispatch(&call, operation, &input).await.map(Reply::from)
    }

    async fn resources(&self, call: &Call, kind: &str, input: &Value) -> Vec<String> {
        self.named_resources(call, kind, input).await
    }

    async fn tagged(&self, call: &Call) -> Vec<Tagged> {
        self.tagged_resources(call)
    }

    fn resource_tags(&self, account: &str, arn: &str) -> Vec<(String, String)> {
        self.tags_of(account, arn)
    }

    fn instances(&self, region: &Region, account: &str) -> Vec<nightproof_core::service::Instance> {
        self.with_records(region, account, |records| {
            let seen = |instance: &Instance| nightproof_core::service::Instance {
                id: instance.id.clone(),
                state: instance.state.name().to_owned(),
                tags: records.tags.get(&instance.id).into_iter().flatten().cloned().collect(),
            };
            records.instances.values().map(seen).collect()
        })
    }
}
