//! The service's operations by name, and what other services ask of its records.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use nightproof_core::Region;
use nightproof_core::document::{Members as _, whole_seconds};
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use serde_json::Value;

use crate::ec2::Ec2;
use crate::error::{dry_run, missing};
use crate::operations::instance_states::{self, StateChange};
use crate::operations::{
    addresses, images, instance_attributes, instance_profiles, instance_types, instances, internet_gateways, key_pairs,
    nat_gateways, regions, route_tables, security_group_rules, security_groups, subnets, tags, volumes, vpcs,
};
use crate::records::{Direction, Instance, Records};
use crate::{lifecycle, request_tags};

/// An operation that works on records alone.
fn on_records(records: &mut Records, operation: &str, input: &Value, now: Timestamp) -> Result<Value, AwsError> {
    match operation {
        "CreateVpc" => vpcs::create(records, input),
        "DeleteVpc" => vpcs::delete(records, input),
        "DescribeVpcs" => vpcs::describe(records, input),
        "ModifyVpcAttribute" => vpcs::modify_attribute(records, input),
        "DescribeVpcAttribute" => vpcs::describe_attribute(records, input),

        "CreateSubnet" => subnets::create(records, input),
        "DeleteSubnet" => subnets::delete(records, input),
        "DescribeSubnets" => subnets::describe(records, input),
        "ModifySubnetAttribute" => subnets::modify_attribute(records, input),

        "CreateInternetGateway" => internet_gateways::create(records, input),
        "DeleteInternetGateway" => internet_gateways::delete(records, input),
        "DescribeInternetGateways" => internet_gateways::describe(records, input),
        "AttachInternetGateway" => internet_gateways::attach(records, input),
        "DetachInternetGateway" => internet_gateways::detach(records, input),

        "CreateNatGateway" => nat_gateways::create(records, input, now),
        "DeleteNatGateway" => nat_gateways::delete(records, input, now),
        "DescribeNatGateways" => nat_gateways::describe(records, input),

        "CreateRouteTable" => route_tables::create(records, input),
        "DeleteRouteTable" => route_tables::delete(records, input),
        "DescribeRouteTables" => route_tables::describe(records, input),
        "CreateRoute" => route_tables::create_route(records, input),
        "ReplaceRoute" => route_tables::replace_route(records, input),
        "DeleteRoute" => route_tables::delete_route(records, input),
        "AssociateRouteTable" => route_tables::associate(records, input),
        "DisassociateRouteTable" => route_tables::disassociate(records, input),
        "ReplaceRouteTableAssociation" => route_tables::replace_association(records, input),

        "CreateSecurityGroup" => security_groups::create(records, input),
        "DeleteSecurityGroup" => security_groups::delete(records, input),
        "DescribeSecurityGroups" => security_groups::describe(records, input),
        "DescribeSecurityGroupRules" => security_group_rules::describe(records, input),
        "AuthorizeSecurityGroupIngress" => security_group_rules::authorize(records, Direction::Ingress, input),
        "AuthorizeSecurityGroupEgress" => security_group_rules::authorize(records, Direction::Egress, input),
        "RevokeSecurityGroupIngress" => security_group_rules::revoke(records, Direction::Ingress, input),
        "RevokeSecurityGroupEgress" => security_group_rules::revoke(records, Direction::Egress, input),
        "UpdateSecurityGroupRuleDescriptionsIngress" => {
            security_group_rules::update_descriptions(records, Direction::Ingress, input)
        }
        "UpdateSecurityGroupRuleDescriptionsEgress" => {
            security_group_rules::update_descriptions(records, Direction::Egress, input)
        }

        "AllocateAddress" => addresses::allocate(records, input),
        "ReleaseAddress" => addresses::release(records, input),
        "AssociateAddress" => addresses::associate(records, input),
        "DisassociateAddress" => addresses::disassociate(records, input),
        "DescribeAddresses" => addresses::describe(records, input),

        "CreateTags" => tags::create(records, input),
        "DeleteTags" => tags::delete(records, input),
        "DescribeTags" => tags::describe(records, input),

        "DescribeImages" => images::describe(input),
        "DescribeInstanceTypes" => instance_types::describe(input),
        "DescribeInstanceTypeOfferings" => instance_types::describe_offerings(records, input),
        "DescribeAvailabilityZones" => regions::describe_zones(records, input),
        "DescribeRegions" => regions::describe_regions(records, input),
        "DescribeAccountAttributes" => regions::describe_account(records, input),
        "DescribeKeyPairs" => key_pairs::describe(input),

        "DescribeInstances" => instances::describe(records, input),
        "DescribeInstanceStatus" => instances::describe_status(records, input),
        "DescribeNetworkInterfaces" => instances::describe_interfaces(records, input),
        "DescribeVolumes" => volumes::describe(records, input),
        "DescribeInstanceAttribute" => instance_attributes::describe(records, input),
        "ModifyInstanceAttribute" => instance_attributes::modify(records, input),
        "ModifyInstanceMetadataOptions" => instance_attributes::modify_metadata_options(records, input),
        "DisassociateIamInstanceProfile" => instance_profiles::disassociate(records, input),
        "DescribeIamInstanceProfileAssociations" => instance_profiles::describe(records, input),
        _ => Err(AwsError::not_implemented("ec2", operation)),
    }
}

impl Ec2 {
    async fn dispatch(self: &Arc<Self>, call: &Call, operation: &str, input: &Value) -> Result<Value, AwsError> {
        let (region, account) = (&call.region, call.account());
        let dry = input.flag("DryRun") == Some(true);
        if call.http.is_some() {
            request_tags::check_reserved(input)?;
        }
        self.with_records(region, account, |records| lifecycle::forget_old(records, call.now));
        let change = match operation {
            "StartInstances" => Some(StateChange::Start),
            "StopInstances" => Some(StateChange::Stop),
            "RebootInstances" => Some(StateChange::Reboot),
            "TerminateInstances" => Some(StateChange::Terminate),
            _ => None,
        };
        if let Some(change) = change {
            if dry {
                self.with_records(region, account, |records| {
                    instance_states::change(&mut records.clone(), change, input, call.now)
                })?;
                return Err(dry_run());
            }
            return self.change_states(call, change, input);
        }
        match operation {
            "RunInstances" => self.run_instances(call, input).await,
            "AssociateIamInstanceProfile" | "ReplaceIamInstanceProfileAssociation" => {
                let profile = instance_profiles::named(call, input).await?.ok_or_else(|| missing("iamInstanceProfile"))?;
                self.with_records(region, account, |records| {
                    if operation == "AssociateIamInstanceProfile" {
                        instance_profiles::associate(records, input, profile)
                    } else {
                        instance_profiles::replace(records, input, profile)
                    }
                })
            }
            "GetConsoleOutput" => self.console_output(call, input).await,
            _ => {
                let output = self.with_records(region, account, |records| {
                    let mut changed = records.clone();
                    let output = on_records(&mut changed, operation, input, call.now)?;
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
