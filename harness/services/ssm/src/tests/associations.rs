//! Associations, from their schedules to the agents of their targets.

use jiff::Timestamp;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use super::{BOUND, Fixture};

const WEB: &str = "i-0123456789abcdef0";
const DB: &str = "i-0123456789abcdef1";

/// An association of `AWS-RunShellScript` with the nodes that have the tag Backup=Enabled.
async fn create(f: &Fixture, more: Value) -> Result<Value, AwsError> {
    let mut input = json!({
        "Name": "AWS-RunShellScript",
        "Targets": [{"Key": "tag:Backup", "Values": ["Enabled"]}],
        "Parameters": {"commands": ["dump"]},
    });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    f.ssm("CreateAssociation", input).await.map(|made| made["AssociationDescription"].clone())
}

async fn executions(f: &Fixture, id: &Value) -> Vec<Value> {
    let listed = f.ssm("DescribeAssociationExecutions", json!({"AssociationId": id})).await.unwrap();
    listed["AssociationExecutions"].as_array().unwrap().clone()
}

/// The latest run, once it has this status.
async fn ran(f: &Fixture, id: &Value, status: &str) -> Value {
    let found = nightproof_poll::until(BOUND, || async {
        let latest = executions(f, id).await.into_iter().next().unwrap_or_default();
        if latest["Status"] == status { Ok(latest) } else { Err(latest) }
    });
    found.await.unwrap_or_else(|seen| panic!("the association is no {status}: {seen}"))
}

/// The command that waits for the agent of an instance, which takes it.
async fn taken(f: &Fixture, id: &str) -> (String, Value) {
    let messages = f.messages(id).await;
    let payload: Value = serde_json::from_str(messages[0]["Payload"].as_str().unwrap()).unwrap();
    let command = payload["CommandId"].as_str().unwrap().to_owned();
    f.acknowledge(&command, id).await;
    (command, payload)
}

#[tokio::test]
async fn an_association_is_run_at_once_and_whenever_its_schedule_says() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Enabled")]).await;
    f.node(DB, &[]).await;
    let place = json!({"S3Location": {"OutputS3BucketName": "logs", "OutputS3KeyPrefix": "night"}});
    let made = create(&f, json!({"ScheduleExpression": "rate(1 day)", "MaxErrors": "0", "OutputLocation": place})).await.unwrap();
    let id = &made["AssociationId"];
    let (command, payload) = taken(&f, WEB).await;
    assert_eq!((&payload["Parameters"]["commands"], &payload["OutputS3BucketName"]), (&json!(["dump"]), &json!("logs")));
    f.reply(&command, WEB, "Success", 0, "", "").await;
    let first = ran(&f, id, "Success").await;
    assert_eq!(first["ResourceCountByStatus"], "{Success=1}");
    let of = json!({"AssociationId": id, "ExecutionId": first["ExecutionId"]});
    let targets = f.ssm("DescribeAssociationExecutionTargets", of).await.unwrap();
    let target = &targets["AssociationExecutionTargets"][0];
    assert_eq!((&target["ResourceId"], &target["OutputSource"]["OutputSourceId"]), (&json!(WEB), &json!(command)));
    assert!(f.messages_now(DB).await.is_empty());

    f.region.clock().advance_to(f.region.clock().now() + jiff::SignedDuration::from_hours(24));
    let (command, _) = taken(&f, WEB).await;
    f.reply(&command, WEB, "Failed", 3, "", "no").await;
    ran(&f, id, "Failed").await;
    assert_eq!(executions(&f, id).await.len(), 2);
    let shown = f.ssm("DescribeAssociation", json!({"AssociationId": id})).await.unwrap()["AssociationDescription"].clone();
    assert_eq!((&shown["Overview"]["Status"], &shown["AssociationVersion"]), (&json!("Failed"), &json!("1")));
    assert!(shown["LastSuccessfulExecutionDate"].as_str() < shown["LastExecutionDate"].as_str(), "{shown}");
    let of_node = f.ssm("DescribeInstanceAssociationsStatus", json!({"InstanceId": WEB})).await.unwrap();
    assert_eq!(of_node["InstanceAssociationStatusInfos"][0]["Status"], "Failed");
}

#[tokio::test]
async fn one_that_is_only_for_its_cron_expression_waits_for_it() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Enabled")]).await;
    let made = create(&f, json!({"ScheduleExpression": "cron(0 0 3 ? * * *)", "ApplyOnlyAtCronInterval": true})).await.unwrap();
    assert!(f.messages_now(WEB).await.is_empty());
    assert_eq!(made["Overview"]["Status"], "Pending");
    f.region.clock().advance_to(f.region.clock().now() + jiff::SignedDuration::from_hours(24));
    taken(&f, WEB).await;
    ran(&f, &made["AssociationId"], "InProgress").await;
}

#[tokio::test]
async fn a_node_that_comes_later_has_it_run_once_on_itself() {
    let f = Fixture::new();
    f.node(DB, &[("Backup", "Enabled")]).await;
    let made = create(&f, json!({})).await.unwrap();
    taken(&f, DB).await;
    f.node(WEB, &[("Backup", "Enabled")]).await;
    taken(&f, WEB).await;
    f.node(WEB, &[("Backup", "Enabled")]).await;
    assert!(f.messages_now(WEB).await.is_empty() && f.messages_now(DB).await.is_empty(), "it is known already");
    assert_eq!(executions(&f, &made["AssociationId"]).await.len(), 2);
}

#[tokio::test]
async fn an_association_is_changed_listed_started_and_deleted() {
    let f = Fixture::new();
    f.node(WEB, &[("Backup", "Enabled")]).await;
    let quiet = json!({"ScheduleExpression": "cron(0 3 * * ? *)", "ApplyOnlyAtCronInterval": true, "AssociationName": "nightly"});
    let made = create(&f, quiet).await.unwrap();
    let id = json!({"AssociationId": made["AssociationId"]});
    let mut change =
        json!({"ScheduleExpression": "cron(0 4 * * ? *)", "ApplyOnlyAtCronInterval": true, "Parameters": {"commands": ["more"]}});
    change["AssociationId"] = made["AssociationId"].clone();
    let changed = f.ssm("UpdateAssociation", change.clone()).await.unwrap()["AssociationDescription"].clone();
    assert_eq!((&changed["AssociationVersion"], &changed["Parameters"]["commands"]), (&json!("2"), &json!(["more"])));
    assert_eq!((&changed["AssociationName"], &changed["Name"]), (&json!(null), &json!("AWS-RunShellScript")));
    change["AssociationVersion"] = "1".into();
    assert_eq!(f.ssm("UpdateAssociation", change).await.unwrap_err().code, "InvalidAssociationVersion");
    let versions = f.ssm("ListAssociationVersions", id.clone()).await.unwrap();
    assert_eq!(versions["AssociationVersions"][0]["AssociationName"], "nightly");
    let by = |key: &str, value: &str| f.ssm("ListAssociations", json!({"AssociationFilterList": [{"key": key, "value": value}]}));
    assert_eq!(by("Name", "AWS-RunShellScript").await.unwrap()["Associations"].as_array().unwrap().len(), 1);
    assert_eq!(by("Name", "Other").await.unwrap()["Associations"], json!([]));

    f.ssm("StartAssociationsOnce", json!({"AssociationIds": [made["AssociationId"]]})).await.unwrap();
    let (_, payload) = taken(&f, WEB).await;
    assert_eq!(payload["Parameters"]["commands"], json!(["more"]));
    f.ssm("DeleteAssociation", id.clone()).await.unwrap();
    for operation in ["DescribeAssociation", "DeleteAssociation", "ListAssociationVersions", "DescribeAssociationExecutions"] {
        assert_eq!(f.ssm(operation, id.clone()).await.unwrap_err().code, "AssociationDoesNotExist", "{operation}");
    }
    let next: Timestamp = f.region.clock().now() + jiff::SignedDuration::from_hours(48);
    f.region.clock().advance_to(next);
    assert!(f.messages_now(WEB).await.is_empty(), "what is deleted does not run");
}

#[tokio::test]
async fn an_association_of_one_instance_is_named_by_its_document_and_the_instance() {
    let f = Fixture::new();
    let made = create(&f, json!({"Targets": [], "InstanceId": WEB})).await.unwrap();
    let of = json!({"Name": "AWS-RunShellScript", "InstanceId": WEB});
    let shown = f.ssm("DescribeAssociation", of.clone()).await.unwrap();
    assert_eq!(shown["AssociationDescription"]["AssociationId"], made["AssociationId"]);
    let mut told = of.clone();
    told["AssociationStatus"] = json!({"Date": "2026-11-23T03:00:00Z", "Name": "Success", "Message": "done"});
    let shown = f.ssm("UpdateAssociationStatus", told).await.unwrap();
    assert_eq!(shown["AssociationDescription"]["Status"]["Message"], "done");
    f.ssm("DeleteAssociation", of.clone()).await.unwrap();
    assert_eq!(f.ssm("DescribeAssociation", of).await.unwrap_err().code, "AssociationDoesNotExist");
}

#[tokio::test]
async fn what_no_association_can_be_is_refused() {
    let f = Fixture::new();
    for (more, code) in [
        (json!({"Name": "Nobodys"}), "InvalidDocument"),
        (json!({"Parameters": {}}), "InvalidParameters"),
        (json!({"Targets": []}), "InvalidTarget"),
        (json!({"Targets": [{"Key": "Name", "Values": ["x"]}]}), "InvalidTarget"),
        (json!({"ScheduleExpression": "cron(0 3 * * *)"}), "InvalidSchedule"),
        (json!({"ScheduleExpression": "rate(1 day)", "ApplyOnlyAtCronInterval": true}), "InvalidSchedule"),
        (json!({"ApplyOnlyAtCronInterval": true}), "InvalidSchedule"),
    ] {
        assert_eq!(create(&f, more.clone()).await.unwrap_err().code, code, "{more}");
    }
    let none = json!({"AssociationIds": ["00000000-0000-0000-0000-000000000000"]});
    assert_eq!(f.ssm("StartAssociationsOnce", none).await.unwrap_err().code, "AssociationDoesNotExist");
}
