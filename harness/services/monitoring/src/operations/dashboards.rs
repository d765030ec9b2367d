//! Operations on dashboards.

use nightproof_core::page::page;
use nightproof_core::request_tags::{self, Tag};
use nightproof_core::service::{Arn, AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::dashboard::{Dashboard, Finding, check, refusal};
use crate::error::invalid;
use crate::records::CloudWatch;

/// Dashboards on a page.
const PAGE: usize = 1000;

/// `PutDashboard`. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutDashboard {
    dashboard_name: String,
    dashboard_body: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// `GetDashboard`. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetDashboard.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetDashboard {
    dashboard_name: String,
}

/// `ListDashboards`. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListDashboards.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListDashboards {
    dashboard_name_prefix: Option<String>,
    next_token: Option<String>,
}

/// `DeleteDashboards`. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteDashboards.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteDashboards {
    dashboard_names: Vec<String>,
}

impl CloudWatch {
    pub(crate) fn put_dashboard(&self, call: &Call, input: PutDashboard) -> Result<Value, AwsError> {
        let PutDashboard { dashboard_name: name, dashboard_body: body, tags } = input;
        check_name(&name)?;
        let Ok(Value::Object(parsed)) = serde_json::from_str(&body) else {
            return Err(invalid_body("The field DashboardBody must be a valid JSON object".to_owned(), &[]));
        };
        let findings = check(&parsed);
        if !findings.is_empty() {
            return Err(invalid_body(refusal(&findings), &findings));
        }
        let tags = request_tags::check(call, tags, || invalid("Tag keys starting with aws: are reserved."))?;
        // A dashboard is global: its ARN has no region.
        let arn = Arn::new("cloudwatch", "", call.account(), format!("dashboard/{name}")).to_string();
        self.with(call.account(), |records| {
            let tags = records.dashboards.get(&name).map_or_else(|| tags.into_iter().collect(), |known| known.tags.clone());
            records.dashboards.insert(name.clone(), Dashboard { arn, name, body, modified: call.now, tags });
        });
        Ok(json!({ "DashboardValidationMessages": [] }))
    }

    pub(crate) fn get_dashboard(&self, call: &Call, input: GetDashboard) -> Result<Value, AwsError> {
        let name = input.dashboard_name;
        check_name(&name)?;
        self.with(call.account(), |records| {
            let found = records.dashboards.get(&name).ok_or_else(|| no_dashboard(&name))?;
            Ok(json!({ "DashboardArn": found.arn, "DashboardBody": found.body, "DashboardName": found.name }))
        })
    }

    pub(crate) fn list_dashboards(&self, call: &Call, input: ListDashboards) -> Result<Value, AwsError> {
        let prefix = input.dashboard_name_prefix.unwrap_or_default();
        let shown = |dashboard: &Dashboard| {
            json!({
                "DashboardName": dashboard.name,
                "DashboardArn": dashboard.arn,
                "LastModified": dashboard.modified.to_string(),
                "Size": dashboard.body.len(),
            })
        };
        let entries: Vec<Value> = self.with(call.account(), |records| {
            records.dashboards.values().filter(|one| one.name.starts_with(&prefix)).map(shown).collect()
        });
        let wrong = || invalid("The value for parameter NextToken is invalid.");
        page("DashboardEntries", entries, input.next_token.as_deref(), PAGE, wrong)
    }

    /// All of them, or none if one does not exist.
    pub(crate) fn delete_dashboards(&self, call: &Call, input: DeleteDashboards) -> Result<Value, AwsError> {
        self.with(call.account(), |records| {
            for name in &input.dashboard_names {
                if !records.dashboards.contains_key(name) {
                    return Err(no_dashboard(name));
                }
            }
            records.dashboards.retain(|name, _| !input.dashboard_names.contains(name));
            Ok(json!({}))
        })
    }
}

fn check_name(name: &str) -> Result<(), AwsError> {
    if name.is_empty() || name.len() > 255 || !name.chars().all(|one| one.is_ascii_alphanumeric() || "-_".contains(one)) {
        let rule = "It can only contain alphanumerics, dash (-) and underscore (_).\n";
        return Err(invalid(format!("The value for field DashboardName contains invalid characters. {rule}")));
    }
    Ok(())
}

fn invalid_body(message: String, findings: &[Finding]) -> AwsError {
    let error = AwsError::new("DashboardInvalidInputError", 400, message);
    if findings.is_empty() {
        return error;
    }
    error.with("dashboardValidationMessages", findings.iter().map(Finding::describe).collect::<Vec<_>>())
}

fn no_dashboard(name: &str) -> AwsError {
    AwsError::new("DashboardNotFoundError", 404, format!("Dashboard {name} does not exist"))
}
