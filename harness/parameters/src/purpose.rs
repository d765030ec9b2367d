//! What a parameter's value is for, by its type, its name, and the properties that it goes to.

use nightproof_template::Parameter;

use crate::usage::Use;

/// What a value is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    KeyPair,
    Vpc,
    Subnet {
        private: bool,
    },
    SecurityGroup,
    SecurityGroupName,
    Zone,
    Image,
    InstanceType,
    Cidr(Range),
    Email,
    Domain,
    Bucket {
        new: bool,
    },
    Topic,
    EncryptionKey,
    Schedule,
    Password,
    Number,
    Text,
    /// Something that exists, and that cannot be made up: what it is.
    Existing(&'static str),
}

/// Whose addresses a range has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Range {
    Vpc,
    Subnet,
    /// Those of clients.
    Clients,
}

/// The type of one value: `T` of `T`, `List<T>` and `AWS::SSM::Parameter::Value<T>`.
pub(crate) fn bare(kind: &str) -> &str {
    let within = |kind: &str, prefix: &str| kind.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('>')).map(str::len);
    let mut kind = kind;
    for prefix in ["AWS::SSM::Parameter::Value<", "List<"] {
        if let Some(length) = within(kind, prefix) {
            kind = kind.get(prefix.len()..prefix.len() + length).unwrap_or(kind);
        }
    }
    kind
}

/// What `parameter` is for, which the template uses as `uses` have it.
pub(crate) fn from_uses(parameter: &Parameter, uses: &[Use]) -> Purpose {
    let name = parameter.name.as_str();
    match bare(&parameter.kind) {
        "AWS::EC2::KeyPair::KeyName" => Purpose::KeyPair,
        "AWS::EC2::VPC::Id" => Purpose::Vpc,
        "AWS::EC2::Subnet::Id" => Purpose::Subnet { private: name.to_lowercase().contains("private") },
        "AWS::EC2::SecurityGroup::Id" => Purpose::SecurityGroup,
        "AWS::EC2::SecurityGroup::GroupName" => Purpose::SecurityGroupName,
        "AWS::EC2::AvailabilityZone::Name" => Purpose::Zone,
        "AWS::EC2::Image::Id" => Purpose::Image,
        "AWS::EC2::Instance::Id" => Purpose::Existing("an instance"),
        "AWS::EC2::Volume::Id" => Purpose::Existing("a volume"),
        "AWS::Route53::HostedZone::Id" => Purpose::Existing("a hosted zone"),
        "Number" => Purpose::Number,
        _ if parameter.no_echo => Purpose::Password,
        _ => {
            let by_uses = || uses.iter().find_map(|one| by_word(&one.property));
            let found = by_word(name).or_else(by_uses).unwrap_or(Purpose::Text);
            match found {
                Purpose::Bucket { .. } => Purpose::Bucket { new: uses.iter().any(makes_bucket) },
                found => found,
            }
        }
    }
}

fn makes_bucket(one: &Use) -> bool {
    one.kind == "AWS::S3::Bucket" && one.property == "BucketName"
}

/// What a value of this name is for; `None` if the name says nothing.
fn by_word(name: &str) -> Option<Purpose> {
    let word = name.to_lowercase();
    let has = |part: &str| word.contains(part);
    let is = |parts: &[&str]| parts.iter().any(|part| word == *part);
    Some(match () {
        () if has("hostedzone") => Purpose::Existing("a hosted zone"),
        () if has("certificate") => Purpose::Existing("a certificate"),
        () if has("cidr") || has("iprange") || is(&["sshlocation", "sshfrom", "allowedip", "cidrblock", "cidrip"]) => {
            Purpose::Cidr(match () {
                () if has("subnet") => Range::Subnet,
                () if has("vpc") => Range::Vpc,
                () => Range::Clients,
            })
        }
        () if has("email") => Purpose::Email,
        () if has("kms") => Purpose::EncryptionKey,
        () if has("keyname") || has("keypair") || is(&["sshkey"]) => Purpose::KeyPair,
        () if has("availabilityzone") || is(&["az", "azs", "zone", "zones"]) => Purpose::Zone,
        () if has("subnet") && !has("name") => Purpose::Subnet { private: has("private") },
        () if has("securitygroup") && has("name") => Purpose::SecurityGroupName,
        () if has("securitygroup") => Purpose::SecurityGroup,
        () if has("vpc") && !has("name") => Purpose::Vpc,
        () if has("imageid") || has("amiid") || is(&["ami", "image"]) || name.ends_with("AMI") || name.ends_with("Ami") => {
            Purpose::Image
        }
        () if has("instancetype") => Purpose::InstanceType,
        () if has("instanceid") => Purpose::Existing("an instance"),
        () if has("volumeid") => Purpose::Existing("a volume"),
        () if has("bucket") => Purpose::Bucket { new: false },
        () if has("topic") && has("arn") => Purpose::Topic,
        () if has("role") && has("arn") => Purpose::Existing("a role"),
        () if has("schedule") || has("cron") => Purpose::Schedule,
        () if word.ends_with("arn") || word.ends_with("arns") => Purpose::Existing("what an ARN names"),
        () if has("domain") => Purpose::Domain,
        () => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_one_value_is_found_in_lists_and_stored_parameters() {
        for (kind, wanted) in [
            ("String", "String"),
            ("List<AWS::EC2::Subnet::Id>", "AWS::EC2::Subnet::Id"),
            ("AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", "AWS::EC2::Image::Id"),
            ("AWS::SSM::Parameter::Value<List<AWS::EC2::Subnet::Id>>", "AWS::EC2::Subnet::Id"),
        ] {
            assert_eq!(bare(kind), wanted, "{kind}");
        }
    }

    #[test]
    fn names_say_what_a_value_is_for() {
        for (name, wanted) in [
            ("SSHLocation", Some(Purpose::Cidr(Range::Clients))),
            ("VpcCIDR", Some(Purpose::Cidr(Range::Vpc))),
            ("PrivateSubnet1CIDR", Some(Purpose::Cidr(Range::Subnet))),
            ("PrivateSubnetIds", Some(Purpose::Subnet { private: true })),
            ("VPC", Some(Purpose::Vpc)),
            ("VpcName", None),
            ("KmsKeyArn", Some(Purpose::EncryptionKey)),
            ("KeyName", Some(Purpose::KeyPair)),
            ("LatestAMI", Some(Purpose::Image)),
            ("OperatorEMail", Some(Purpose::Email)),
            ("BackupBucketName", Some(Purpose::Bucket { new: false })),
            ("BackupSchedule", Some(Purpose::Schedule)),
            ("TaskRoleArn", Some(Purpose::Existing("a role"))),
            ("Environment", None),
        ] {
            assert_eq!(by_word(name), wanted, "{name}");
        }
    }
}
