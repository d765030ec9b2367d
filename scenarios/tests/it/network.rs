//! Instances whose network does not lead to AWS: the drill fails at the command, as nobody would get it, and names what is missing.

use nightproof_scenarios::Template;
use rstest::rstest;

use crate::scenario;

/// A VPC in which nothing leads out, and a stack that is right otherwise.
const NO_WAY_OUT: &str = r#"
Parameters:
  Ami: {Type: "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", Default: /aws/service/debian/release/12/latest/amd64}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.8.0.0/24}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.8.0.0/25}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}]}
      ManagedPolicyArns: [arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore]
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref Role]}}
  Web: {Type: AWS::EC2::Instance, Properties: {ImageId: !Ref Ami, InstanceType: t3.micro, SubnetId: !Ref Subnet, IamInstanceProfile: !Ref Profile}}
  Bucket: {Type: AWS::S3::Bucket}
"#;

#[test]
fn an_instance_without_a_way_out_gets_no_command() {
    let drill = scenario();
    let file = drill.folder().join("no-way-out.yaml");
    std::fs::write(&file, NO_WAY_OUT).expect("a template");
    let night = drill.with(&["--template", &file.to_string_lossy()]).run().expect("a run");
    night.assert_broken("command", "instance `Web` (line 13) in subnet `Subnet` (line 6) has no route to an internet gateway");
    for text in ["no public IPv4 address: its agent cannot reach Systems Manager", "NAT gateway", "interface endpoints"] {
        assert!(night.why().contains(text), "{}", night.why());
    }
}

const AFTER: &str = "DependsOn: [DefaultRoute, SubnetRoutes, InstanceBackupPolicy]";
const EGRESS: &str = "        - Description: SSM, S3 and package repositories\n          IpProtocol: tcp\n          FromPort: 443\n          ToPort: 443\n";

fn without_route() -> Template {
    Template::default()
        .cutting("  DefaultRoute:\n", "  SubnetRoutes:\n")
        .replacing(AFTER, "DependsOn: [SubnetRoutes, InstanceBackupPolicy]")
}

fn without_association() -> Template {
    Template::default()
        .cutting("  SubnetRoutes:\n", "  WebSecurityGroup:\n")
        .replacing(AFTER, "DependsOn: [DefaultRoute, InstanceBackupPolicy]")
}

fn without_public_address() -> Template {
    Template::default().replacing("MapPublicIpOnLaunch: true", "MapPublicIpOnLaunch: false")
}

fn without_egress() -> Template {
    Template::default().replacing(EGRESS, &EGRESS.replace("443", "80"))
}

fn without_dns() -> Template {
    Template::default()
        .replacing("EnableDnsSupport: true", "EnableDnsSupport: false")
        .replacing("EnableDnsHostnames: true", "EnableDnsHostnames: false")
}

#[rstest]
#[case::no_route(without_route(), "has no route to an internet gateway (route table `RouteTable` (line ")]
#[case::a_table_that_the_subnet_does_not_have(without_association(), "has no route to an internet gateway (route table `rtb-")]
#[case::no_public_address(without_public_address(), "has no public IPv4 address: its agent cannot reach Systems Manager")]
#[case::no_egress(without_egress(), "has no egress rule for TCP port 443 (security group `WebSecurityGroup` (line ")]
#[case::no_dns(without_dns(), "has no DNS server (`EnableDnsSupport` of VPC `Vpc` (line ")]
fn a_missing_link_is_named(#[case] template: Template, #[case] lack: &str) {
    let night = scenario().template(&template).expect("a template").run().expect("a run");
    night.assert_broken("command", lack);
    assert!(night.why().contains("instance `WebServerInstance` (line "), "{}", night.why());
}

/// The bundled stack in a subnet from which only endpoints lead to AWS: those of Systems Manager, and `more`.
fn with_endpoints(more: &str) -> Template {
    let endpoint = |id: &str, service: &str| {
        format!(
            "  {id}: {{Type: AWS::EC2::VPCEndpoint, Condition: CreateWebServer, Properties: {{VpcId: !Ref Vpc, VpcEndpointType: Interface, ServiceName: !Sub 'com.amazonaws.${{AWS::Region}}.{service}', \
             SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref WebSecurityGroup], PrivateDnsEnabled: true}}}}\n"
        )
    };
    let endpoints = format!("{}{}{more}", endpoint("Ssm", "ssm"), endpoint("SsmMessages", "ssmmessages"));
    without_public_address().inserting("  WebSecurityGroup:\n", &endpoints)
}

#[test]
fn a_gateway_endpoint_leads_to_s3() {
    let gateway = "  S3: {Type: AWS::EC2::VPCEndpoint, Condition: CreateWebServer, Properties: {VpcId: !Ref Vpc, ServiceName: !Sub 'com.amazonaws.${AWS::Region}.s3', RouteTableIds: [!Ref RouteTable]}}\n";
    let night = scenario().template(&with_endpoints(gateway)).expect("a template").run().expect("a run");
    night.assert_passed();
}

#[test]
fn an_elastic_address_makes_an_instance_reachable_after_its_boot() {
    let address = "  WebAddress:\n    Type: AWS::EC2::EIP\n    DependsOn: GatewayAttachment\n    Properties:\n      InstanceId: !Ref WebServerInstance\n\n";
    let template = without_public_address().inserting("  InstanceRole:\n", address);
    scenario().template(&template).expect("a template").run().expect("a run").assert_passed();
}

/// The bundled stack with its function in a subnet of its own, from which nothing leads out but `more`.
fn function_in_a_private_subnet(more: &str) -> Template {
    let resources = format!(
        "  FunctionSubnet: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref Vpc, CidrBlock: 10.20.0.64/26}}}}\n  \
         FunctionGroup: {{Type: AWS::EC2::SecurityGroup, Properties: {{VpcId: !Ref Vpc, GroupDescription: functions, \
         SecurityGroupIngress: [{{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.20.0.0/24}}]}}}}\n{more}"
    );
    let role = "  BackupFunctionRole:\n    Type: AWS::IAM::Role\n    Properties:\n";
    let policy =
        "      ManagedPolicyArns: [!Sub 'arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole']\n";
    let vpc = "VpcConfig: {SubnetIds: [!Ref FunctionSubnet], SecurityGroupIds: [!Ref FunctionGroup]}";
    Template::default()
        .inserting("  WebSecurityGroup:\n", &resources)
        .replacing(role, &format!("{role}{policy}"))
        .replacing("      Timeout: 60\n", &format!("      Timeout: 10\n      {vpc}\n"))
}

#[test]
fn a_function_in_a_subnet_without_a_way_out_times_out() {
    let night = scenario().template(&function_in_a_private_subnet("")).expect("a template").run().expect("a run");
    night.assert_broken("function", "timed out");
}

#[test]
fn a_function_in_a_private_subnet_sends_its_command_by_an_endpoint() {
    let endpoint = "  FunctionSsm: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, VpcEndpointType: Interface, ServiceName: \
                    !Sub 'com.amazonaws.${AWS::Region}.ssm', SubnetIds: [!Ref FunctionSubnet], SecurityGroupIds: [!Ref FunctionGroup], \
                    PrivateDnsEnabled: true}}\n";
    scenario().template(&function_in_a_private_subnet(endpoint)).expect("a template").run().expect("a run").assert_passed();
}
