//! The type of a resource by its ARN. <https://docs.aws.amazon.com/ARG/latest/userguide/supported-resources.html>

use nightproof_core::service::arn;

/// The service in the ARN, what the resource in it begins with, and the type. A resource of another form is in no group.
const TYPES: &[(&str, &str, &str)] = &[
    ("cloudformation", "stack/", "AWS::CloudFormation::Stack"),
    ("cloudwatch", "alarm:", "AWS::CloudWatch::Alarm"),
    ("ec2", "elastic-ip/", "AWS::EC2::EIP"),
    ("ec2", "image/", "AWS::EC2::Image"),
    ("ec2", "instance/", "AWS::EC2::Instance"),
    ("ec2", "internet-gateway/", "AWS::EC2::InternetGateway"),
    ("ec2", "launch-template/", "AWS::EC2::LaunchTemplate"),
    ("ec2", "natgateway/", "AWS::EC2::NatGateway"),
    ("ec2", "network-acl/", "AWS::EC2::NetworkAcl"),
    ("ec2", "network-interface/", "AWS::EC2::NetworkInterface"),
    ("ec2", "route-table/", "AWS::EC2::RouteTable"),
    ("ec2", "security-group/", "AWS::EC2::SecurityGroup"),
    ("ec2", "snapshot/", "AWS::EC2::Snapshot"),
    ("ec2", "subnet/", "AWS::EC2::Subnet"),
    ("ec2", "volume/", "AWS::EC2::Volume"),
    ("ec2", "vpc/", "AWS::EC2::VPC"),
    ("ec2", "vpc-endpoint/", "AWS::EC2::VPCEndpoint"),
    ("events", "rule/", "AWS::Events::Rule"),
    ("kms", "key/", "AWS::KMS::Key"),
    ("lambda", "function:", "AWS::Lambda::Function"),
    ("logs", "log-group:", "AWS::Logs::LogGroup"),
    ("resource-groups", "group/", "AWS::ResourceGroups::Group"),
    ("s3", "", "AWS::S3::Bucket"),
    ("secretsmanager", "secret:", "AWS::SecretsManager::Secret"),
    ("sns", "", "AWS::SNS::Topic"),
    ("sqs", "", "AWS::SQS::Queue"),
    ("ssm", "document/", "AWS::SSM::Document"),
    ("ssm", "parameter/", "AWS::SSM::Parameter"),
    ("states", "stateMachine:", "AWS::StepFunctions::StateMachine"),
];

/// `AWS::EC2::Instance` for the ARN of an instance.
pub(crate) fn resource_type(arn: &str) -> Option<&'static str> {
    let (service, resource) = (arn::service_of(arn), arn::resource_of(arn));
    let found = TYPES.iter().find(|(of, begin, _)| *of == service && resource.starts_with(begin));
    found.map(|(_, _, kind)| *kind)
}
