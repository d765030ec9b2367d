use serde_json::json;

use super::world::World;

#[tokio::test]
async fn a_security_group_without_a_vpc_is_referred_to_by_its_name() {
    let world = World::new();
    let body = |port: u16| {
        format!(
            "Resources:
  G: {{Type: AWS::EC2::SecurityGroup, Properties: {{GroupDescription: g, SecurityGroupIngress: [{{IpProtocol: tcp, FromPort: {port}, ToPort: {port}, CidrIp: 10.0.0.0/8}}]}}}}
  V: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}
  W: {{Type: AWS::EC2::SecurityGroup, Properties: {{GroupDescription: w, VpcId: !Ref V}}}}
  I: {{Type: AWS::EC2::Instance, Properties: {{ImageId: '{{{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}}}', SecurityGroups: [!Ref G]}}}}
Outputs:
  Name: {{Value: !Ref G}}
  Id: {{Value: !GetAtt G.GroupId}}
  InVpc: {{Value: !Ref W}}
  Acl: {{Value: !GetAtt V.DefaultNetworkAcl}}
"
        )
    };
    assert_eq!(world.create("s", &body(22)).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let outputs = world.settled("s").await["Outputs"].clone();
    let output = |name: &str| {
        let found = outputs.as_array().unwrap().iter().find(|one| one["OutputKey"] == name).unwrap();
        found["OutputValue"].as_str().unwrap().to_owned()
    };
    let (name, id) = (output("Name"), output("Id"));
    assert!(name.starts_with("s-G-") && id.starts_with("sg-"), "{name} {id}");
    assert!(output("InVpc").starts_with("sg-") && output("Acl").starts_with("acl-"), "{outputs}");
    let instance = json!({"InstanceIds": [world.physical("s", "I").await]});
    let instance = world.ok("ec2", "DescribeInstances", instance).await;
    assert_eq!(instance["Reservations"][0]["Instances"][0]["SecurityGroups"][0]["GroupId"], id);
    assert_eq!(world.update("s", &body(443)).await, "UPDATE_COMPLETE", "{:?}", world.failures("s").await);
    let group = world.ok("ec2", "DescribeSecurityGroups", json!({"GroupIds": [id]})).await["SecurityGroups"][0].clone();
    assert_eq!((&group["GroupName"], &group["IpPermissions"][0]["FromPort"]), (&json!(name), &json!(443)));
    for resource in ["G", "I"] {
        let input = json!({"StackName": "s", "LogicalResourceId": resource});
        let drift = world.stack("DetectStackResourceDrift", input).await;
        assert_eq!(drift["StackResourceDrift"]["StackResourceDriftStatus"], "IN_SYNC", "{drift}");
    }
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
    let gone = world.call("ec2", "DescribeSecurityGroups", json!({"GroupIds": [id]})).await.unwrap_err();
    assert_eq!(gone.code, "InvalidGroup.NotFound");
}
