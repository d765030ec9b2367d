//! Endpoints of mobile applications.

use nightproof_core::service::{AwsError, Call, arn};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::attributes::Attributes;
use crate::error::{invalid, no_attributes};
use crate::page::page;
use crate::records::Sns;

/// `CreatePlatformEndpoint`. <https://docs.aws.amazon.com/sns/latest/api/API_CreatePlatformEndpoint.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreatePlatformEndpoint {
    platform_application_arn: String,
    token: String,
    custom_user_data: Option<String>,
    #[serde(default)]
    attributes: Attributes,
}

/// `DeleteEndpoint`. <https://docs.aws.amazon.com/sns/latest/api/API_DeleteEndpoint.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteEndpoint {
    endpoint_arn: String,
}

/// `GetEndpointAttributes`. <https://docs.aws.amazon.com/sns/latest/api/API_GetEndpointAttributes.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetEndpointAttributes {
    endpoint_arn: String,
}

/// `SetEndpointAttributes`. <https://docs.aws.amazon.com/sns/latest/api/API_SetEndpointAttributes.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SetEndpointAttributes {
    endpoint_arn: String,
    #[serde(default)]
    attributes: Attributes,
}

/// `ListEndpointsByPlatformApplication`. <https://docs.aws.amazon.com/sns/latest/api/API_ListEndpointsByPlatformApplication.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListEndpointsByPlatformApplication {
    platform_application_arn: String,
    next_token: Option<String>,
}

fn check(attributes: &Attributes) -> Result<(), AwsError> {
    for (name, value) in attributes {
        let reason = match name.as_str() {
            "CustomUserData" if value.len() > 2048 => {
                "Invalid value for attribute: CustomUserData: must be at most 2048 bytes long in UTF-8 encoding".to_owned()
            }
            "CustomUserData" | "Enabled" | "Token" => continue,
            other => format!("Invalid attribute name: {other}"),
        };
        return Err(invalid(&format!("Attributes Reason: {reason}")));
    }
    Ok(())
}

impl Sns {
    /// The same token with the same attributes is the same endpoint.
    pub(crate) fn create_platform_endpoint(&self, _call: &Call, input: CreatePlatformEndpoint) -> Result<Value, AwsError> {
        let CreatePlatformEndpoint { platform_application_arn: application, token, custom_user_data, attributes: given } = input;
        check(&given)?;
        let mut attributes = Attributes::from([("Enabled".to_owned(), "true".to_owned()), ("Token".to_owned(), token.clone())]);
        attributes.extend(custom_user_data.map(|data| ("CustomUserData".to_owned(), data)));
        attributes.extend(given);
        check(&attributes)?;
        self.application(&application, |found| {
            let same = found.endpoints.iter().find(|(_, endpoint)| endpoint.get("Token") == Some(&token));
            if let Some((arn, endpoint)) = same {
                if *endpoint == attributes {
                    return Ok(json!({ "EndpointArn": arn }));
                }
                let reason =
                    format!("Token Reason: Endpoint {arn} already exists with the same Token, but different attributes.");
                return Err(invalid(&reason));
            }
            let arn = format!("{}/{}", application.replacen(":app/", ":endpoint/", 1), uuid::Uuid::new_v4());
            found.endpoints.insert(arn.clone(), attributes);
            Ok(json!({ "EndpointArn": arn }))
        })
    }

    /// Its subscriptions stay. Deleting one that is gone is no error.
    pub(crate) fn delete_endpoint(&self, _call: &Call, input: DeleteEndpoint) -> Result<Value, AwsError> {
        self.mobile.with(arn::account_of(&input.endpoint_arn), |mobile| {
            for application in mobile.applications.values_mut() {
                application.endpoints.remove(&input.endpoint_arn);
            }
        });
        Ok(json!({}))
    }

    pub(crate) fn get_endpoint_attributes(&self, _call: &Call, input: GetEndpointAttributes) -> Result<Value, AwsError> {
        self.endpoint(&input.endpoint_arn, |attributes| Ok(json!({ "Attributes": attributes })))
    }

    pub(crate) fn set_endpoint_attributes(&self, _call: &Call, input: SetEndpointAttributes) -> Result<Value, AwsError> {
        if input.attributes.is_empty() {
            return Err(no_attributes());
        }
        check(&input.attributes)?;
        self.endpoint(&input.endpoint_arn, |attributes| {
            attributes.extend(input.attributes);
            Ok(json!({}))
        })
    }

    pub(crate) fn list_endpoints_by_platform_application(
        &self,
        _call: &Call,
        input: ListEndpointsByPlatformApplication,
    ) -> Result<Value, AwsError> {
        let all = self.application(&input.platform_application_arn, |application| {
            let each = application.endpoints.iter();
            Ok(each.map(|(arn, attributes)| json!({ "EndpointArn": arn, "Attributes": attributes })).collect())
        })?;
        page("Endpoints", all, input.next_token.as_deref())
    }
}
