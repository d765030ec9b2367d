use serde_json::json;

use super::world::{World, template};

#[tokio::test]
async fn a_stack_with_endpoints_and_a_network_acl_is_made_changed_and_taken_down() {
    let world = World::new();
    let body = |ports: &str, tables: &str| {
        template(&format!(
            "{{V: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true}}}}, \
             P: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref V, CidrBlock: 10.0.1.0/24}}}}, \
             T: {{Type: AWS::EC2::RouteTable, Properties: {{VpcId: !Ref V}}}}, \
             S: {{Type: AWS::EC2::VPCEndpoint, Properties: {{VpcId: !Ref V, ServiceName: !Sub 'com.amazonaws.${{AWS::Region}}.s3', RouteTableIds: {tables}, \
             PolicyDocument: {{Statement: [{{Effect: Allow, Principal: '*', Action: 's3:*', Resource: '*'}}]}}}}}}, \
             M: {{Type: AWS::EC2::VPCEndpoint, Properties: {{VpcId: !Ref V, ServiceName: com.amazonaws.us-east-1.ssm, VpcEndpointType: Interface, \
             SubnetIds: [!Ref P], PrivateDnsEnabled: true}}}}, \
             A: {{Type: AWS::EC2::NetworkAcl, Properties: {{VpcId: !Ref V}}}}, \
             E: {{Type: AWS::EC2::NetworkAclEntry, Properties: {{NetworkAclId: !Ref A, RuleNumber: 100, Protocol: 6, RuleAction: allow, \
             CidrBlock: 0.0.0.0/0, PortRange: {ports}}}}}, \
             B: {{Type: AWS::EC2::SubnetNetworkAclAssociation, Properties: {{NetworkAclId: !Ref A, SubnetId: !Ref P}}}}}}"
        ))
    };
    let first = body("{From: 1024, To: 65535}", "[]");
    assert_eq!(world.create("s", &first).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let (acl, endpoint) = (world.physical("s", "A").await, world.physical("s", "S").await);
    let shown = |acl: String| {
        let world = &world;
        async move { world.ok("ec2", "DescribeNetworkAcls", json!({"NetworkAclIds": [acl]})).await["NetworkAcls"][0].clone() }
    };
    let before = shown(acl.clone()).await;
    assert_eq!(before["Entries"][1]["PortRange"]["From"], 1024, "{before}");
    assert_eq!(before["Associations"][0]["SubnetId"], world.physical("s", "P").await);
    assert_eq!(
        world.update("s", &body("{From: 443, To: 443}", "[!Ref T]")).await,
        "UPDATE_COMPLETE",
        "{:?}",
        world.failures("s").await
    );
    assert_eq!(shown(acl).await["Entries"][1]["PortRange"]["From"], 443);
    let shown = world.ok("ec2", "DescribeVpcEndpoints", json!({"VpcEndpointIds": [endpoint]})).await["VpcEndpoints"][0].clone();
    assert_eq!(shown["RouteTableIds"][0], world.physical("s", "T").await);
    assert!(shown["PolicyDocument"].as_str().unwrap().contains("s3:*"), "{shown}");
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone", "{:?}", world.failures("s").await);
}
