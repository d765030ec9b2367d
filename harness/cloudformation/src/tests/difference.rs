use serde_json::{Value, json};

use super::world::resource_types;
use crate::difference::Difference;
use crate::resource_types::ResourceTypes;

fn between(name: &str, old: &Value, new: &Value) -> Difference {
    Difference::between(ResourceTypes::new(resource_types()).get(name).unwrap(), old, new)
}

#[test]
fn order_of_members_is_no_difference() {
    let old = json!({"MapPublicIpOnLaunch": true, "CidrBlock": "10.0.0.0/24", "VpcId": "vpc-1"});
    let new = json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24", "MapPublicIpOnLaunch": true});
    assert_eq!(between("AWS::EC2::Subnet", &old, &new), Difference::default());
}

#[test]
fn what_the_schema_fixes_is_replaced_unless_the_provider_knows_better() {
    let (old, new) = (json!({"MapPublicIpOnLaunch": true}), json!({"CidrBlock": "10.0.0.0/24"}));
    let difference = between("AWS::EC2::Subnet", &old, &new);
    assert_eq!(difference.changed, ["CidrBlock", "MapPublicIpOnLaunch"]);
    assert_eq!(difference.replacing, ["CidrBlock"]);

    let tenancy = |value: &str| json!({"InstanceTenancy": value});
    assert!(between("AWS::EC2::VPC", &tenancy("default"), &tenancy("dedicated")).needs_replacement());
    assert!(!between("AWS::EC2::VPC", &tenancy("dedicated"), &tenancy("default")).needs_replacement());
    let association = |table: &str| json!({"RouteTableId": table});
    assert!(!between("AWS::EC2::SubnetRouteTableAssociation", &association("a"), &association("b")).needs_replacement());
    let document = |method: &str, content: &str| json!({"UpdateMethod": method, "Content": content});
    assert!(between("AWS::SSM::Document", &document("Replace", "a"), &document("Replace", "b")).needs_replacement());
    assert!(!between("AWS::SSM::Document", &document("NewVersion", "a"), &document("NewVersion", "b")).needs_replacement());
    let rule = |bus: &str| json!({"EventBusName": bus});
    assert!(between("AWS::Events::Rule", &rule("a"), &rule("b")).needs_replacement());
}
