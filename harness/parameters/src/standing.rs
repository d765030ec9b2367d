//! What parameters name and a region does not have yet, as a template: networks, key pairs, buckets, and so on, each with an output.

use serde_json::{Map, Value, json};

use crate::purpose::Purpose;

/// The public parameter that has the newest image of Amazon Linux 2023.
/// <https://docs.aws.amazon.com/linux/al2023/ug/ec2.html#launch-via-aws-cli>
pub(crate) const IMAGE: &str = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";

/// How many zones subnets are spread over.
const ZONES: usize = 3;

/// A template that grows with what parameters name.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    parameters: Map<String, Value>,
    resources: Map<String, Value>,
    outputs: Map<String, Value>,
    /// Subnets that are public, and that are not.
    subnets: [usize; 2],
    zones: usize,
    others: usize,
}

impl Standing {
    /// The template; `None` if nothing is in it.
    pub(crate) fn template(self) -> Option<String> {
        if self.outputs.is_empty() {
            return None;
        }
        // A stack has a resource at least.
        let mut resources = self.resources;
        if resources.is_empty() {
            resources.insert("Nothing".to_owned(), json!({ "Type": "AWS::CloudFormation::WaitConditionHandle" }));
        }
        let template = json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": "What the parameters of another template name.",
            "Parameters": self.parameters,
            "Resources": resources,
            "Outputs": self.outputs,
        });
        Some(template.to_string())
    }

    /// Makes the output `name` what `value` comes to.
    pub(crate) fn output(&mut self, name: &str, value: Value) {
        self.outputs.insert(name.to_owned(), json!({ "Value": value }));
    }

    /// Stores `value` under a name in Parameter Store. Returns the name.
    pub(crate) fn stored(&mut self, value: &Value, list: bool) -> Value {
        self.others += 1;
        let kind = if list { "StringList" } else { "String" };
        self.add(format!("Parameter{}", self.others), "AWS::SSM::Parameter", json!({ "Type": kind, "Value": value }))
    }

    /// One thing of the kind that `purpose` names: the value that names it; `None` for what is no thing.
    pub(crate) fn one(&mut self, purpose: Purpose) -> Option<Value> {
        Some(match purpose {
            Purpose::KeyPair => self.add("KeyPair".to_owned(), "AWS::EC2::KeyPair", json!({ "KeyName": name("key") })),
            Purpose::Vpc => self.vpc(),
            Purpose::Subnet { private } => self.subnet(private),
            Purpose::SecurityGroup => {
                let vpc = self.vpc();
                self.others += 1;
                let id = format!("Group{}", self.others);
                let properties = json!({ "GroupDescription": "Named by a parameter", "VpcId": vpc });
                self.add(id.clone(), "AWS::EC2::SecurityGroup", properties);
                json!({ "Fn::GetAtt": [id, "GroupId"] })
            }
            Purpose::SecurityGroupName => {
                // Groups are named in the default VPC alone.
                let group_name = name("group");
                let properties = json!({ "GroupDescription": "Named by a parameter", "GroupName": group_name });
                self.add("NamedGroup".to_owned(), "AWS::EC2::SecurityGroup", properties);
                group_name
            }
            Purpose::Zone => {
                self.zones += 1;
                zone(self.zones - 1)
            }
            Purpose::Image => {
                let declared = json!({ "Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", "Default": IMAGE });
                self.parameters.insert("Image".to_owned(), declared);
                json!({ "Ref": "Image" })
            }
            Purpose::Bucket { new: false } => {
                self.others += 1;
                self.add(format!("Bucket{}", self.others), "AWS::S3::Bucket", json!({}))
            }
            Purpose::Topic => {
                self.others += 1;
                self.add(format!("Topic{}", self.others), "AWS::SNS::Topic", json!({}))
            }
            Purpose::EncryptionKey => {
                self.others += 1;
                let id = format!("Key{}", self.others);
                let root = json!({ "AWS": { "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" } });
                let statement = json!({ "Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*" });
                let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
                self.add(id.clone(), "AWS::KMS::Key", json!({ "KeyPolicy": policy, "PendingWindowInDays": 7 }));
                json!({ "Fn::GetAtt": [id, "Arn"] })
            }
            _ => return None,
        })
    }

    /// Adds a resource, once. Returns its reference.
    fn add(&mut self, id: String, kind: &str, properties: Value) -> Value {
        let reference = json!({ "Ref": id });
        self.resources.entry(id).or_insert_with(|| json!({ "Type": kind, "Properties": properties }));
        reference
    }

    /// A VPC whose instances reach the Internet if they have a public address.
    fn vpc(&mut self) -> Value {
        let properties = json!({ "CidrBlock": "10.0.0.0/16", "EnableDnsSupport": true, "EnableDnsHostnames": true });
        let vpc = self.add("Vpc".to_owned(), "AWS::EC2::VPC", properties);
        let gateway = self.add("Gateway".to_owned(), "AWS::EC2::InternetGateway", json!({}));
        let attached = json!({ "VpcId": vpc, "InternetGatewayId": gateway });
        self.add("Attached".to_owned(), "AWS::EC2::VPCGatewayAttachment", attached);
        let table = self.add("Public".to_owned(), "AWS::EC2::RouteTable", json!({ "VpcId": vpc }));
        let route = json!({ "RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway });
        self.resources
            .entry("PublicRoute".to_owned())
            .or_insert_with(|| json!({ "Type": "AWS::EC2::Route", "DependsOn": "Attached", "Properties": route }));
        vpc
    }

    /// The next subnet, in the next zone; what is private reaches the Internet by a NAT gateway.
    fn subnet(&mut self, private: bool) -> Value {
        let vpc = self.vpc();
        if private && !self.resources.contains_key("Nat") {
            let public = self.subnet(false);
            self.resources.insert(
                "Address".to_owned(),
                json!({ "Type": "AWS::EC2::EIP", "DependsOn": "Attached", "Properties": { "Domain": "vpc" } }),
            );
            let address = json!({ "Fn::GetAtt": ["Address", "AllocationId"] });
            let nat = json!({ "AllocationId": address, "SubnetId": public });
            let nat = self.add("Nat".to_owned(), "AWS::EC2::NatGateway", nat);
            let table = self.add("Private".to_owned(), "AWS::EC2::RouteTable", json!({ "VpcId": vpc }));
            let route = json!({ "RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": nat });
            self.add("PrivateRoute".to_owned(), "AWS::EC2::Route", route);
        }
        let [count, hidden] = &mut self.subnets;
        let (label, count, base) = if private { ("Private", hidden, 160) } else { ("Public", count, 96) };
        let index = *count;
        *count += 1;
        let properties = json!({
            "VpcId": vpc,
            "CidrBlock": format!("10.0.{}.0/24", (base + index) % 256),
            "AvailabilityZone": zone(index),
            "MapPublicIpOnLaunch": !private,
        });
        let subnet = self.add(format!("{label}Subnet{}", index + 1), "AWS::EC2::Subnet", properties);
        let association = json!({ "SubnetId": subnet, "RouteTableId": { "Ref": label } });
        self.add(format!("{label}Association{}", index + 1), "AWS::EC2::SubnetRouteTableAssociation", association);
        subnet
    }
}

/// The zone with this number.
fn zone(index: usize) -> Value {
    json!({ "Fn::Select": [index % ZONES, { "Fn::GetAZs": "" }] })
}

/// A name that no other stack's has.
fn name(of: &str) -> Value {
    json!({ "Fn::Sub": format!("${{AWS::StackName}}-{of}") })
}
