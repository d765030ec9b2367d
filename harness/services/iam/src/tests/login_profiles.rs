//! Passwords for the console.

use serde_json::json;

use super::Bed;

#[tokio::test]
async fn a_user_gets_a_password_another_one_and_none() {
    let bed = Bed::new();
    bed.ok("CreateUser", json!({ "UserName": "ann" })).await;
    let ann = json!({ "UserName": "ann" });
    let none = "NoSuchEntity: Login Profile for User ann cannot be found.";
    assert_eq!(bed.refused("GetLoginProfile", ann.clone()).await, none);
    let first = json!({ "UserName": "ann", "Password": "night-Watch", "PasswordResetRequired": true });
    let made = bed.ok("CreateLoginProfile", first.clone()).await;
    assert_eq!(made["LoginProfile"]["PasswordResetRequired"], true);
    assert!(!made.to_string().contains("night-Watch"));
    let taken = bed.refused("CreateLoginProfile", first).await;
    assert_eq!(taken, "EntityAlreadyExists: Login Profile for user ann already exists.");
    bed.ok("UpdateLoginProfile", json!({ "UserName": "ann", "PasswordResetRequired": false })).await;
    let shown = bed.ok("GetLoginProfile", ann.clone()).await;
    assert_eq!(shown["LoginProfile"]["PasswordResetRequired"], false);
    let kept = bed.refused("DeleteUser", ann.clone()).await;
    assert_eq!(kept, "DeleteConflict: Cannot delete entity, must delete login profile first.");
    bed.ok("DeleteLoginProfile", ann.clone()).await;
    assert_eq!(bed.refused("DeleteLoginProfile", ann.clone()).await, none);
    bed.ok("DeleteUser", ann).await;
}

#[tokio::test]
async fn a_password_below_the_default_policy_is_refused() {
    let bed = Bed::new();
    bed.ok("CreateUser", json!({ "UserName": "ann" })).await;
    for (password, why) in [("Sh0rt!", "minimum length of 8"), ("only-small", "at least three of the following")] {
        let input = json!({ "UserName": "ann", "Password": password });
        let refused = bed.refused("CreateLoginProfile", input).await;
        assert!(refused.starts_with("PasswordPolicyViolation: ") && refused.contains(why), "{refused}");
    }
    let nobody = json!({ "UserName": "eve", "Password": "night-Watch" });
    assert_eq!(bed.refused("CreateLoginProfile", nobody).await, "NoSuchEntity: The user with name eve cannot be found.");
}
