//! Which types and properties are known. Anything else is an error that names it: nothing is dropped in silence.

use firedrill_template::{Resource, Template};
use serde_json::Value;

/// Types, and the properties that are honoured.
const TYPES: &[(&str, &[&str])] = &[
    ("AWS::EC2::VPC", &["CidrBlock", "EnableDnsSupport", "EnableDnsHostnames", "InstanceTenancy", "Tags"]),
    ("AWS::EC2::Subnet", &["VpcId", "CidrBlock", "AvailabilityZone", "MapPublicIpOnLaunch", "Tags"]),
    ("AWS::EC2::InternetGateway", &["Tags"]),
    ("AWS::EC2::VPCGatewayAttachment", &["VpcId", "InternetGatewayId"]),
    ("AWS::EC2::RouteTable", &["VpcId", "Tags"]),
    ("AWS::EC2::Route", &["RouteTableId", "DestinationCidrBlock", "GatewayId"]),
    ("AWS::EC2::SubnetRouteTableAssociation", &["SubnetId", "RouteTableId"]),
    (
        "AWS::EC2::SecurityGroup",
        &["GroupDescription", "GroupName", "VpcId", "SecurityGroupIngress", "SecurityGroupEgress", "Tags"],
    ),
    (
        "AWS::EC2::Instance",
        &[
            "ImageId",
            "InstanceType",
            "IamInstanceProfile",
            "SubnetId",
            "SecurityGroupIds",
            "MetadataOptions",
            "BlockDeviceMappings",
            "UserData",
            "Tags",
            "DisableApiTermination",
            "EbsOptimized",
            "PrivateIpAddress",
            "NetworkInterfaces",
        ],
    ),
    (
        "AWS::IAM::Role",
        &[
            "RoleName",
            "AssumeRolePolicyDocument",
            "Description",
            "Path",
            "MaxSessionDuration",
            "PermissionsBoundary",
            "ManagedPolicyArns",
            "Policies",
            "Tags",
        ],
    ),
    ("AWS::IAM::Policy", &["PolicyName", "PolicyDocument", "Roles", "Users"]),
    ("AWS::IAM::ManagedPolicy", &["ManagedPolicyName", "PolicyDocument", "Description", "Path", "Roles", "Users"]),
    ("AWS::IAM::InstanceProfile", &["InstanceProfileName", "Path", "Roles"]),
    (
        "AWS::S3::Bucket",
        &[
            "BucketName",
            "PublicAccessBlockConfiguration",
            "OwnershipControls",
            "BucketEncryption",
            "VersioningConfiguration",
            "LifecycleConfiguration",
            "LoggingConfiguration",
            "Tags",
        ],
    ),
    ("AWS::S3::BucketPolicy", &["Bucket", "PolicyDocument"]),
    (
        "AWS::Lambda::Function",
        &[
            "FunctionName",
            "Description",
            "Role",
            "Runtime",
            "Handler",
            "Code",
            "MemorySize",
            "Timeout",
            "Environment",
            "Architectures",
            "ReservedConcurrentExecutions",
            "Tags",
        ],
    ),
    ("AWS::Lambda::Permission", &["FunctionName", "Action", "Principal", "SourceArn", "SourceAccount"]),
    (
        "AWS::Lambda::EventInvokeConfig",
        &["FunctionName", "Qualifier", "MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"],
    ),
    (
        "AWS::KMS::Key",
        &["Description", "KeyPolicy", "EnableKeyRotation", "PendingWindowInDays", "KeySpec", "KeyUsage", "MultiRegion", "Tags"],
    ),
    ("AWS::KMS::Alias", &["AliasName", "TargetKeyId"]),
    ("AWS::Logs::LogGroup", &["LogGroupName", "RetentionInDays", "KmsKeyId", "Tags"]),
    (
        "AWS::Events::Rule",
        &["Name", "Description", "ScheduleExpression", "EventPattern", "State", "RoleArn", "EventBusName", "Targets"],
    ),
    (
        "AWS::SQS::Queue",
        &[
            "QueueName",
            "DelaySeconds",
            "KmsMasterKeyId",
            "KmsDataKeyReusePeriodSeconds",
            "MaximumMessageSize",
            "MessageRetentionPeriod",
            "ReceiveMessageWaitTimeSeconds",
            "RedrivePolicy",
            "SqsManagedSseEnabled",
            "VisibilityTimeout",
            "Tags",
        ],
    ),
    ("AWS::SQS::QueuePolicy", &["Queues", "PolicyDocument"]),
    ("AWS::SSM::Parameter", &["Name", "Type", "Value", "Description", "AllowedPattern"]),
];

/// Refuses a template with types that are not known here.
pub(in super::super) fn check_types(template: &Template) -> Result<(), String> {
    let unknown = template.resources.iter().filter(|resource| TYPES.iter().all(|(kind, _)| *kind != resource.kind));
    let named: Vec<String> = unknown
        .map(|resource| {
            format!("{} ({}, line {}, column {})", resource.kind, resource.id, resource.position.line, resource.position.column)
        })
        .collect();
    if named.is_empty() {
        Ok(())
    } else {
        Err(format!("Template format error: Unrecognized resource types: [{}]", named.join(", ")))
    }
}

/// Refuses properties that would be dropped.
pub(super) fn check(kind: &str, properties: &Value) -> Result<(), String> {
    let known = TYPES.iter().find(|(name, _)| *name == kind).map(|(_, known)| *known).unwrap_or_default();
    let unknown: Vec<&str> = properties
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .filter(|name| !known.contains(name))
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(format!("Encountered unsupported property {} of {kind}", unknown.join(", "))) }
}

/// Whether a resource gives an IAM entity a name of its own, which needs CAPABILITY_NAMED_IAM.
pub(in super::super) fn has_own_iam_name(resource: &Resource) -> bool {
    let name = match resource.kind.as_str() {
        "AWS::IAM::Role" => "RoleName",
        "AWS::IAM::ManagedPolicy" => "ManagedPolicyName",
        "AWS::IAM::InstanceProfile" => "InstanceProfileName",
        _ => return false,
    };
    resource.declares(name)
}
