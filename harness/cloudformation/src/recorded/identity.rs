//! Names, ids, ARNs and addresses of recorded resources, in the form that AWS gives them.

use nightproof_core::credentials::random_string;
use nightproof_core::service::Arn;
use nightproof_registry::{ResourceType as Schema, Scalar};
use serde_json::Value;

use crate::texts;

/// Longest name that is made for a resource without one: as long as the shortest of AWS's limits allows for most types.
pub(super) const LONGEST_NAME: usize = 63;

/// Prefixes of ids: type, prefix.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html>
const PREFIXES: &[(&str, &str)] = &[
    ("AWS::EC2::CapacityReservation", "cr"),
    ("AWS::EC2::CustomerGateway", "cgw"),
    ("AWS::EC2::DHCPOptions", "dopt"),
    ("AWS::EC2::EgressOnlyInternetGateway", "eigw"),
    ("AWS::EC2::FlowLog", "fl"),
    ("AWS::EC2::KeyPair", "key"),
    ("AWS::EC2::LaunchTemplate", "lt"),
    ("AWS::EC2::NetworkInterface", "eni"),
    ("AWS::EC2::PrefixList", "pl"),
    ("AWS::EC2::TransitGateway", "tgw"),
    ("AWS::EC2::TransitGatewayAttachment", "tgw-attach"),
    ("AWS::EC2::TransitGatewayRouteTable", "tgw-rtb"),
    ("AWS::EC2::VPCEndpoint", "vpce"),
    ("AWS::EC2::VPCPeeringConnection", "pcx"),
    ("AWS::EC2::VPNConnection", "vpn"),
    ("AWS::EC2::VPNGateway", "vgw"),
    ("AWS::EC2::Volume", "vol"),
    ("AWS::EFS::AccessPoint", "fsap"),
    ("AWS::EFS::FileSystem", "fs"),
    ("AWS::EFS::MountTarget", "fsmt"),
    ("AWS::FSx::FileSystem", "fs"),
    ("AWS::SSM::MaintenanceWindow", "mw"),
    ("AWS::SSM::PatchBaseline", "pb"),
];

/// ARNs: type, service, what stands before the name.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
const ARNS: &[(&str, &str, &str)] = &[
    ("AWS::Backup::BackupPlan", "backup", "backup-plan:"),
    ("AWS::Backup::BackupVault", "backup", "backup-vault:"),
    ("AWS::ECS::TaskDefinition", "ecs", "task-definition/"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "elasticloadbalancing", "loadbalancer/app/"),
    ("AWS::ElasticLoadBalancingV2::Listener", "elasticloadbalancing", "listener/app/"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "elasticloadbalancing", "targetgroup/"),
    ("AWS::RDS::DBCluster", "rds", "cluster:"),
    ("AWS::RDS::DBInstance", "rds", "db:"),
    ("AWS::RDS::DBSubnetGroup", "rds", "subgrp:"),
    ("AWS::Redshift::Cluster", "redshift", "cluster:"),
    ("AWS::StepFunctions::StateMachine", "states", "stateMachine:"),
];

/// Services whose prefix in ARNs is not their namespace in small letters.
const SERVICES: &[(&str, &str)] = &[
    ("ApiGatewayV2", "apigateway"),
    ("CertificateManager", "acm"),
    ("Cognito", "cognito-idp"),
    ("EFS", "elasticfilesystem"),
    ("ElasticLoadBalancingV2", "elasticloadbalancing"),
    ("Elasticsearch", "es"),
    ("KinesisFirehose", "firehose"),
    ("MSK", "kafka"),
    ("OpenSearchService", "es"),
    ("StepFunctions", "states"),
];

/// Where a resource is, and of which type.
pub(super) struct Place<'a> {
    /// `AWS::RDS::DBInstance`
    pub kind: &'a str,
    pub region: &'a str,
    pub account: &'a str,
}

impl Place<'_> {
    fn namespace(&self) -> &str {
        self.kind.split("::").nth(1).unwrap_or_default()
    }

    fn service(&self) -> String {
        let namespace = self.namespace();
        let known = SERVICES.iter().find(|(known, _)| *known == namespace);
        known.map_or_else(|| namespace.to_ascii_lowercase(), |(_, service)| (*service).to_owned())
    }

    fn arn(&self, name: &str) -> String {
        let (service, before) = match ARNS.iter().find(|(kind, ..)| *kind == self.kind) {
            Some((_, service, before)) => ((*service).to_owned(), (*before).to_owned()),
            None => (self.service(), format!("{}/", self.kind.rsplit("::").next().unwrap_or_default().to_ascii_lowercase())),
        };
        Arn::new(&service, self.region, self.account, format!("{before}{name}")).to_string()
    }

    fn id(&self) -> String {
        let hexadecimal = |length| random_string(b"0123456789abcdef", length);
        match (PREFIXES.iter().find(|(kind, _)| *kind == self.kind), self.namespace()) {
            (Some((_, prefix)), _) => format!("{prefix}-{}", hexadecimal(17)),
            (None, "EC2") => {
                format!("{}-{}", self.kind.rsplit("::").next().unwrap_or_default().to_ascii_lowercase(), hexadecimal(17))
            }
            (None, "ApiGateway" | "ApiGatewayV2") => random_string(b"abcdefghijklmnopqrstuvwxyz0123456789", 10),
            (None, "CloudFront") => format!("E{}", random_string(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 13)),
            (None, "Route53") => format!("Z{}", random_string(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 20)),
            (None, _) => uuid::Uuid::new_v4().to_string(),
        }
    }
}

/// The part of a type's identifier that `Ref` returns: the one that AWS makes, or else the last.
/// <https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-identifier.html>
fn referred(schema: &Schema) -> Option<&str> {
    let mut made = schema.identifier().filter(|path| schema.is_read_only(&parts(path)));
    made.next().or_else(|| schema.identifier().last())
}

/// What `Ref` returns. What the template does not give is made, a name from `name`.
pub(super) fn physical(schema: &Schema, place: &Place<'_>, name: &str, properties: &Value) -> String {
    let Some(path) = referred(schema) else { return name.to_owned() };
    let lower = path.ends_with("Identifier") || matches!(place.namespace(), "ECR" | "OpenSearchService" | "Elasticsearch");
    match (given(properties, path), is_arn(path)) {
        (Some(given), _) => given,
        (None, true) => place.arn(name),
        (None, false) if schema.is_read_only(&parts(path)) => place.id(),
        (None, false) if lower => name.to_ascii_lowercase(),
        (None, false) => name.to_owned(),
    }
}

/// The ARN that a permission is asked for of the resource with this physical id.
pub(super) fn resource(place: &Place<'_>, physical: &str) -> String {
    if physical.starts_with("arn:") { physical.to_owned() } else { place.arn(physical) }
}

/// Whether AWS generates what `Ref` returns, so that it is unknown before the resource exists.
pub(super) fn is_made_by_aws(schema: &Schema) -> bool {
    referred(schema).is_some_and(|path| schema.is_read_only(&parts(path)))
}

/// Paths of what `Fn::GetAtt` returns of a type: what AWS makes up by rules that hold for all resources. State and times are not among it.
pub(super) fn attributes(schema: &Schema) -> impl Iterator<Item = &str> {
    let is_identifier = |path: &str| schema.identifier().any(|part| part == path);
    schema.read_only().filter(move |path| {
        let is_text = schema.scalar(&parts(path)) == Some(Scalar::Text);
        let is_number = matches!(schema.scalar(&parts(path)), Some(Scalar::Integer | Scalar::Text));
        !path.contains('*')
            && (is_identifier(path)
                || is_text && (is_arn(path) || is_id(path) || is_address(path) || is_name(path))
                || is_number && (is_port(path) || is_version(path)))
    })
}

/// The value of one of [`attributes`].
pub(super) fn attribute(schema: &Schema, path: &str, place: &Place<'_>, physical: &str, properties: &Value) -> Option<Value> {
    let name = physical.rsplit('/').next().unwrap_or(physical);
    if referred(schema) == Some(path) {
        return Some(physical.into());
    }
    Some(match path {
        _ if is_version(path) => number(schema, path, 1),
        _ if is_port(path) => number(schema, path, given(properties, "Port")?.parse().ok()?),
        _ if is_arn(path) && physical.starts_with("arn:") => physical.into(),
        _ if is_arn(path) => place.arn(name).into(),
        _ if is_address(path) => {
            let label = random_string(b"abcdefghijklmnopqrstuvwxyz0123456789", 12);
            let host = format!("{}.{label}.{}.{}.amazonaws.com", name.to_ascii_lowercase(), place.region, place.service());
            if path.ends_with("Url") || path.ends_with("Uri") { format!("https://{host}").into() } else { host.into() }
        }
        _ if is_name(path) => name.into(),
        _ => place.id().into(),
    })
}

fn number(schema: &Schema, path: &str, value: i64) -> Value {
    if schema.scalar(&parts(path)) == Some(Scalar::Text) { value.to_string().into() } else { value.into() }
}

fn parts(path: &str) -> Vec<&str> {
    path.split('/').collect()
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A scalar that the template gives.
fn given(properties: &Value, path: &str) -> Option<String> {
    parts(path).into_iter().try_fold(properties, |value, part| value.get(part)).and_then(texts::text)
}

fn is_arn(path: &str) -> bool {
    let last = last(path);
    last.ends_with("Arn") || last.ends_with("ARN")
}

fn is_id(path: &str) -> bool {
    last(path).ends_with("Id")
}

fn is_name(path: &str) -> bool {
    let last = last(path);
    !is_address(path) && (last.ends_with("Name") || last == "FullName")
}

fn is_port(path: &str) -> bool {
    last(path) == "Port"
}

fn is_version(path: &str) -> bool {
    last(path).ends_with("VersionNumber")
}

fn is_address(path: &str) -> bool {
    ["Endpoint", "Endpoint/Address", "Address", "DNSName", "DnsName", "DomainName", "Hostname", "Url", "Uri"]
        .iter()
        .any(|ending| path.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use nightproof_registry::resource_type;
    use serde_json::json;

    use super::*;

    fn named(kind: &str, properties: &Value) -> (String, Vec<(String, Value)>) {
        let schema = resource_type(kind).unwrap();
        let place = Place { kind, region: "us-east-1", account: "111122223333" };
        let physical = physical(&schema, &place, "s-Db-ABC", properties);
        let value = |path: &str| Some((path.to_owned(), attribute(&schema, path, &place, &physical, properties)?));
        let values = attributes(&schema).filter_map(value).collect();
        (physical, values)
    }

    fn value<'a>(values: &'a [(String, Value)], path: &str) -> &'a Value {
        &values.iter().find(|(name, _)| name == path).unwrap_or_else(|| panic!("{path}: {values:?}")).1
    }

    #[test]
    fn a_name_is_the_one_that_is_given_or_made() {
        assert_eq!(named("AWS::DynamoDB::Table", &json!({"TableName": "orders"})).0, "orders");
        assert_eq!(named("AWS::DynamoDB::Table", &json!({})).0, "s-Db-ABC");
        assert_eq!(named("AWS::RDS::DBInstance", &json!({})).0, "s-db-abc");
        let (id, _) = named("AWS::EC2::VPCEndpoint", &json!({}));
        assert!(id.starts_with("vpce-") && id.len() == 22, "{id}");
        // Of several parts, it is the one that AWS makes, or else the last.
        let (target, values) = named("AWS::SSM::MaintenanceWindowTarget", &json!({"WindowId": "mw-1"}));
        assert_eq!(value(&values, "WindowTargetId"), &json!(target));
        assert_eq!(named("AWS::ApiGateway::Stage", &json!({"RestApiId": "r", "StageName": "prod"})).0, "prod");
    }

    #[test]
    fn attributes_have_their_form_and_agree_with_the_identifier() {
        let (_, values) = named("AWS::RDS::DBInstance", &json!({"DBInstanceIdentifier": "main", "Port": "5432"}));
        assert_eq!(value(&values, "DBInstanceArn"), "arn:aws:rds:us-east-1:111122223333:db:main");
        assert_eq!(value(&values, "Endpoint/Port"), "5432");
        let address = value(&values, "Endpoint/Address").as_str().unwrap();
        assert!(address.starts_with("main.") && address.ends_with(".us-east-1.rds.amazonaws.com"), "{address}");
        let (physical, values) = named("AWS::EC2::LaunchTemplate", &json!({}));
        assert_eq!((value(&values, "LaunchTemplateId"), value(&values, "LatestVersionNumber")), (&json!(physical), &json!("1")));
        let (physical, values) = named("AWS::ElasticLoadBalancingV2::LoadBalancer", &json!({}));
        assert_eq!(value(&values, "LoadBalancerArn"), &json!(physical));
        assert!(physical.starts_with("arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/"), "{physical}");
    }

    #[test]
    fn what_is_not_made_up_is_no_attribute() {
        let instance = resource_type("AWS::RDS::DBInstance").unwrap();
        assert!(attributes(&instance).all(|path| path != "DBInstanceStatus" && path != "InstanceCreateTime"));
    }
}
