//! The service `servicequotas`: what an account may have at most.
//! <https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/Welcome.html>

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::document::Members as _;
use nightproof_core::quota::{self, Quota};
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use serde_json::{Value, json};

/// The service `servicequotas`. Quotas are the same for every account, and are not raised.
#[derive(Debug, Default)]
pub struct ServiceQuotas;

impl ServiceQuotas {
    /// The service.
    pub fn new() -> Arc<Self> {
        Arc::new(Self)
    }
}

/// Whether AWS's default value is asked for, or the account's own.
#[derive(Clone, Copy)]
enum Of {
    Default,
    Account,
}

#[async_trait]
impl Service for ServiceQuotas {
    fn permissions(&self) -> &'static str {
        include_str!("permissions.txt")
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let answer = match operation {
            "GetServiceQuota" => one(call, &input, Of::Account)?,
            "GetAWSDefaultServiceQuota" => one(call, &input, Of::Default)?,
            "ListServiceQuotas" => all(call, &input, Of::Account)?,
            "ListAWSDefaultServiceQuotas" => all(call, &input, Of::Default)?,
            "ListServices" => {
                let described = |(code, name): (&str, &str)| json!({ "ServiceCode": code, "ServiceName": name });
                json!({ "Services": quota::SERVICES.map(described) })
            }
            _ => return Err(AwsError::not_implemented("servicequotas", operation)),
        };
        Ok(answer.into())
    }
}

fn one(call: &Call, input: &Value, of: Of) -> Result<Value, AwsError> {
    let wanted = |quota: &&&Quota| quota.service == input.required("ServiceCode") && quota.code == input.required("QuotaCode");
    let found = quota::ALL.iter().find(wanted).ok_or_else(no_such)?;
    Ok(json!({ "Quota": described(call, found, of) }))
}

/// There are too few for a second page.
fn all(call: &Call, input: &Value, of: Of) -> Result<Value, AwsError> {
    let service = input.required("ServiceCode");
    if !quota::SERVICES.iter().any(|(code, _)| *code == service) {
        return Err(no_such());
    }
    let code = input.text("QuotaCode");
    let wanted = |quota: &&&Quota| quota.service == service && code.is_none_or(|code| quota.code == code);
    Ok(json!({ "Quotas": quota::ALL.iter().filter(wanted).map(|quota| described(call, quota, of)).collect::<Vec<_>>() }))
}

fn no_such() -> AwsError {
    AwsError::new("NoSuchResourceException", 400, "The request failed because the specified service or quota does not exist.")
}

fn described(call: &Call, quota: &Quota, of: Of) -> Value {
    let (account, value) = match of {
        Of::Account => (call.account(), quota.value),
        Of::Default => ("", quota.default),
    };
    let Quota { service, code, name, .. } = quota;
    let service_name = quota::SERVICES.iter().find(|(code, _)| code == service).map(|(_, name)| *name);
    json!({
        "ServiceCode": service,
        "ServiceName": service_name,
        "QuotaArn": format!("arn:aws:servicequotas:{}:{account}:{service}/{code}", call.region.name()),
        "QuotaCode": code,
        "QuotaName": name,
        "Value": value,
        "Unit": "None",
        "Adjustable": true,
        "GlobalQuota": false,
        "QuotaAppliedAtLevel": "ACCOUNT",
    })
}
