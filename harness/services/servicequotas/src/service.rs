//! The service's operations by name.

use async_trait::async_trait;
use nightproof_core::operations;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use serde_json::Value;

use crate::operations::quotas::{
    self, GetQuota as GetAWSDefaultServiceQuota, GetQuota as GetServiceQuota, ListQuotas as ListAWSDefaultServiceQuotas,
    ListQuotas as ListServiceQuotas, Values,
};
use crate::operations::services::{self, ListServices};
use crate::records::ServiceQuotas;

// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_servicequotas.html>
operations!("servicequotas", ServiceQuotas:
    GetServiceQuota => get(Values::Account): ["= *"],
    GetAWSDefaultServiceQuota => get(Values::Default): ["= *"],
    ListServiceQuotas => list(Values::Account): ["= *"],
    ListAWSDefaultServiceQuotas => list(Values::Default): ["= *"],
    ListServices => list_services: ["= *"],
);

impl ServiceQuotas {
    fn get(&self, call: &Call, input: GetServiceQuota, values: Values) -> Result<Value, AwsError> {
        quotas::get(call, &input, values)
    }

    fn list(&self, call: &Call, input: ListServiceQuotas, values: Values) -> Result<Value, AwsError> {
        quotas::list(call, &input, values)
    }

    fn list_services(&self, _: &Call, input: ListServices) -> Result<Value, AwsError> {
        services::list(&input)
    }
}

#[async_trait]
impl Service for ServiceQuotas {
    fn permissions(&self) -> &'static str {
        Self::PERMISSIONS
    }

    async fn call(&self, call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        self.dispatch(call, operation, input).await.map(Reply::from)
    }
}
