//! Quotas: the account's, and AWS's defaults.

use nightproof_core::page::page;
use nightproof_core::quota::{self, Quota};
use nightproof_core::service::Arn;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

/// Whether AWS's default value is asked for, or the account's own.
#[derive(Clone, Copy)]
pub(crate) enum Values {
    Default,
    Account,
}

/// `GetServiceQuota` and `GetAWSDefaultServiceQuota`.
/// <https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetQuota {
    service_code: String,
    quota_code: String,
}

/// `ListServiceQuotas` and `ListAWSDefaultServiceQuotas`.
/// <https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListQuotas {
    service_code: String,
    quota_code: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

pub(crate) fn get(call: &Call, input: &GetQuota, values: Values) -> Result<Value, AwsError> {
    let wanted = |quota: &&&Quota| quota.service == input.service_code && quota.code == input.quota_code;
    let found = quota::ALL.iter().find(wanted).ok_or_else(no_such)?;
    Ok(json!({ "Quota": described(call, found, values) }))
}

pub(crate) fn list(call: &Call, input: &ListQuotas, values: Values) -> Result<Value, AwsError> {
    let service = input.service_code.as_str();
    if !quota::SERVICES.iter().any(|(code, _)| *code == service) {
        return Err(no_such());
    }
    let code = input.quota_code.as_deref();
    let wanted = |quota: &&&Quota| quota.service == service && code.is_none_or(|code| quota.code == code);
    let found = quota::ALL.iter().filter(wanted).map(|quota| described(call, quota, values)).collect();
    page("Quotas", found, input.next_token.as_deref(), input.max_results.unwrap_or(PAGE), invalid_token)
}

/// Of a list, if the request does not say; also the most.
pub(crate) const PAGE: usize = 100;

pub(crate) fn invalid_token() -> AwsError {
    AwsError::new("InvalidPaginationTokenException", 400, "Invalid input was provided.")
}

fn no_such() -> AwsError {
    AwsError::new("NoSuchResourceException", 400, "The request failed because the specified service or quota does not exist.")
}

fn described(call: &Call, quota: &Quota, values: Values) -> Value {
    let (account, value) = match values {
        Values::Account => (call.account(), quota.value),
        Values::Default => ("", quota.default),
    };
    let Quota { service, code, name, .. } = quota;
    let service_name = quota::SERVICES.iter().find(|(code, _)| code == service).map(|(_, name)| *name);
    json!({
        "ServiceCode": service,
        "ServiceName": service_name,
        "QuotaArn": Arn::new("servicequotas", call.region.name(), account, format!("{service}/{code}")).to_string(),
        "QuotaCode": code,
        "QuotaName": name,
        "Value": value,
        "Unit": "None",
        "Adjustable": true,
        "GlobalQuota": false,
        "QuotaAppliedAtLevel": "ACCOUNT",
    })
}
