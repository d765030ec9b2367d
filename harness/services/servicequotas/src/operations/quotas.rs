//! Quotas: the account's, and AWS's defaults.

use nightproof_core::document::Members as _;
use nightproof_core::quota::{self, Quota};
use nightproof_core::service::Arn;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

/// Whether AWS's default value is asked for, or the account's own.
#[derive(Clone, Copy)]
pub(crate) enum Values {
    Default,
    Account,
}

/// `GetServiceQuota` and `GetAWSDefaultServiceQuota`.
/// <https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html>
pub(crate) fn get(call: &Call, input: &Value, values: Values) -> Result<Value, AwsError> {
    let wanted = |quota: &&&Quota| quota.service == input.required("ServiceCode") && quota.code == input.required("QuotaCode");
    let found = quota::ALL.iter().find(wanted).ok_or_else(no_such)?;
    Ok(json!({ "Quota": described(call, found, values) }))
}

/// `ListServiceQuotas` and `ListAWSDefaultServiceQuotas`. There are too few for a second page.
/// <https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html>
pub(crate) fn list(call: &Call, input: &Value, values: Values) -> Result<Value, AwsError> {
    let service = input.required("ServiceCode");
    if !quota::SERVICES.iter().any(|(code, _)| *code == service) {
        return Err(no_such());
    }
    let code = input.text("QuotaCode");
    let wanted = |quota: &&&Quota| quota.service == service && code.is_none_or(|code| quota.code == code);
    Ok(json!({ "Quotas": quota::ALL.iter().filter(wanted).map(|quota| described(call, quota, values)).collect::<Vec<_>>() }))
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
