//! The service's operations by name, and what other services ask of its records.

use async_trait::async_trait;
use jiff::Timestamp;
use nightproof_core::document::whole_seconds;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service, Tagged};
use nightproof_core::vpc_origin::{EndpointUse, InstanceOrigin};
use nightproof_core::{Caller, InstanceIdentity, Region, operations};
use serde_json::Value;

use crate::ec2::Ec2;
use crate::error::{dry_run, missing};
use crate::imds;
use crate::operations::addresses::{
    self, AllocateAddress, AssociateAddress, DescribeAddresses, DisassociateAddress, ReleaseAddress,
};
use crate::operations::console_output::GetConsoleOutput;
use crate::operations::images::{self, DescribeImages};
use crate::operations::instance_attributes::{
    self, DescribeInstanceAttribute, ModifyInstanceAttribute, ModifyInstanceMetadataOptions,
};
use crate::operations::instance_profiles::{
    self, AssociateIamInstanceProfile, DescribeIamInstanceProfileAssociations, DisassociateIamInstanceProfile,
    ReplaceIamInstanceProfileAssociation,
};
use crate::operations::instance_states::{
    ChangeStates as RebootInstances, ChangeStates as StartInstances, ChangeStates as StopInstances,
    ChangeStates as TerminateInstances, StateChange,
};
use crate::operations::instance_types::{self, DescribeInstanceTypeOfferings, DescribeInstanceTypes};
use crate::operations::instances::{self, DescribeInstanceStatus, DescribeInstances};
use crate::operations::internet_gateways::{
    self, AttachInternetGateway, CreateInternetGateway, DeleteInternetGateway, DescribeInternetGateways, DetachInternetGateway,
};
use crate::operations::key_pairs::{self, DescribeKeyPairs};
use crate::operations::launch_template_versions::{
    self, CreateLaunchTemplateVersion, DeleteLaunchTemplateVersions, DescribeLaunchTemplateVersions,
};
use crate::operations::launch_templates::{
    self, CreateLaunchTemplate, DeleteLaunchTemplate, DescribeLaunchTemplates, ModifyLaunchTemplate,
};
use crate::operations::nat_gateways::{self, CreateNatGateway, DeleteNatGateway, DescribeNatGateways};
use crate::operations::network_acls::{
    self, CreateNetworkAcl, DeleteNetworkAcl, DeleteNetworkAclEntry, DescribeNetworkAcls, ReplaceNetworkAclAssociation,
    SetEntry as CreateNetworkAclEntry, SetEntry as ReplaceNetworkAclEntry,
};
use crate::operations::network_interfaces::{
    self, CreateNetworkInterface, DeleteNetworkInterface, DescribeNetworkInterfaces, ModifyNetworkInterfaceAttribute,
};
use crate::operations::regions::{self, DescribeAccountAttributes, DescribeAvailabilityZones, DescribeRegions};
use crate::operations::route_tables::{
    self, AssociateRouteTable, CreateRoute, CreateRouteTable, DeleteRoute, DeleteRouteTable, DescribeRouteTables,
    DisassociateRouteTable, ReplaceRoute, ReplaceRouteTableAssociation,
};
use crate::operations::run_instances::RunInstances;
use crate::operations::security_group_rules::{
    self, Authorize as AuthorizeSecurityGroupEgress, Authorize as AuthorizeSecurityGroupIngress, DescribeSecurityGroupRules,
    Revoke as RevokeSecurityGroupEgress, Revoke as RevokeSecurityGroupIngress,
    UpdateDescriptions as UpdateSecurityGroupRuleDescriptionsEgress,
    UpdateDescriptions as UpdateSecurityGroupRuleDescriptionsIngress,
};
use crate::operations::security_groups::{self, CreateSecurityGroup, DeleteSecurityGroup, DescribeSecurityGroups};
use crate::operations::subnets::{self, CreateSubnet, DeleteSubnet, DescribeSubnets, ModifySubnetAttribute};
use crate::operations::tags::{self, CreateTags, DeleteTags, DescribeTags};
use crate::operations::volumes::{self, DescribeVolumes};
use crate::operations::vpc_endpoints::{
    self, CreateVpcEndpoint, DeleteVpcEndpoints, DescribeVpcEndpointServices, DescribeVpcEndpoints, ModifyVpcEndpoint,
};
use crate::operations::vpcs::{self, CreateVpc, DeleteVpc, DescribeVpcAttribute, DescribeVpcs, ModifyVpcAttribute};
use crate::records::{Instance, Records};
use crate::request::Request;
use crate::{lifecycle, request_tags};

// Tags that are given at creation need ec2:CreateTags, with what creates.
operations!("ec2", Ec2:
    CreateVpc => change(vpcs::create): ["= vpc/*", "ec2:CreateTags vpc/* ?TagSpecifications ec2:CreateAction='CreateVpc'"],
    DeleteVpc => change(vpcs::delete): ["= vpc/{VpcId}"],
    DescribeVpcs => read(vpcs::describe): ["= *"],
    ModifyVpcAttribute => change(vpcs::modify_attribute): ["= vpc/{VpcId}"],
    DescribeVpcAttribute => read(vpcs::describe_attribute): ["= vpc/{VpcId}"],

    CreateSubnet => change(subnets::create): ["= subnet/*", "= vpc/{VpcId}", "ec2:CreateTags subnet/* ?TagSpecifications ec2:CreateAction='CreateSubnet'"],
    DeleteSubnet => change(subnets::delete): ["= subnet/{SubnetId}"],
    DescribeSubnets => read(subnets::describe): ["= *"],
    ModifySubnetAttribute => change(subnets::modify_attribute): ["= subnet/{SubnetId}"],

    CreateInternetGateway => change(internet_gateways::create): ["= internet-gateway/*", "ec2:CreateTags internet-gateway/* ?TagSpecifications ec2:CreateAction='CreateInternetGateway'"],
    DeleteInternetGateway => change(internet_gateways::delete): ["= internet-gateway/{InternetGatewayId}"],
    DescribeInternetGateways => read(internet_gateways::describe): ["= *"],
    AttachInternetGateway => change(internet_gateways::attach): ["= internet-gateway/{InternetGatewayId}", "= vpc/{VpcId}"],
    DetachInternetGateway => change(internet_gateways::detach): ["= internet-gateway/{InternetGatewayId}", "= vpc/{VpcId}"],

    CreateNatGateway => change_at(nat_gateways::create): ["= natgateway/*", "= subnet/{SubnetId}", "= elastic-ip/{AllocationId} ?AllocationId", "ec2:CreateTags natgateway/* ?TagSpecifications ec2:CreateAction='CreateNatGateway'"],
    DeleteNatGateway => change_at(nat_gateways::delete): ["= natgateway/{NatGatewayId}"],
    DescribeNatGateways => read(nat_gateways::describe): ["= *"],

    CreateNetworkAcl => change(network_acls::create): ["= network-acl/*", "= vpc/{VpcId}", "ec2:CreateTags network-acl/* ?TagSpecifications ec2:CreateAction='CreateNetworkAcl'"],
    DeleteNetworkAcl => change(network_acls::delete): ["= network-acl/{NetworkAclId}"],
    DescribeNetworkAcls => read(network_acls::describe): ["= *"],
    CreateNetworkAclEntry => change(network_acls::create_entry): ["= network-acl/{NetworkAclId}"],
    ReplaceNetworkAclEntry => change(network_acls::replace_entry): ["= network-acl/{NetworkAclId}"],
    DeleteNetworkAclEntry => change(network_acls::delete_entry): ["= network-acl/{NetworkAclId}"],
    ReplaceNetworkAclAssociation => change(network_acls::replace_association): ["= network-acl/{NetworkAclId}", "= @acl-association"],

    CreateVpcEndpoint => change_at(vpc_endpoints::create): ["= vpc-endpoint/*", "= vpc/{VpcId}", "= route-table/{RouteTableIds} ?RouteTableIds", "= subnet/{SubnetIds} ?SubnetIds", "= security-group/{SecurityGroupIds} ?SecurityGroupIds", "ec2:CreateTags vpc-endpoint/* ?TagSpecifications ec2:CreateAction='CreateVpcEndpoint'"],
    ModifyVpcEndpoint => change(vpc_endpoints::modify): ["= vpc-endpoint/{VpcEndpointId}", "= route-table/{AddRouteTableIds} ?AddRouteTableIds", "= subnet/{AddSubnetIds} ?AddSubnetIds", "= security-group/{AddSecurityGroupIds} ?AddSecurityGroupIds"],
    DeleteVpcEndpoints => change(vpc_endpoints::delete): ["= vpc-endpoint/{VpcEndpointIds}"],
    DescribeVpcEndpoints => read(vpc_endpoints::describe): ["= *"],
    DescribeVpcEndpointServices => read(vpc_endpoints::describe_services): ["= *"],

    CreateRouteTable => change(route_tables::create): ["= route-table/*", "= vpc/{VpcId}", "ec2:CreateTags route-table/* ?TagSpecifications ec2:CreateAction='CreateRouteTable'"],
    DeleteRouteTable => change(route_tables::delete): ["= route-table/{RouteTableId}"],
    DescribeRouteTables => read(route_tables::describe): ["= *"],
    CreateRoute => change(route_tables::create_route): ["= route-table/{RouteTableId}"],
    ReplaceRoute => change(route_tables::replace_route): ["= route-table/{RouteTableId}"],
    DeleteRoute => change(route_tables::delete_route): ["= route-table/{RouteTableId}"],
    AssociateRouteTable => change(route_tables::associate): ["= route-table/{RouteTableId}", "= subnet/{SubnetId} ?SubnetId"],
    DisassociateRouteTable => change(route_tables::disassociate): ["= @association-route-table"],
    ReplaceRouteTableAssociation => change(route_tables::replace_association): ["= route-table/{RouteTableId}"],

    CreateSecurityGroup => change(security_groups::create): ["= security-group/*", "= vpc/{VpcId} ?VpcId", "ec2:CreateTags security-group/* ?TagSpecifications ec2:CreateAction='CreateSecurityGroup'"],
    DeleteSecurityGroup => change(security_groups::delete): ["= security-group/{GroupId}"],
    DescribeSecurityGroups => read(security_groups::describe): ["= *"],
    DescribeSecurityGroupRules => read(security_group_rules::describe): ["= *"],
    AuthorizeSecurityGroupIngress => change(security_group_rules::authorize_ingress): ["= security-group/{GroupId}", "ec2:CreateTags security-group-rule/* ?TagSpecifications"],
    AuthorizeSecurityGroupEgress => change(security_group_rules::authorize_egress): ["= security-group/{GroupId}", "ec2:CreateTags security-group-rule/* ?TagSpecifications"],
    RevokeSecurityGroupIngress => change(security_group_rules::revoke_ingress): ["= security-group/{GroupId}"],
    RevokeSecurityGroupEgress => change(security_group_rules::revoke_egress): ["= security-group/{GroupId}"],
    UpdateSecurityGroupRuleDescriptionsIngress => change(security_group_rules::update_ingress): ["= security-group/{GroupId}"],
    UpdateSecurityGroupRuleDescriptionsEgress => change(security_group_rules::update_egress): ["= security-group/{GroupId}"],

    AllocateAddress => change(addresses::allocate): ["= elastic-ip/*", "ec2:CreateTags elastic-ip/* ?TagSpecifications ec2:CreateAction='AllocateAddress'"],
    ReleaseAddress => change(addresses::release): ["= elastic-ip/{AllocationId}"],
    AssociateAddress => change(addresses::associate): ["= elastic-ip/{AllocationId} ?AllocationId", "= instance/{InstanceId} ?InstanceId", "= network-interface/{NetworkInterfaceId} ?NetworkInterfaceId"],
    DisassociateAddress => change(addresses::disassociate): ["= elastic-ip/*"],
    DescribeAddresses => read(addresses::describe): ["= *"],

    CreateTags => change(tags::create): ["= @tagged"],
    DeleteTags => change(tags::delete): ["= @tagged"],
    DescribeTags => read(tags::describe): ["= *"],

    DescribeImages => read(images::describe): ["= *"],
    DescribeInstanceTypes => read(instance_types::describe): ["= *"],
    DescribeInstanceTypeOfferings => read(instance_types::describe_offerings): ["= *"],
    DescribeAvailabilityZones => read(regions::describe_zones): ["= *"],
    DescribeRegions => read(regions::describe_regions): ["= *"],
    DescribeAccountAttributes => read(regions::describe_account): ["= *"],
    DescribeKeyPairs => read(key_pairs::describe): ["= *"],

    CreateLaunchTemplate => change_by(launch_templates::create): ["= launch-template/*", "ec2:CreateTags launch-template/* ?TagSpecifications ec2:CreateAction='CreateLaunchTemplate'"],
    CreateLaunchTemplateVersion => change_by(launch_template_versions::create): ["= @launch-template"],
    DescribeLaunchTemplates => read(launch_templates::describe): ["= *"],
    DescribeLaunchTemplateVersions => read(launch_template_versions::describe): ["= *"],
    ModifyLaunchTemplate => change(launch_templates::modify): ["= @launch-template"],
    DeleteLaunchTemplate => change(launch_templates::delete): ["= @launch-template"],
    DeleteLaunchTemplateVersions => change(launch_template_versions::delete): ["= @launch-template"],

    DescribeInstances => read(instances::describe): ["= *"],
    DescribeInstanceStatus => read(instances::describe_status): ["= *"],
    CreateNetworkInterface => change_by(network_interfaces::create): ["= network-interface/*", "= subnet/{SubnetId}", "= security-group/{Groups} ?Groups", "ec2:CreateTags network-interface/* ?TagSpecifications ec2:CreateAction='CreateNetworkInterface'"],
    DeleteNetworkInterface => change_by(network_interfaces::delete): ["= network-interface/{NetworkInterfaceId}"],
    ModifyNetworkInterfaceAttribute => change(network_interfaces::modify): ["= network-interface/{NetworkInterfaceId}", "= security-group/{Groups} ?Groups"],
    DescribeNetworkInterfaces => read(network_interfaces::describe): ["= *"],
    DescribeVolumes => read(volumes::describe): ["= *"],
    DescribeInstanceAttribute => read(instance_attributes::describe): ["= instance/{InstanceId}"],
    ModifyInstanceAttribute => change(instance_attributes::modify): ["= instance/{InstanceId}"],
    ModifyInstanceMetadataOptions => change(instance_attributes::modify_metadata_options): ["= instance/{InstanceId}"],
    DisassociateIamInstanceProfile => change(instance_profiles::disassociate): ["= @association-instance"],
    DescribeIamInstanceProfileAssociations => read(instance_profiles::describe): ["= *"],


    RunInstances => run_instances.await: ["= instance/* ec2:InstanceType=InstanceType ec2:MetadataHttpTokens=MetadataOptions.HttpTokens ec2:MetadataHttpPutResponseHopLimit=MetadataOptions.HttpPutResponseHopLimit", "= @launch-image", "= @launched", "= @launch-template", "= volume/* ec2:Encrypted=BlockDeviceMappings.Ebs.Encrypted ec2:VolumeType=BlockDeviceMappings.Ebs.VolumeType ec2:VolumeSize=BlockDeviceMappings.Ebs.VolumeSize", "= key-pair/{KeyName} ?KeyName", "ec2:CreateTags @launch-tagged ec2:CreateAction='RunInstances'", "iam:PassRole @profile-role iam:PassedToService='ec2.amazonaws.com'"],
    StartInstances => change_states(StateChange::Start): ["= instance/{InstanceIds}"],
    StopInstances => change_states(StateChange::Stop): ["= instance/{InstanceIds}"],
    RebootInstances => change_states(StateChange::Reboot): ["= instance/{InstanceIds}"],
    TerminateInstances => change_states(StateChange::Terminate): ["= instance/{InstanceIds}"],
    AssociateIamInstanceProfile => associate_profile.await: ["= instance/{InstanceId}", "iam:PassRole @profile-role iam:PassedToService='ec2.amazonaws.com'"],
    ReplaceIamInstanceProfileAssociation => replace_profile.await: ["= @association-instance", "iam:PassRole @profile-role iam:PassedToService='ec2.amazonaws.com'"],
    GetConsoleOutput => console_output.await: ["= instance/{InstanceId}"],
);

impl Ec2 {
    /// What comes before each operation.
    pub(crate) fn before(&self, call: &Call, input: &impl Request) -> Result<(), AwsError> {
        if call.http.is_some() {
            request_tags::refuse_reserved(&input.tag_keys())?;
        }
        Ok(())
    }

    /// An operation that looks at records.
    fn read<I: Request>(
        &self,
        call: &Call,
        input: I,
        operation: fn(&Records, &I) -> Result<Value, AwsError>,
    ) -> Result<Value, AwsError> {
        let output = self.with_records(&call.region, call.account(), |records| operation(records, &input))?;
        if input.is_dry_run() { Err(dry_run()) } else { Ok(output) }
    }

    /// An operation that changes records.
    fn change<I: Request>(
        &self,
        call: &Call,
        input: I,
        operation: fn(&mut Records, &I) -> Result<Value, AwsError>,
    ) -> Result<Value, AwsError> {
        self.changed(call, &input, |records| operation(records, &input))
    }

    /// An operation that changes records, which keep when it did.
    fn change_at<I: Request>(
        &self,
        call: &Call,
        input: I,
        operation: fn(&mut Records, &I, Timestamp) -> Result<Value, AwsError>,
    ) -> Result<Value, AwsError> {
        self.changed(call, &input, |records| operation(records, &input, call.now))
    }

    /// An operation that changes records, which keep when it did and for whom.
    fn change_by<I: Request>(
        &self,
        call: &Call,
        input: I,
        operation: fn(&mut Records, &I, &Call) -> Result<Value, AwsError>,
    ) -> Result<Value, AwsError> {
        self.changed(call, &input, |records| operation(records, &input, call))
    }

    /// What is refused, or tried as a dry run, changes nothing.
    fn changed(
        &self,
        call: &Call,
        input: &impl Request,
        act: impl FnOnce(&mut Records) -> Result<Value, AwsError>,
    ) -> Result<Value, AwsError> {
        self.before(call, input)?;
        let (region, account) = (&call.region, call.account());
        let output = self.with_records(region, account, |records| {
            let mut changed = records.clone();
            let output = act(&mut changed)?;
            if input.is_dry_run() {
                return Err(dry_run());
            }
            *records = changed;
            Ok(output)
        })?;
        self.publish(region, account);
        self.relink(region, account);
        Ok(output)
    }

    async fn associate_profile(&self, call: &Call, input: AssociateIamInstanceProfile) -> Result<Value, AwsError> {
        let profile = instance_profiles::named(call, &input.iam_instance_profile).await?;
        let profile = profile.ok_or_else(|| missing("iamInstanceProfile"))?;
        self.with_records(&call.region, call.account(), |records| instance_profiles::associate(records, &input, profile))
    }

    async fn replace_profile(&self, call: &Call, input: ReplaceIamInstanceProfileAssociation) -> Result<Value, AwsError> {
        let profile = instance_profiles::named(call, &input.iam_instance_profile).await?;
        let profile = profile.ok_or_else(|| missing("iamInstanceProfile"))?;
        self.with_records(&call.region, call.account(), |records| instance_profiles::replace(records, &input, profile))
    }
}

#[async_trait]
impl Service for Ec2 {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let call = Call { now: whole_seconds(call.now), ..call.clone() };
        self.with_records(&call.region, call.account(), |records| lifecycle::forget_old(records, call.now));
        self.dispatch(&call, operation, input).await.map(Reply::from)
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

    async fn identify(&self, region: &Region, document: &str, signature: &str) -> Option<(InstanceIdentity, Caller)> {
        imds::identify(self, region, document, signature).await
    }

    fn endpoint_of(&self, origin: &InstanceOrigin, service: &str) -> Option<EndpointUse> {
        Self::endpoint_of(self, &origin.account, &origin.instance, service)
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
