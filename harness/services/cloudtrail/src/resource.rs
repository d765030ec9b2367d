//! The resources that an event names.

use nightproof_journal::ApiCall;
use serde_json::{Value, json};

/// Members of requests that name a resource, and its type.
const NAMED: &[(&str, &str, &str)] = &[
    ("autoscaling.amazonaws.com", "AutoScalingGroupName", "AWS::AutoScaling::AutoScalingGroup"),
    ("autoscaling.amazonaws.com", "LaunchConfigurationName", "AWS::AutoScaling::LaunchConfiguration"),
    ("cloudformation.amazonaws.com", "StackName", "AWS::CloudFormation::Stack"),
    ("dynamodb.amazonaws.com", "TableName", "AWS::DynamoDB::Table"),
    ("ec2.amazonaws.com", "InstanceId", "AWS::EC2::Instance"),
    ("ec2.amazonaws.com", "InstanceIds", "AWS::EC2::Instance"),
    ("ec2.amazonaws.com", "GroupId", "AWS::EC2::SecurityGroup"),
    ("ec2.amazonaws.com", "LaunchTemplateId", "AWS::EC2::LaunchTemplate"),
    ("ec2.amazonaws.com", "SubnetId", "AWS::EC2::Subnet"),
    ("ec2.amazonaws.com", "VpcId", "AWS::EC2::VPC"),
    ("events.amazonaws.com", "Rule", "AWS::Events::Rule"),
    ("iam.amazonaws.com", "InstanceProfileName", "AWS::IAM::InstanceProfile"),
    ("iam.amazonaws.com", "PolicyArn", "AWS::IAM::Policy"),
    ("iam.amazonaws.com", "RoleName", "AWS::IAM::Role"),
    ("iam.amazonaws.com", "UserName", "AWS::IAM::User"),
    ("kinesis.amazonaws.com", "StreamName", "AWS::Kinesis::Stream"),
    ("kms.amazonaws.com", "KeyId", "AWS::KMS::Key"),
    ("lambda.amazonaws.com", "FunctionName", "AWS::Lambda::Function"),
    ("logs.amazonaws.com", "logGroupName", "AWS::Logs::LogGroup"),
    ("s3.amazonaws.com", "Bucket", "AWS::S3::Bucket"),
    ("scheduler.amazonaws.com", "Name", "AWS::Scheduler::Schedule"),
    ("secretsmanager.amazonaws.com", "SecretId", "AWS::SecretsManager::Secret"),
    ("sns.amazonaws.com", "TopicArn", "AWS::SNS::Topic"),
    ("sqs.amazonaws.com", "QueueUrl", "AWS::SQS::Queue"),
    ("ssm.amazonaws.com", "InstanceIds", "AWS::EC2::Instance"),
    ("states.amazonaws.com", "stateMachineArn", "AWS::StepFunctions::StateMachine"),
    ("sts.amazonaws.com", "RoleArn", "AWS::IAM::Role"),
];

/// Type and name of each.
pub(super) fn resources(call: &ApiCall) -> Vec<(&'static str, String)> {
    let of_service = NAMED.iter().filter(|(source, ..)| *source == call.event_source);
    let mut found: Vec<(&str, String)> = of_service
        .flat_map(|(_, member, kind)| {
            let value = call.request_parameters.get(member);
            let texts = match value {
                Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                Some(Value::String(text)) => vec![text.clone()],
                _ => Vec::new(),
            };
            texts.into_iter().map(|text| (*kind, text))
        })
        .collect();
    // A rule's own operations call it by another member than those on its targets.
    if call.event_source == "events.amazonaws.com"
        && call.event_name.ends_with("Rule")
        && let Some(name) = call.request_parameters.get("Name").and_then(Value::as_str)
    {
        found.push(("AWS::Events::Rule", name.to_owned()));
    }
    found
}

/// The same as a list of the service's answer.
pub(super) fn described(call: &ApiCall) -> Vec<Value> {
    resources(call).into_iter().map(|(kind, name)| json!({ "ResourceType": kind, "ResourceName": name })).collect()
}
