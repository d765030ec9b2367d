use serde_json::json;

use super::world::{World, template};

#[tokio::test]
async fn a_stack_with_a_nat_gateway_is_made_and_taken_down() {
    let world = World::new();
    let body = template(
        "{V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}, \
         P: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref V, CidrBlock: 10.0.1.0/24}}, \
         G: {Type: AWS::EC2::InternetGateway}, \
         A: {Type: AWS::EC2::VPCGatewayAttachment, Properties: {VpcId: !Ref V, InternetGatewayId: !Ref G}}, \
         E: {Type: AWS::EC2::EIP, DependsOn: A, Properties: {Domain: vpc}}, \
         N: {Type: AWS::EC2::NatGateway, Properties: {SubnetId: !Ref P, AllocationId: !GetAtt E.AllocationId, Tags: [{Key: Name, Value: out}]}}, \
         T: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref V}}, \
         R: {Type: AWS::EC2::Route, Properties: {RouteTableId: !Ref T, DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: !Ref N}}}",
    );
    assert_eq!(world.create("s", &body).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let id = world.physical("s", "N").await;
    let shown = world.ok("ec2", "DescribeNatGateways", json!({"NatGatewayIds": [id]})).await["NatGateways"][0].clone();
    assert_eq!(shown["State"], "available");
    assert!(shown["Tags"].as_array().unwrap().contains(&json!({"Key": "Name", "Value": "out"})), "{shown}");
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone", "{:?}", world.failures("s").await);
}
