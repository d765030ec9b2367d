//! Backups, and tables that are made of them.

use jiff::SignedDuration;
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_backup_is_restored_to_another_table_after_its_own_is_gone() {
    let world = World::with_table().await;
    world.put("a", 1, 5).await;
    let made = world.ok("CreateBackup", json!({"TableName": "tab", "BackupName": "nightly"})).await["BackupDetails"].take();
    assert_eq!(made["BackupStatus"], "CREATING");
    world.put("a", 2, 5).await;
    let arn = made["BackupArn"].clone();
    let early = world.refused("RestoreTableFromBackup", json!({"TargetTableName": "again", "BackupArn": arn})).await;
    assert!(early.starts_with("BackupInUseException"), "{early}");
    world.settle();
    world.ok("DeleteTable", json!({"TableName": "tab"})).await;
    world.settle();
    let described = world.ok("DescribeBackup", json!({"BackupArn": arn})).await["BackupDescription"].take();
    assert_eq!(described["BackupDetails"]["BackupStatus"], "AVAILABLE");
    assert_eq!(described["SourceTableDetails"]["ItemCount"], 1);
    assert_eq!(described["SourceTableFeatureDetails"]["GlobalSecondaryIndexes"][0]["IndexName"], "by-size");
    let restored = world.ok("RestoreTableFromBackup", json!({"TargetTableName": "again", "BackupArn": arn})).await;
    assert_eq!(restored["TableDescription"]["RestoreSummary"]["RestoreInProgress"], true);
    world.settle();
    let table = world.ok("DescribeTable", json!({"TableName": "again"})).await["Table"].take();
    assert_eq!((&table["ItemCount"], &table["StreamSpecification"]), (&json!(1), &Value::Null));
    assert_eq!(
        (&table["RestoreSummary"]["RestoreInProgress"], &table["RestoreSummary"]["SourceBackupArn"]),
        (&json!(false), &arn)
    );
    assert_eq!(world.ok("GetItem", json!({"TableName": "again", "Key": key("a", 1)})).await["Item"]["size"], json!({"N": "5"}));
    let taken = world.refused("RestoreTableFromBackup", json!({"TargetTableName": "again", "BackupArn": arn})).await;
    assert_eq!(taken, "TableAlreadyExistsException: Table already exists: again");

    let listed = world.ok("ListBackups", json!({"TableName": "tab"})).await;
    assert_eq!(listed["BackupSummaries"][0]["BackupName"], "nightly");
    let deleted = world.ok("DeleteBackup", json!({"BackupArn": arn})).await;
    assert_eq!(deleted["BackupDescription"]["BackupDetails"]["BackupStatus"], "DELETED");
    assert!(world.refused("DescribeBackup", json!({"BackupArn": arn})).await.starts_with("BackupNotFoundException"));
    let nowhere = world.refused("CreateBackup", json!({"TableName": "nowhere", "BackupName": "nightly"})).await;
    assert_eq!(nowhere, "TableNotFoundException: Table not found: nowhere");
}

#[tokio::test]
async fn backups_are_listed_by_pages_and_kinds() {
    let world = World::with_table().await;
    for name in ["one", "two", "three"] {
        world.ok("CreateBackup", json!({"TableName": "tab", "BackupName": name})).await;
        world.settle();
    }
    let page = world.ok("ListBackups", json!({"Limit": 2})).await;
    let names = |page: &Value| {
        page["BackupSummaries"].as_array().unwrap().iter().map(|one| one["BackupName"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&page), ["one", "two"]);
    let rest = world.ok("ListBackups", json!({"ExclusiveStartBackupArn": page["LastEvaluatedBackupArn"]})).await;
    assert_eq!((names(&rest), &rest["LastEvaluatedBackupArn"]), (vec![json!("three")], &Value::Null));
    assert!(names(&world.ok("ListBackups", json!({"BackupType": "SYSTEM"})).await).is_empty());
}

#[tokio::test]
async fn a_table_is_restored_as_it_was_at_a_time() {
    let world = World::with_table().await;
    world.put("before", 1, 1).await;
    let disabled = world
        .refused(
            "RestoreTableToPointInTime",
            json!({"SourceTableName": "tab", "TargetTableName": "again", "UseLatestRestorableTime": true}),
        )
        .await;
    assert_eq!(disabled, "PointInTimeRecoveryUnavailableException: Point in time recovery is not enabled for table 'tab'");
    let enable = json!({"TableName": "tab", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}});
    let enabled = world.ok("UpdateContinuousBackups", enable).await["ContinuousBackupsDescription"].take();
    assert_eq!(enabled["PointInTimeRecoveryDescription"]["RecoveryPeriodInDays"], 35);
    world.pass(SignedDuration::from_mins(10));
    world.put("kept", 1, 1).await;
    world.pass(SignedDuration::from_mins(10));
    let time = world.region.clock().now();
    world.pass(SignedDuration::from_mins(10));
    world.put("later", 1, 1).await;
    world.put("kept", 1, 2).await;
    world.ok("DeleteItem", json!({"TableName": "tab", "Key": key("before", 1)})).await;
    world.pass(SignedDuration::from_mins(10));
    let restore = json!({"SourceTableName": "tab", "TargetTableName": "again", "RestoreDateTime": time.to_string()});
    world.ok("RestoreTableToPointInTime", restore).await;
    world.settle();
    let mut found = Vec::new();
    for (id, at) in [("before", 1), ("kept", 1), ("later", 1)] {
        found.push(world.ok("GetItem", json!({"TableName": "again", "Key": key(id, at)})).await["Item"]["size"]["N"].clone());
    }
    assert_eq!(found, [json!("1"), json!("1"), Value::Null]);
    let future =
        json!({"SourceTableName": "tab", "TargetTableName": "more", "RestoreDateTime": world.region.clock().now().to_string()});
    assert!(world.refused("RestoreTableToPointInTime", future).await.starts_with("InvalidRestoreTimeException"));

    // What was deleted is kept for as long as it could have been restored.
    world.ok("DeleteTable", json!({"TableName": "tab"})).await;
    world.settle();
    let kept = world.ok("ListBackups", json!({"BackupType": "SYSTEM"})).await["BackupSummaries"][0].take();
    assert_eq!((&kept["BackupName"], &kept["BackupType"]), (&json!("tab$DeletedTableBackup"), &json!("SYSTEM")));
    world.pass(SignedDuration::from_hours(36 * 24));
    assert_eq!(world.ok("ListBackups", json!({})).await["BackupSummaries"], json!([]));
}
