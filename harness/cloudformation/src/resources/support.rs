//! What of a type is supported beyond its properties at the top: members of properties, values, attributes. What is not in these tables is
//! an error that names it; CloudFormation's registry says whose.

use std::cell::OnceCell;

use nightproof_registry::ResourceType;
use serde_json::Value;

use super::types;

/// Properties of which only some members are acted upon, with those members as paths. Of all others every member is.
const MEMBERS: &[(&str, &str, &[&str])] = &[
    (
        "AWS::EC2::Instance",
        "MetadataOptions",
        &["HttpEndpoint", "HttpProtocolIpv6", "HttpPutResponseHopLimit", "HttpTokens", "InstanceMetadataTags"],
    ),
    (
        "AWS::EC2::Instance",
        "NetworkInterfaces",
        &[
            "AssociatePublicIpAddress",
            "DeleteOnTermination",
            "Description",
            "DeviceIndex",
            "GroupSet",
            "PrivateIpAddress",
            "SubnetId",
        ],
    ),
    (
        "AWS::EC2::Instance",
        "BlockDeviceMappings",
        &[
            "DeviceName",
            "Ebs",
            "Ebs.DeleteOnTermination",
            "Ebs.Encrypted",
            "Ebs.Iops",
            "Ebs.KmsKeyId",
            "Ebs.SnapshotId",
            "Ebs.VolumeSize",
            "Ebs.VolumeType",
            "NoDevice",
        ],
    ),
    ("AWS::EC2::SecurityGroup", "SecurityGroupIngress", INGRESS),
    ("AWS::EC2::SecurityGroup", "SecurityGroupEgress", EGRESS),
    (
        "AWS::S3::Bucket",
        "BucketEncryption",
        &[
            "ServerSideEncryptionConfiguration",
            "ServerSideEncryptionConfiguration.BlockedEncryptionTypes",
            "ServerSideEncryptionConfiguration.BlockedEncryptionTypes.EncryptionType",
            "ServerSideEncryptionConfiguration.BucketKeyEnabled",
            "ServerSideEncryptionConfiguration.ServerSideEncryptionByDefault",
            "ServerSideEncryptionConfiguration.ServerSideEncryptionByDefault.KMSMasterKeyID",
            "ServerSideEncryptionConfiguration.ServerSideEncryptionByDefault.SSEAlgorithm",
        ],
    ),
    (
        "AWS::S3::Bucket",
        "LifecycleConfiguration",
        &[
            "Rules",
            "Rules.AbortIncompleteMultipartUpload",
            "Rules.AbortIncompleteMultipartUpload.DaysAfterInitiation",
            "Rules.ExpirationInDays",
            "Rules.ExpiredObjectDeleteMarker",
            "Rules.Id",
            "Rules.NoncurrentVersionExpiration",
            "Rules.NoncurrentVersionExpiration.NewerNoncurrentVersions",
            "Rules.NoncurrentVersionExpiration.NoncurrentDays",
            "Rules.NoncurrentVersionExpirationInDays",
            "Rules.Prefix",
            "Rules.Status",
            "Rules.Transitions",
            "Rules.Transitions.StorageClass",
            "Rules.Transitions.TransitionInDays",
        ],
    ),
    ("AWS::S3::Bucket", "LoggingConfiguration", &["DestinationBucketName", "LogFilePrefix"]),
    ("AWS::S3::Bucket", "OwnershipControls", &["Rules", "Rules.ObjectOwnership"]),
    (
        "AWS::S3::Bucket",
        "PublicAccessBlockConfiguration",
        &["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"],
    ),
    ("AWS::S3::Bucket", "VersioningConfiguration", &["Status"]),
    ("AWS::Lambda::Function", "Code", &["S3Bucket", "S3Key", "S3ObjectVersion", "ZipFile"]),
    ("AWS::Lambda::Function", "TracingConfig", &["Mode"]),
    // What is in a VPC reaches only what its subnets reach; empty lists say that it is in none.
    ("AWS::Lambda::Function", "VpcConfig", &["SecurityGroupIds", "SubnetIds"]),
    (
        "AWS::Events::Rule",
        "Targets",
        &[
            "Arn",
            "DeadLetterConfig",
            "DeadLetterConfig.Arn",
            "Id",
            "Input",
            "InputPath",
            "InputTransformer",
            "InputTransformer.InputPathsMap.*",
            "InputTransformer.InputPathsMap",
            "InputTransformer.InputTemplate",
            "RetryPolicy",
            "RetryPolicy.MaximumEventAgeInSeconds",
            "RetryPolicy.MaximumRetryAttempts",
            "RoleArn",
            "SqsParameters",
            "SqsParameters.MessageGroupId",
        ],
    ),
];

const INGRESS: &[&str] = &["CidrIp", "CidrIpv6", "Description", "FromPort", "IpProtocol", "SourceSecurityGroupId", "ToPort"];
const EGRESS: &[&str] = &["CidrIp", "CidrIpv6", "Description", "DestinationSecurityGroupId", "FromPort", "IpProtocol", "ToPort"];

/// Attributes by type, as their `create` gives them.
const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("AWS::CloudWatch::Alarm", &["Arn"]),
    ("AWS::EC2::EIP", &["AllocationId", "PublicIp"]),
    ("AWS::EC2::EIPAssociation", &["Id"]),
    (
        "AWS::EC2::Instance",
        &["AvailabilityZone", "InstanceId", "PrivateDnsName", "PrivateIp", "PublicDnsName", "PublicIp", "VpcId"],
    ),
    ("AWS::EC2::InternetGateway", &["InternetGatewayId"]),
    ("AWS::EC2::Route", &["CidrBlock"]),
    ("AWS::EC2::RouteTable", &["RouteTableId"]),
    ("AWS::EC2::SecurityGroup", &["GroupId", "Id", "VpcId"]),
    ("AWS::EC2::SecurityGroupEgress", &["Id"]),
    ("AWS::EC2::SecurityGroupIngress", &["Id"]),
    ("AWS::EC2::Subnet", &["AvailabilityZone", "CidrBlock", "SubnetId", "VpcId"]),
    ("AWS::EC2::SubnetRouteTableAssociation", &["Id"]),
    ("AWS::EC2::VPC", &["CidrBlock", "DefaultSecurityGroup", "VpcId"]),
    ("AWS::EC2::VPCGatewayAttachment", &["AttachmentType"]),
    ("AWS::Events::Rule", &["Arn"]),
    ("AWS::IAM::AccessKey", &["Id", "SecretAccessKey"]),
    ("AWS::IAM::InstanceProfile", &["Arn"]),
    ("AWS::IAM::ManagedPolicy", &["PolicyArn"]),
    ("AWS::IAM::OIDCProvider", &["Arn"]),
    ("AWS::IAM::Policy", &["Id"]),
    ("AWS::IAM::Role", &["Arn", "RoleId"]),
    ("AWS::IAM::User", &["Arn"]),
    ("AWS::KMS::Key", &["Arn", "KeyId"]),
    ("AWS::Lambda::Function", &["Arn"]),
    ("AWS::Lambda::Permission", &["Id"]),
    ("AWS::Logs::LogGroup", &["Arn"]),
    ("AWS::S3::Bucket", &["Arn", "DomainName", "DualStackDomainName", "RegionalDomainName", "WebsiteURL"]),
    ("AWS::SNS::Subscription", &["Arn"]),
    ("AWS::SNS::Topic", &["TopicArn", "TopicName"]),
    ("AWS::SNS::TopicPolicy", &["Id"]),
    ("AWS::SQS::Queue", &["Arn", "QueueName", "QueueUrl"]),
    ("AWS::SQS::QueuePolicy", &["Id"]),
    ("AWS::SSM::Parameter", &["Type", "Value"]),
];

/// Who knows a type, property or attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Standing {
    /// This region supports it.
    Supported,
    /// AWS has it, and this region does not.
    Lacking,
    /// AWS does not have it either.
    Unknown,
}

/// The facts of a type, read when they are first asked for.
pub(in super::super) struct Facts<'a> {
    kind: &'a str,
    read: OnceCell<Option<ResourceType>>,
}

impl<'a> Facts<'a> {
    pub(in super::super) fn new(kind: &'a str) -> Self {
        Self { kind, read: OnceCell::new() }
    }

    fn get(&self) -> Option<&ResourceType> {
        self.read.get_or_init(|| nightproof_registry::resource_type(self.kind)).as_ref()
    }

    /// The standing of the type itself.
    pub(in super::super) fn of_type(&self) -> Standing {
        match types::find(self.kind).is_some() {
            true => Standing::Supported,
            false if self.get().is_some() || self.kind.starts_with("Custom::") => Standing::Lacking,
            false => Standing::Unknown,
        }
    }

    /// The standing of a property of a supported type, given by its path.
    pub(in super::super) fn of_property(&self, path: &[&str]) -> Standing {
        let [top, rest @ ..] = path else { return Standing::Supported };
        let known = types::find(self.kind).is_some_and(|known| known.has(top));
        let members = MEMBERS.iter().find(|(kind, property, _)| *kind == self.kind && property == top);
        let is_supported = known
            && (rest.is_empty()
                || members.is_none_or(|(.., members)| {
                    let any = rest.split_last().map(|(_, before)| [before, &["*"]].concat().join(".")).unwrap_or_default();
                    let name = rest.join(".");
                    members.iter().any(|member| *member == name || *member == any)
                }));
        if is_supported {
            return Standing::Supported;
        }
        let of_aws = |facts: &ResourceType| facts.has_property(path) && !facts.is_read_only(path);
        if self.get().is_some_and(of_aws) { Standing::Lacking } else { Standing::Unknown }
    }

    /// Whether AWS lists this value of a property.
    pub(in super::super) fn lists(&self, path: &[&str], value: &str) -> bool {
        self.get().and_then(|facts| facts.values(path)).is_some_and(|known| known.contains(&value))
    }

    /// The standing of an attribute of a supported type.
    pub(in super::super) fn of_attribute(&self, name: &str) -> Standing {
        if ATTRIBUTES.iter().any(|(kind, names)| *kind == self.kind && names.contains(&name)) {
            return Standing::Supported;
        }
        let path: Vec<&str> = name.split('.').collect();
        if self.get().is_some_and(|facts| facts.has_property(&path)) { Standing::Lacking } else { Standing::Unknown }
    }
}

/// Refuses properties that would be dropped, once their values are known.
pub(super) fn check(kind: &str, properties: &Value) -> Result<(), String> {
    let facts = Facts::new(kind);
    let mut refused = None;
    each(properties, &mut Vec::new(), &mut |path| {
        let standing = facts.of_property(path);
        let first = refused.is_none() && standing != Standing::Supported;
        if first {
            let name = path.last().copied().unwrap_or_default();
            refused = Some(match standing {
                Standing::Lacking => lacking(kind, &path.join(".")),
                _ => unsupported(name),
            });
        }
        standing == Standing::Supported
    });
    refused.map_or(Ok(()), Err)
}

/// Calls `visit` with the path of each member, and goes on below those for which it returns true.
fn each<'v>(value: &'v Value, path: &mut Vec<&'v str>, visit: &mut dyn FnMut(&[&'v str]) -> bool) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                path.push(name);
                if visit(path) {
                    each(inner, path, visit);
                }
                path.pop();
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each(item, path, visit)),
        _ => {}
    }
}

/// CloudFormation's words for a property that it does not know.
pub(in super::super) fn unsupported(name: &str) -> String {
    format!("Encountered unsupported property {name}")
}

fn lacking(kind: &str, name: &str) -> String {
    nightproof_template::Unsupported::message(&[format!("`{name}` of `{kind}`")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_entry_of_the_tables_is_of_a_supported_type_and_known_to_aws() {
        for (kind, property, members) in MEMBERS {
            let facts = nightproof_registry::resource_type(kind).unwrap();
            assert!(types::find(kind).unwrap().has(property), "{kind} {property}");
            for member in *members {
                let path: Vec<&str> = std::iter::once(*property).chain(member.split('.')).collect();
                assert!(facts.has_property(&path), "{kind} {path:?}");
            }
        }
        for (kind, _) in ATTRIBUTES {
            assert!(types::find(kind).is_some(), "{kind}");
        }
    }

    #[test]
    fn a_property_that_aws_knows_is_lacking_and_another_is_not_known() {
        let route = Facts::new("AWS::EC2::Route");
        assert_eq!(route.of_property(&["GatewayId"]), Standing::Supported);
        assert_eq!(route.of_property(&["NatGatewayId"]), Standing::Lacking);
        assert_eq!(route.of_property(&["NatGateway"]), Standing::Unknown);
        let bucket = Facts::new("AWS::S3::Bucket");
        assert_eq!(bucket.of_property(&["LoggingConfiguration", "TargetObjectKeyFormat"]), Standing::Lacking);
        assert_eq!(bucket.of_property(&["LoggingConfiguration", "Prefix"]), Standing::Unknown);
        assert_eq!(bucket.of_property(&["Arn"]), Standing::Unknown, "an attribute alone");
        assert_eq!(Facts::new("AWS::EC2::VPC").of_attribute("Ipv6CidrBlocks"), Standing::Lacking);
        assert_eq!(Facts::new("AWS::EC2::VPC").of_attribute("Cidr"), Standing::Unknown);
    }

    #[test]
    fn maps_of_any_names_are_supported_below_their_star() {
        let rule = Facts::new("AWS::Events::Rule");
        assert_eq!(rule.of_property(&["Targets", "InputTransformer", "InputPathsMap", "instance"]), Standing::Supported);
        assert_eq!(rule.of_property(&["Targets", "EcsParameters"]), Standing::Lacking);
    }

    #[test]
    fn resolved_properties_are_refused_by_name() {
        let check = |properties| check("AWS::S3::Bucket", &properties).unwrap_err();
        assert_eq!(check(json!({"Bucket": "b"})), "Encountered unsupported property Bucket");
        assert_eq!(
            check(json!({"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "Nme": 1}]}})),
            "Encountered unsupported property Nme"
        );
        assert!(check(json!({"AccessControl": "Private"})).contains("`AccessControl` of `AWS::S3::Bucket` is not supported"));
    }
}
