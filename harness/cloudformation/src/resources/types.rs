//! Which types and properties are supported, and what changing a property takes. Anything else is an error that names it: nothing is
//! dropped in silence. What needs a replacement, and who carries CloudFormation's own tags, is what the types' schemas say.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>

use nightproof_template::{DeletionPolicy, Resource, Template};
use serde_json::Value;

use super::difference::same;

/// The form of a type's tags, and whose they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tags {
    None,
    /// A list, of the resource's and the stack's tags.
    Inherited,
    /// A list, with CloudFormation's own tags.
    System,
    /// As [`Tags::System`], as a map.
    Map,
}

pub(super) struct Type {
    kind: &'static str,
    /// Properties that can be changed where they are.
    changed: &'static [&'static str],
    /// Properties whose change needs a replacement.
    replaced: &'static [&'static str],
    /// The property that names the resource.
    name: Option<&'static str>,
    tags: Tags,
}

const fn of(
    kind: &'static str,
    changed: &'static [&'static str],
    replaced: &'static [&'static str],
    name: Option<&'static str>,
    tags: Tags,
) -> Type {
    Type { kind, changed, replaced, name, tags }
}

const TYPES: &[Type] = &[
    of(
        "AWS::EC2::VPC",
        &["EnableDnsSupport", "EnableDnsHostnames", "Tags"],
        &["CidrBlock", "InstanceTenancy"],
        None,
        Tags::System,
    ),
    of("AWS::EC2::Subnet", &["MapPublicIpOnLaunch", "Tags"], &["VpcId", "CidrBlock", "AvailabilityZone"], None, Tags::System),
    of("AWS::EC2::InternetGateway", &["Tags"], &[], None, Tags::System),
    of("AWS::EC2::VPCGatewayAttachment", &["InternetGatewayId"], &["VpcId"], None, Tags::None),
    of("AWS::EC2::RouteTable", &["Tags"], &["VpcId"], None, Tags::System),
    of("AWS::EC2::Route", &["GatewayId"], &["RouteTableId", "DestinationCidrBlock"], None, Tags::None),
    // A subnet has one route table at a time: the association is replaced by one call, not by two side by side.
    of("AWS::EC2::SubnetRouteTableAssociation", &["RouteTableId"], &["SubnetId"], None, Tags::None),
    of(
        "AWS::EC2::SecurityGroup",
        &["SecurityGroupIngress", "SecurityGroupEgress", "Tags"],
        &["GroupDescription", "GroupName", "VpcId"],
        Some("GroupName"),
        Tags::System,
    ),
    of(
        "AWS::EC2::SecurityGroupIngress",
        &["Description"],
        &["GroupId", "IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6", "SourceSecurityGroupId"],
        None,
        Tags::None,
    ),
    of(
        "AWS::EC2::SecurityGroupEgress",
        &["Description"],
        &["GroupId", "IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6", "DestinationSecurityGroupId"],
        None,
        Tags::None,
    ),
    of("AWS::EC2::EIP", &["Domain", "InstanceId", "Tags"], &[], None, Tags::System),
    of("AWS::EC2::EIPAssociation", &[], &["AllocationId", "EIP", "InstanceId", "NetworkInterfaceId"], None, Tags::None),
    of(
        "AWS::EC2::Instance",
        &[
            "IamInstanceProfile",
            "InstanceType",
            "SecurityGroupIds",
            "MetadataOptions",
            "UserData",
            "Tags",
            "DisableApiTermination",
            "EbsOptimized",
        ],
        &["ImageId", "SubnetId", "BlockDeviceMappings", "PrivateIpAddress", "NetworkInterfaces"],
        None,
        Tags::System,
    ),
    of(
        "AWS::IAM::Role",
        &[
            "AssumeRolePolicyDocument",
            "Description",
            "MaxSessionDuration",
            "PermissionsBoundary",
            "ManagedPolicyArns",
            "Policies",
            "Tags",
        ],
        &["RoleName", "Path"],
        Some("RoleName"),
        Tags::Inherited,
    ),
    of(
        "AWS::IAM::User",
        &["Path", "PermissionsBoundary", "ManagedPolicyArns", "Policies", "Tags"],
        &["UserName"],
        Some("UserName"),
        Tags::Inherited,
    ),
    of("AWS::IAM::AccessKey", &["Status"], &["UserName", "Serial"], None, Tags::None),
    of("AWS::IAM::Policy", &["PolicyName", "PolicyDocument", "Roles", "Users"], &[], None, Tags::None),
    of("AWS::IAM::RolePolicy", &["PolicyDocument"], &["PolicyName", "RoleName"], None, Tags::None),
    of(
        "AWS::IAM::ManagedPolicy",
        &["PolicyDocument", "Roles", "Users"],
        &["ManagedPolicyName", "Description", "Path"],
        Some("ManagedPolicyName"),
        Tags::None,
    ),
    of("AWS::IAM::OIDCProvider", &["ClientIdList", "ThumbprintList", "Tags"], &["Url"], None, Tags::Inherited),
    of("AWS::IAM::InstanceProfile", &["Roles"], &["InstanceProfileName", "Path"], Some("InstanceProfileName"), Tags::None),
    of(
        "AWS::S3::Bucket",
        &[
            "PublicAccessBlockConfiguration",
            "OwnershipControls",
            "BucketEncryption",
            "VersioningConfiguration",
            "LifecycleConfiguration",
            "LoggingConfiguration",
            "Tags",
        ],
        &["BucketName"],
        Some("BucketName"),
        Tags::System,
    ),
    of("AWS::S3::BucketPolicy", &["PolicyDocument"], &["Bucket"], None, Tags::None),
    of(
        "AWS::Lambda::Function",
        &[
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
            "DeadLetterConfig",
            "EphemeralStorage",
            "KmsKeyArn",
            "Layers",
            "LoggingConfig",
            "TracingConfig",
            "VpcConfig",
            "Tags",
        ],
        &["FunctionName"],
        Some("FunctionName"),
        Tags::System,
    ),
    of("AWS::Lambda::Permission", &[], &["FunctionName", "Action", "Principal", "SourceArn", "SourceAccount"], None, Tags::None),
    of(
        "AWS::Lambda::EventInvokeConfig",
        &["MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"],
        &["FunctionName", "Qualifier"],
        None,
        Tags::None,
    ),
    of(
        "AWS::KMS::Key",
        &[
            "Description",
            "Enabled",
            "KeyPolicy",
            "EnableKeyRotation",
            "PendingWindowInDays",
            "KeySpec",
            "KeyUsage",
            "MultiRegion",
            "Tags",
        ],
        &[],
        None,
        Tags::Inherited,
    ),
    of("AWS::KMS::Alias", &["TargetKeyId"], &["AliasName"], None, Tags::None),
    of("AWS::Logs::LogGroup", &["RetentionInDays", "KmsKeyId", "Tags"], &["LogGroupName"], Some("LogGroupName"), Tags::System),
    of("AWS::Logs::LogStream", &[], &["LogGroupName", "LogStreamName"], None, Tags::None),
    of(
        "AWS::Events::Rule",
        &["Description", "ScheduleExpression", "EventPattern", "State", "RoleArn", "Targets", "Tags"],
        &["Name", "EventBusName"],
        Some("Name"),
        Tags::System,
    ),
    of(
        "AWS::SQS::Queue",
        &[
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
        &["QueueName"],
        Some("QueueName"),
        Tags::Inherited,
    ),
    of("AWS::SQS::QueuePolicy", &["Queues", "PolicyDocument"], &[], None, Tags::None),
    of(
        "AWS::CloudWatch::Alarm",
        &[
            "AlarmDescription",
            "ActionsEnabled",
            "OKActions",
            "AlarmActions",
            "InsufficientDataActions",
            "MetricName",
            "Namespace",
            "Statistic",
            "Dimensions",
            "Period",
            "Unit",
            "EvaluationPeriods",
            "DatapointsToAlarm",
            "Threshold",
            "ComparisonOperator",
            "TreatMissingData",
            "Tags",
        ],
        &["AlarmName"],
        Some("AlarmName"),
        Tags::System,
    ),
    of("AWS::SNS::Topic", &["DisplayName", "Subscription", "Tags"], &["TopicName"], Some("TopicName"), Tags::System),
    of("AWS::SNS::Subscription", &["RawMessageDelivery"], &["TopicArn", "Protocol", "Endpoint"], None, Tags::None),
    of("AWS::SNS::TopicPolicy", &["Topics", "PolicyDocument"], &[], None, Tags::None),
    of(
        "AWS::SSM::Parameter",
        &["Type", "Value", "Description", "AllowedPattern", "DataType", "Tier", "Tags"],
        &["Name"],
        Some("Name"),
        Tags::Map,
    ),
    of(
        "AWS::SSM::Document",
        &["Content", "DocumentFormat", "UpdateMethod", "Tags"],
        &["Name", "DocumentType"],
        Some("Name"),
        Tags::System,
    ),
];

impl Type {
    /// Whether the type has this property at its top.
    pub(super) fn has(&self, property: &str) -> bool {
        self.changed.contains(&property) || self.replaced.contains(&property)
    }
}

pub(super) fn find(kind: &str) -> Option<&'static Type> {
    TYPES.iter().find(|known| known.kind == kind)
}

/// Refuses policies that a type does not have: of the types that are supported, none has snapshots.
pub(in super::super) fn check_policies(template: &Template) -> Result<(), String> {
    for resource in template.resources.iter().filter(|resource| find(&resource.kind).is_some()) {
        for (policy, name) in
            [(resource.deletion_policy, "DeletionPolicy"), (resource.update_replace_policy, "UpdateReplacePolicy")]
        {
            if policy == DeletionPolicy::Snapshot {
                let (kind, id) = (&resource.kind, &resource.id);
                return Err(format!("Template error: resource type {kind} does not support {name} Snapshot ({id})"));
            }
        }
    }
    Ok(())
}

pub(super) fn tags(kind: &str) -> Tags {
    find(kind).map_or(Tags::None, |known| known.tags)
}

/// Whether changing this property always needs a replacement.
pub(in super::super) fn needs_replacement(kind: &str, property: &str) -> bool {
    find(kind).is_some_and(|known| known.replaced.contains(&property))
}

/// Whether this change of a property needs a replacement.
pub(super) fn replaces(kind: &str, property: &str, new: &Value) -> bool {
    // A document is replaced unless it is said to get a new version.
    let by_version = || new.get("UpdateMethod").and_then(Value::as_str) == Some("NewVersion");
    match (kind, property) {
        ("AWS::SSM::Document", "Content" | "DocumentFormat") => !by_version(),
        // Back to shared hardware it can go where it is.
        ("AWS::EC2::VPC", "InstanceTenancy") => new.get(property).and_then(Value::as_str).unwrap_or("default") != "default",
        _ => needs_replacement(kind, property),
    }
}

/// The name that a resource was given and keeps, so that nothing can be made beside it.
pub(in super::super) fn own_name(kind: &str, old: &Value, new: &Value) -> Option<String> {
    let property = find(kind)?.name?;
    let name = new.get(property)?;
    same(old.get(property)?, name).then(|| name.as_str().map(str::to_owned))?
}

/// Whether a resource gives an IAM entity a name of its own, which needs CAPABILITY_NAMED_IAM.
pub(in super::super) fn has_own_iam_name(resource: &Resource) -> bool {
    let named = resource.kind.starts_with("AWS::IAM::").then(|| find(&resource.kind)).flatten();
    named.and_then(|known| known.name).is_some_and(|name| resource.declares(name))
}
