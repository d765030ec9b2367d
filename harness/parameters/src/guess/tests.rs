use rand::SeedableRng as _;

use super::*;
use crate::Missing;

fn made(parameters: &str) -> Result<Guess, Refused> {
    made_for(parameters, "  T: {Type: 'AWS::SNS::Topic'}")
}

fn made_for(parameters: &str, resources: &str) -> Result<Guess, Refused> {
    let text = format!("Parameters:\n{parameters}\nResources:\n{resources}\n");
    let template = Template::parse(&text).unwrap();
    let missing = Missing::new(&template, &[]).unwrap();
    let document = nightproof_template::to_json(&text).unwrap();
    guess(&template, &document, missing.parameters(), &mut rand::rngs::StdRng::seed_from_u64(1))
}

fn value(parameters: &str) -> String {
    made(parameters).unwrap().parameters[0].value.clone().unwrap()
}

#[test]
fn what_types_name_is_made_in_one_template() {
    let guess = made(
        "  Key: {Type: 'AWS::EC2::KeyPair::KeyName'}\n  Network: {Type: 'AWS::EC2::VPC::Id'}\n  First: {Type: 'AWS::EC2::Subnet::Id'}\n  Second: {Type: 'AWS::EC2::Subnet::Id'}\n  PrivateOnes: {Type: 'List<AWS::EC2::Subnet::Id>'}\n  Groups: {Type: 'List<AWS::EC2::SecurityGroup::Id>'}\n  Zones: {Type: 'List<AWS::EC2::AvailabilityZone::Name>'}\n  Image: {Type: 'AWS::EC2::Image::Id'}\n  Latest: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>'}\n  Stored: {Type: 'AWS::SSM::Parameter::Value<String>'}",
    )
    .unwrap();
    let known: Vec<(&str, Option<&str>)> = guess.parameters.iter().map(|one| (one.name.as_str(), one.value.as_deref())).collect();
    assert_eq!(known.iter().filter(|(_, value)| value.is_some()).collect::<Vec<_>>(), [&("Latest", Some(IMAGE))]);
    let template: Value = serde_json::from_str(&guess.existing.unwrap()).unwrap();
    Template::parse(&template.to_string()).unwrap();
    insta::assert_json_snapshot!(template);
}

#[test]
fn names_and_constraints_tell_what_a_text_is_for() {
    for (declared, wanted) in [
        ("  InstanceType: {Type: String, AllowedValues: [m5.large, t3.micro]}", "t3.micro"),
        ("  InstanceType: {Type: String}", "t3.micro"),
        ("  Environment: {Type: String, AllowedValues: [dev, prod]}", "dev"),
        ("  OperatorEmail: {Type: String}", "nightproof@example.com"),
        ("  VpcCidr: {Type: String}", "10.0.0.0/16"),
        ("  SSHLocation: {Type: String, MinLength: 9, MaxLength: 18}", "203.0.113.0/24"),
        ("  Days: {Type: Number, MinValue: 1}", "7"),
        ("  Size: {Type: Number, MinValue: 100}", "100"),
        ("  BackupSchedule: {Type: String}", "cron(0 3 * * ? *)"),
        ("  Label: {Type: String}", "value"),
        // The name says subnet, the pattern that it is none.
        ("  SubnetMask: {Type: String, AllowedPattern: '2[4]'}", "24"),
    ] {
        assert_eq!(value(declared), wanted, "{declared}");
    }
}

#[test]
fn subnets_get_ranges_of_their_own() {
    let guess = made("  PublicSubnetCidr: {Type: String}\n  PrivateSubnetCidr: {Type: String}").unwrap();
    let values: Vec<&str> = guess.parameters.iter().filter_map(|one| one.value.as_deref()).collect();
    assert_eq!(values, ["10.0.1.0/24", "10.0.2.0/24"]);
    assert_eq!(guess.existing, None);
}

#[test]
fn a_bucket_that_the_template_makes_is_new_and_another_exists() {
    let declared = "  Archive: {Type: String}";
    let own = made_for(declared, "  B: {Type: 'AWS::S3::Bucket', Properties: {BucketName: !Ref Archive}}").unwrap();
    assert!(own.parameters[0].value.as_deref().unwrap().starts_with("nightproof-"));
    assert_eq!(own.existing, None);
    let other = made("  ArchiveBucket: {Type: String}").unwrap();
    assert_eq!(other.parameters[0].value, None);
    assert!(other.existing.unwrap().contains("AWS::S3::Bucket"));
}

#[test]
fn properties_tell_where_a_name_does_not() {
    let declared = "  Where: {Type: String}";
    let found = made_for(declared, "  I: {Type: 'AWS::EC2::Instance', Properties: {SubnetId: !Ref Where}}").unwrap();
    assert!(found.existing.unwrap().contains("AWS::EC2::Subnet"));
}

#[test]
fn passwords_are_random_within_their_constraints_and_not_shown() {
    for declared in [
        "  Password: {Type: String, NoEcho: true}",
        "  Password: {Type: String, NoEcho: true, MinLength: 8, MaxLength: 12, AllowedPattern: '[a-zA-Z0-9]*'}",
        "  Password: {Type: String, NoEcho: true, AllowedPattern: '[a-z]{10}'}",
        "  Password: {Type: String, NoEcho: true, MinLength: 30}",
        // Java's expressions look ahead.
        "  Password: {Type: String, NoEcho: true, AllowedPattern: '^(?=.*[A-Z])(?=.*\\d)(?=.*[!#$%&*+=?_-]).{12,}$'}",
    ] {
        let guess = made(declared).unwrap();
        let one = &guess.parameters[0];
        assert!(one.no_echo, "{declared}");
        let parameter =
            Template::parse(&format!("Parameters:\n{declared}\nResources:\n  T: {{Type: 'AWS::SNS::Topic'}}\n")).unwrap();
        assert!(parameter.parameters[0].accepts(one.value.as_deref().unwrap()).is_ok(), "{declared}");
    }
}

#[test]
fn what_cannot_be_made_up_is_refused_all_at_once() {
    let refused = made(
        "  Zone: {Type: 'AWS::Route53::HostedZone::Id'}\n  TaskRoleArn: {Type: String}\n  Label: {Type: String}\n  InstanceId: {Type: 'AWS::EC2::Instance::Id'}\n  Odd: {Type: String, AllowedPattern: '[a-z]+', MinLength: 900, MaxLength: 900}",
    )
    .unwrap_err();
    insta::assert_snapshot!(refused);
}
