//! Network interfaces, and routes through instances.

use nightproof_journal::Event;
use serde_json::json;

use super::world::{World, template};

const IMAGE: &str = "'{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}'";

fn body(more: &str) -> String {
    template(&format!(
        "{{V: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}, \
         P: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref V, CidrBlock: 10.0.1.0/24}}}}, \
         G: {{Type: AWS::EC2::InternetGateway}}, \
         A: {{Type: AWS::EC2::VPCGatewayAttachment, Properties: {{VpcId: !Ref V, InternetGatewayId: !Ref G}}}}, \
         E: {{Type: AWS::EC2::EIP, DependsOn: A, Properties: {{Domain: vpc}}}}, \
         N: {{Type: AWS::EC2::NetworkInterface, Properties: {{SubnetId: !Ref P, PrivateIpAddress: 10.0.1.77, {more}}}}}, \
         B: {{Type: AWS::EC2::EIPAssociation, Properties: {{AllocationId: !GetAtt E.AllocationId, NetworkInterfaceId: !Ref N}}}}, \
         I: {{Type: AWS::EC2::Instance, Properties: {{ImageId: {IMAGE}, InstanceType: t3.micro, SourceDestCheck: false, \
         NetworkInterfaces: [{{NetworkInterfaceId: !Ref N, DeviceIndex: '0'}}]}}}}, \
         T: {{Type: AWS::EC2::RouteTable, Properties: {{VpcId: !Ref V}}}}, \
         R: {{Type: AWS::EC2::Route, Properties: {{RouteTableId: !Ref T, DestinationCidrBlock: 0.0.0.0/0, InstanceId: !Ref I}}}}, \
         S: {{Type: AWS::SSM::Parameter, Properties: {{Name: address, Type: String, Value: !GetAtt N.PrimaryPrivateIpAddress}}}}}}"
    ))
}

#[tokio::test]
async fn a_stack_with_a_nat_instance_is_made_changed_and_taken_down() {
    let world = World::new();
    let made = world.create("s", &body("Tags: [{Key: Name, Value: nat}]")).await;
    assert_eq!(made, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let (interface, instance) = (world.physical("s", "N").await, world.physical("s", "I").await);
    let shown = async || {
        let found = world.ok("ec2", "DescribeNetworkInterfaces", json!({"NetworkInterfaceIds": [interface]})).await;
        found["NetworkInterfaces"][0].clone()
    };
    let before = shown().await;
    assert_eq!((&before["Attachment"]["InstanceId"], &before["SourceDestCheck"]), (&json!(instance), &json!(false)));
    assert!(before["TagSet"].as_array().unwrap().contains(&json!({"Key": "Name", "Value": "nat"})), "{before}");
    let value = world.ok("ssm", "GetParameter", json!({"Name": "address"})).await["Parameter"]["Value"].clone();
    assert_eq!(value, "10.0.1.77");
    let events = world.region.journal().records().into_iter().map(|record| record.event);
    let told = events.filter(|event| matches!(event, Event::Recorded { logical_id, .. } if logical_id == "R")).count();
    assert_eq!(told, 1, "whether the instance forwards packets nobody sees");
    assert_eq!(world.update("s", &body("Description: front")).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    assert_eq!(shown().await["Description"], "front");
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone", "{:?}", world.failures("s").await);
}
