//! Dashboards as records.

use serde_json::{Value, json};

use super::{ACCOUNT, call};
use crate::records::CloudWatch;

#[tokio::test]
async fn a_dashboard_is_kept_listed_and_deleted() {
    let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
    region.install(vec![("monitoring", CloudWatch::new())]);
    let ask = async |operation: &str, input: Value| call(&region, ACCOUNT, operation, input).await;
    let body = json!({ "widgets": [{ "type": "text", "properties": { "markdown": "x" } }] }).to_string();
    let tags = json!([{ "Key": "k", "Value": "v" }]);
    ask("PutDashboard", json!({ "DashboardName": "night", "DashboardBody": body, "Tags": tags })).await.unwrap();
    let arn = "arn:aws:cloudwatch::111122223333:dashboard/night";
    let shown = ask("GetDashboard", json!({ "DashboardName": "night" })).await.unwrap();
    assert_eq!(shown, json!({ "DashboardArn": arn, "DashboardBody": body, "DashboardName": "night" }));
    assert_eq!(ask("ListTagsForResource", json!({ "ResourceARN": arn })).await.unwrap()["Tags"], tags);
    let names = async |prefix: Option<&str>| {
        let listed = ask("ListDashboards", json!({ "DashboardNamePrefix": prefix })).await.unwrap()["DashboardEntries"].clone();
        listed.as_array().unwrap().iter().map(|one| (one["DashboardName"].clone(), one["Size"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(names(None).await, [(json!("night"), json!(body.len()))]);
    assert_eq!((names(Some("n")).await.len(), names(Some("day")).await.len()), (1, 0));
    let both = json!({ "DashboardNames": ["night", "day"] });
    let missing = ask("DeleteDashboards", both).await.unwrap_err();
    assert_eq!((missing.code.as_str(), missing.status, names(None).await.len()), ("DashboardNotFoundError", 404, 1));
    ask("DeleteDashboards", json!({ "DashboardNames": ["night"] })).await.unwrap();
    assert_eq!(
        ask("GetDashboard", json!({ "DashboardName": "night" })).await.unwrap_err().message,
        "Dashboard night does not exist"
    );
}

#[tokio::test]
async fn a_dashboard_that_cannot_be_drawn_is_refused() {
    let region = nightproof_test_region::region(ACCOUNT, "/nonexistent");
    region.install(vec![("monitoring", CloudWatch::new())]);
    for (name, body, code, says) in [
        ("a:b", "{}", "InvalidParameterValue", "It can only contain alphanumerics, dash (-) and underscore (_).\n"),
        ("d", "x", "DashboardInvalidInputError", "The field DashboardBody must be a valid JSON object"),
        (
            "d",
            "{}",
            "DashboardInvalidInputError",
            "The dashboard body is invalid, there are 1 validation errors:\n[\n  {\n    \"dataPath\": \"\",",
        ),
    ] {
        let input = json!({ "DashboardName": name, "DashboardBody": body });
        let error = call(&region, ACCOUNT, "PutDashboard", input).await.unwrap_err();
        assert!(error.code == code && error.message.contains(says), "{body}: {error}");
    }
}
