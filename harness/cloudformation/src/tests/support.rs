use serde_json::json;

use super::world::resource_types;
use crate::resource_types::ResourceTypes;
use crate::support::{Standing, Support};

/// What a provider says it supports is what AWS has, or nobody could declare it.
#[test]
fn every_type_property_member_and_attribute_of_a_provider_is_known_to_aws() {
    let types = ResourceTypes::new(resource_types());
    for one in types.iter() {
        let facts = one.provider.facts();
        let schema = one.schema().unwrap_or_else(|| panic!("{}", facts.name));
        for property in facts.properties {
            assert!(schema.has_property(&[property]) && !schema.is_read_only(&[property]), "{} {property}", facts.name);
        }
        for required in schema.required() {
            assert!(facts.properties.contains(&required), "{} requires {required}", facts.name);
        }
        assert!(facts.naming.is_none_or(|property| facts.properties.contains(&property)), "{}", facts.name);
        for (property, members) in facts.members {
            assert!(facts.properties.contains(property), "{} {property}", facts.name);
            for member in *members {
                let path: Vec<&str> = std::iter::once(*property).chain(member.split('.')).collect();
                assert!(schema.has_property(&path), "{} {path:?}", facts.name);
            }
        }
        for attribute in facts.attributes {
            let path: Vec<&str> = attribute.trim_end_matches(".*").split('.').collect();
            assert!(schema.has_property(&path), "{} {attribute}", facts.name);
        }
    }
}

#[test]
fn a_property_that_aws_knows_is_lacking_and_another_is_not_known() {
    let types = ResourceTypes::new(resource_types());
    let route = Support::new(&types, "AWS::EC2::Route");
    assert_eq!(route.property(&["GatewayId"]), Standing::Supported);
    assert_eq!(route.property(&["CarrierGatewayId"]), Standing::Lacking);
    assert_eq!(route.property(&["CarrierGateway"]), Standing::Unknown);
    let bucket = Support::new(&types, "AWS::S3::Bucket");
    assert_eq!(bucket.property(&["LoggingConfiguration", "TargetObjectKeyFormat"]), Standing::Lacking);
    assert_eq!(bucket.property(&["LoggingConfiguration", "Prefix"]), Standing::Unknown);
    assert_eq!(bucket.property(&["Arn"]), Standing::Unknown, "an attribute alone");
    assert_eq!(Support::new(&types, "AWS::EC2::VPC").attribute("Ipv6CidrBlocks"), Standing::Lacking);
    assert_eq!(Support::new(&types, "AWS::EC2::VPC").attribute("Cidr"), Standing::Unknown);
    let rule = Support::new(&types, "AWS::Events::Rule");
    assert_eq!(rule.property(&["Targets", "InputTransformer", "InputPathsMap", "instance"]), Standing::Supported);
    assert_eq!(rule.property(&["Targets", "EcsParameters"]), Standing::Lacking);
}

#[test]
fn a_type_without_a_provider_is_recorded_unless_that_would_mislead() {
    let types = ResourceTypes::new(crate::resources::resource_types().iter().copied());
    for (name, standing) in [
        ("AWS::RDS::DBInstance", Standing::Supported),
        ("AWS::NetworkFirewall::Firewall", Standing::Lacking),
        ("Custom::Anything", Standing::Supported),
        ("AWS::S3::Bukket", Standing::Unknown),
    ] {
        assert_eq!(Support::new(&types, name).standing(), standing, "{name}");
    }
}

#[test]
fn resolved_properties_are_refused_by_name() {
    let types = ResourceTypes::new(resource_types());
    let check = |properties| Support::new(&types, "AWS::S3::Bucket").check(&properties).unwrap_err();
    assert_eq!(check(json!({"Bucket": "b"})), "Encountered unsupported property Bucket");
    assert_eq!(
        check(json!({"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "Nme": 1}]}})),
        "Encountered unsupported property Nme"
    );
    assert!(check(json!({"BucketNamespace": "global"})).contains("`BucketNamespace` of `AWS::S3::Bucket` is not supported"));
}
