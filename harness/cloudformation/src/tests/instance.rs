//! Instances and security groups as older templates declare them: groups by their names, and what is a record.

use nightproof_journal::Event;
use serde_json::json;

use super::world::World;

const IMAGE: &str = "'{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}'";

#[tokio::test]
async fn groups_of_the_default_network_go_by_their_names_and_disks_of_the_host_are_records() {
    let world = World::new();
    let body = format!(
        "Resources:
  Front: {{Type: AWS::EC2::SecurityGroup, Properties: {{GroupDescription: f, GroupName: front}}}}
  Back:
    Type: AWS::EC2::SecurityGroup
    DependsOn: Front
    Properties:
      GroupDescription: b
      SecurityGroupIngress: [{{IpProtocol: tcp, FromPort: 22, ToPort: 22, SourceSecurityGroupName: front, SourceSecurityGroupOwnerId: !Ref AWS::AccountId}}]
  Rule: {{Type: AWS::EC2::SecurityGroupIngress, DependsOn: Front, Properties: {{GroupName: front, IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8}}}}
  Server:
    Type: AWS::EC2::Instance
    DependsOn: Front
    Properties:
      ImageId: {IMAGE}
      InstanceType: m3.medium
      SecurityGroups: [front]
      AdditionalInfo: x
      BlockDeviceMappings: [{{DeviceName: /dev/sdb, VirtualName: ephemeral0}}]
"
    );
    assert_eq!(world.create("s", &body).await, "CREATE_COMPLETE", "{:?}", world.failures("s").await);
    let group = async |id: &str| {
        let name = world.physical("s", id).await;
        world.ok("ec2", "DescribeSecurityGroups", json!({"GroupNames": [name]})).await["SecurityGroups"][0].clone()
    };
    let (front, back) = (group("Front").await, group("Back").await);
    assert_eq!(back["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"], front["GroupId"]);
    assert_eq!(front["IpPermissions"][0]["FromPort"], 80);
    let server = world.physical("s", "Server").await;
    let found = world.ok("ec2", "DescribeInstances", json!({"InstanceIds": [server]})).await;
    let instance = &found["Reservations"][0]["Instances"][0];
    assert_eq!((&instance["SecurityGroups"][0]["GroupId"], &instance["InstanceType"]), (&front["GroupId"], &json!("m3.medium")));
    let records = world.region.journal().records();
    let told = records.iter().find_map(|record| match &record.event {
        Event::Recorded { logical_id, properties, .. } if logical_id == "Server" => Some(properties.clone()),
        _ => None,
    });
    assert_eq!(told.unwrap_or_default(), ["AdditionalInfo", "BlockDeviceMappings.VirtualName"]);
    world.stack("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(world.status("s").await, "gone");
}
