//! Groups over a region with instances and log groups, whose tags they are found by.

use nightproof_core::resource_group::GroupMembers;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};
use nightproof_service_ec2::{Ec2, NoMachines};
use nightproof_service_logs::Logs;
use nightproof_service_tagging::Tagging;
use serde_json::{Value, json};

use crate::records::ResourceGroups;

const ACCOUNT: &str = "111122223333";

struct World {
    region: Region,
}

impl World {
    /// A region with a network, a log group and two groups of resources with the tag `team=a`, one of all and one of log groups.
    async fn new() -> Self {
        let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
        region.install(vec![
            ("ec2", Ec2::new(std::sync::Arc::new(NoMachines))),
            ("logs", Logs::new()),
            ("resource-groups", ResourceGroups::new()),
            ("tagging", Tagging::new()),
        ]);
        let world = Self { region };
        let tags = json!([{"Key": "team", "Value": "a"}]);
        let network = json!({"CidrBlock": "10.0.0.0/16", "TagSpecifications": [{"ResourceType": "vpc", "Tags": tags}]});
        world.call("ec2", "CreateVpc", network).await.unwrap();
        for (name, team) in [("/a", "a"), ("/b", "b")] {
            world.call("logs", "CreateLogGroup", json!({"logGroupName": name, "tags": {"team": team}})).await.unwrap();
        }
        world.group("all", "AWS::AllSupported").await.unwrap();
        world.group("logs", "AWS::Logs::LogGroup").await.unwrap();
        world
    }

    async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.region.call(&Caller::root(ACCOUNT), service, operation, input).await
    }

    async fn ok(&self, operation: &str, input: Value) -> Value {
        self.call("resource-groups", operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    async fn refused(&self, operation: &str, input: Value) -> AwsError {
        self.call("resource-groups", operation, input).await.expect_err("refused")
    }

    async fn group(&self, name: &str, kind: &str) -> Result<Value, AwsError> {
        let input = json!({"Name": name, "ResourceQuery": by_team(kind, "a"), "Tags": {"of": "tests"}});
        self.call("resource-groups", "CreateGroup", input).await
    }
}

fn by_team(kind: &str, team: &str) -> Value {
    let query = json!({"ResourceTypeFilters": [kind], "TagFilters": [{"Key": "team", "Values": [team]}]});
    json!({"Type": "TAG_FILTERS_1_0", "Query": query.to_string()})
}

fn types(found: &Value) -> Vec<&str> {
    found["ResourceIdentifiers"].as_array().unwrap().iter().map(|one| one["ResourceType"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_group_has_the_resources_that_its_query_finds_at_that_moment() {
    let world = World::new().await;
    let all = world.ok("ListGroupResources", json!({"Group": "all"})).await;
    assert_eq!(types(&all), ["AWS::EC2::VPC", "AWS::Logs::LogGroup"]);
    assert_eq!(all["Resources"][1]["Identifier"], all["ResourceIdentifiers"][1]);
    assert_eq!(types(&world.ok("ListGroupResources", json!({"GroupName": "logs"})).await), ["AWS::Logs::LogGroup"]);
    let filtered = json!({"Group": "all", "Filters": [{"Name": "resource-type", "Values": ["AWS::EC2::VPC"]}]});
    assert_eq!(types(&world.ok("ListGroupResources", filtered).await), ["AWS::EC2::VPC"]);
    let page = world.ok("ListGroupResources", json!({"Group": "all", "MaxResults": 1})).await;
    assert_eq!(types(&page), ["AWS::EC2::VPC"]);
    let rest = world.ok("ListGroupResources", json!({"Group": "all", "MaxResults": 1, "NextToken": page["NextToken"]})).await;
    assert_eq!((types(&rest), &rest["NextToken"]), (vec!["AWS::Logs::LogGroup"], &Value::Null));

    world.call("logs", "DeleteLogGroup", json!({"logGroupName": "/a"})).await.unwrap();
    assert!(types(&world.ok("ListGroupResources", json!({"Group": "logs"})).await).is_empty());
    let searched = world.ok("SearchResources", json!({"ResourceQuery": by_team("AWS::Logs::LogGroup", "b")})).await;
    assert_eq!(searched["ResourceIdentifiers"][0]["ResourceArn"], format!("arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/b"));
}

#[tokio::test]
async fn a_group_is_described_changed_listed_tagged_and_deleted() {
    let world = World::new().await;
    let arn = format!("arn:aws:resource-groups:us-east-1:{ACCOUNT}:group/logs");
    let changed = world.ok("UpdateGroup", json!({"Group": arn, "Description": "nightly", "Owner": "ops"})).await;
    assert_eq!(changed["Group"], json!({"GroupArn": arn, "Name": "logs", "Description": "nightly", "Owner": "ops"}));
    assert_eq!(world.ok("GetGroup", json!({"GroupName": "logs"})).await["Group"], changed["Group"]);
    world.ok("UpdateGroupQuery", json!({"Group": "logs", "ResourceQuery": by_team("AWS::EC2::VPC", "b")})).await;
    let query = world.ok("GetGroupQuery", json!({"Group": "logs"})).await;
    assert_eq!(query["GroupQuery"], json!({"GroupName": "logs", "ResourceQuery": by_team("AWS::EC2::VPC", "b")}));

    let listed =
        |name: &'static str, value: &'static str| world.ok("ListGroups", json!({"Filters": [{"Name": name, "Values": [value]}]}));
    assert_eq!(listed("owner", "ops").await["GroupIdentifiers"][0]["GroupArn"], json!(arn));
    assert_eq!(listed("resource-type", "AWS::Logs::LogGroup").await["Groups"][0]["Name"], "all");
    assert_eq!(listed("criticality", "1").await["Groups"], json!([]));

    world.ok("Tag", json!({"Arn": arn, "Tags": {"a": "1"}})).await;
    world.ok("Untag", json!({"Arn": arn, "Keys": ["of"]})).await;
    assert_eq!(world.ok("GetTags", json!({"Arn": arn})).await["Tags"], json!({"a": "1"}));
    world.ok("DeleteGroup", json!({"Group": arn})).await;
    assert_eq!(world.refused("GetGroup", json!({"Group": "logs"})).await.code, "NotFoundException");
}

#[tokio::test]
async fn what_is_no_group_is_refused() {
    let world = World::new().await;
    assert_eq!(world.group("all", "AWS::AllSupported").await.unwrap_err().code, "BadRequestException");
    assert_eq!(world.group("aws-all", "AWS::AllSupported").await.unwrap_err().code, "BadRequestException");
    let broken = json!({"Name": "x", "ResourceQuery": {"Type": "TAG_FILTERS_1_0", "Query": "{"}});
    assert_eq!(world.refused("CreateGroup", broken).await.code, "BadRequestException");
    let stack = json!({"ResourceTypeFilters": ["AWS::AllSupported"], "StackIdentifier": "a-name"});
    let stack = json!({"Name": "x", "ResourceQuery": {"Type": "CLOUDFORMATION_STACK_1_0", "Query": stack.to_string()}});
    assert!(world.refused("CreateGroup", stack).await.message.contains("StackIdentifier"));
    assert_eq!(world.refused("CreateGroup", json!({"Name": "x"})).await.code, "NotImplemented");
    assert_eq!(world.refused("GetGroup", json!({})).await.code, "BadRequestException");
}

#[tokio::test]
async fn other_services_read_the_query_of_a_group() {
    let world = World::new().await;
    let service = world.region.service("resource-groups").unwrap();
    let query = service.resource_group(ACCOUNT, "logs").unwrap();
    assert_eq!(query.members, GroupMembers::Tags(vec![("team".to_owned(), vec!["a".to_owned()])]));
    assert!(service.resource_group(ACCOUNT, "none").is_none());
}

#[test]
fn what_is_not_acted_upon_is_refused_by_name() {
    let unread =
        nightproof_core::operation::unread_members("resource-groups", ResourceGroups::INPUTS).expect("structs fit the model");
    insta::assert_snapshot!(unread.join("\n"));
}
