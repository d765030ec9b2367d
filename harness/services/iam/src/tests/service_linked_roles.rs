//! Roles of AWS's services.

use serde_json::json;

use super::{ACCOUNT, Bed, CORE};

#[tokio::test]
async fn a_service_linked_role_has_its_services_name_path_and_policy() {
    let bed = Bed::new();
    let service = json!({ "AWSServiceName": "backup.amazonaws.com" });
    let made = bed.ok("CreateServiceLinkedRole", service.clone()).await;
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup");
    assert_eq!(made["Role"]["Arn"], arn);
    let role = json!({ "RoleName": "AWSServiceRoleForBackup" });
    let attached = bed.ok("ListAttachedRolePolicies", role.clone()).await;
    let policy = "arn:aws:iam::aws:policy/aws-service-role/AWSBackupServiceLinkedRolePolicyForBackup";
    assert_eq!(attached["AttachedPolicies"][0]["PolicyArn"], policy);
    assert_eq!(
        bed.refused("CreateServiceLinkedRole", service).await,
        "InvalidInput: Service role name AWSServiceRoleForBackup has been taken in this account, please try a different suffix."
    );
    let change = json!({ "RoleName": "AWSServiceRoleForBackup", "PolicyArn": CORE });
    for (operation, input) in [("AttachRolePolicy", change), ("DeleteRole", role.clone())] {
        assert!(
            bed.refused(operation, input)
                .await
                .starts_with("UnmodifiableEntity: Cannot perform the operation on the protected role")
        );
    }
    let task = bed.ok("DeleteServiceLinkedRole", role.clone()).await["DeletionTaskId"].clone();
    assert!(task.as_str().unwrap().starts_with("task/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup/"));
    let status = bed.ok("GetServiceLinkedRoleDeletionStatus", json!({ "DeletionTaskId": task })).await;
    assert_eq!(status, json!({ "Status": "SUCCEEDED" }));
    assert!(bed.refused("GetRole", role).await.starts_with("NoSuchEntity"));
}

#[tokio::test]
async fn only_some_services_have_roles_with_a_suffix() {
    let bed = Bed::new();
    let with_suffix = |service: &str| json!({ "AWSServiceName": service, "CustomSuffix": "night" });
    let made = bed.ok("CreateServiceLinkedRole", with_suffix("autoscaling.amazonaws.com")).await;
    assert_eq!(made["Role"]["RoleName"], "AWSServiceRoleForAutoScaling_night");
    assert_eq!(
        bed.refused("CreateServiceLinkedRole", with_suffix("backup.amazonaws.com")).await,
        "InvalidInput: Custom suffix is not allowed for backup.amazonaws.com"
    );
    let arn = "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy";
    bed.role("own").await;
    let refused = bed.refused("AttachRolePolicy", json!({ "RoleName": "own", "PolicyArn": arn })).await;
    assert_eq!(refused, "PolicyNotAttachable: Cannot attach a Service Role Policy to a Customer Role.");
    let unknown = bed.refused("CreateServiceLinkedRole", json!({ "AWSServiceName": "nobody.amazonaws.com" })).await;
    assert!(unknown.starts_with("NotImplemented"), "{unknown}");
}
