//! Applications of mobile push. Their credentials are not verified, as that would be a platform's to do, and are not kept.

use nightproof_core::service::{Arn, AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::attributes::Attributes;
use crate::error::{invalid, no_attributes};
use crate::mobile::{Application, has_principal};
use crate::page::page;
use crate::records::Sns;

/// `CreatePlatformApplication`. <https://docs.aws.amazon.com/sns/latest/api/API_CreatePlatformApplication.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreatePlatformApplication {
    name: String,
    platform: String,
    #[serde(default)]
    attributes: Attributes,
}

/// `DeletePlatformApplication`. <https://docs.aws.amazon.com/sns/latest/api/API_DeletePlatformApplication.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeletePlatformApplication {
    platform_application_arn: String,
}

/// `GetPlatformApplicationAttributes`. <https://docs.aws.amazon.com/sns/latest/api/API_GetPlatformApplicationAttributes.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetPlatformApplicationAttributes {
    platform_application_arn: String,
}

/// `SetPlatformApplicationAttributes`. <https://docs.aws.amazon.com/sns/latest/api/API_SetPlatformApplicationAttributes.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SetPlatformApplicationAttributes {
    platform_application_arn: String,
    #[serde(default)]
    attributes: Attributes,
}

/// `ListPlatformApplications`. <https://docs.aws.amazon.com/sns/latest/api/API_ListPlatformApplications.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListPlatformApplications {
    next_token: Option<String>,
}

/// Attributes that are credentials, which are never shown.
const SECRET: [&str; 2] = ["PlatformCredential", "PlatformPrincipal"];

/// <https://docs.aws.amazon.com/sns/latest/api/API_SetPlatformApplicationAttributes.html>
const KNOWN: [&str; 11] = [
    "PlatformCredential",
    "PlatformPrincipal",
    "EventEndpointCreated",
    "EventEndpointDeleted",
    "EventEndpointUpdated",
    "EventDeliveryFailure",
    "SuccessFeedbackRoleArn",
    "FailureFeedbackRoleArn",
    "SuccessFeedbackSampleRate",
    "ApplePlatformTeamID",
    "ApplePlatformBundleID",
];

fn check_name(name: &str) -> Result<(), AwsError> {
    let reason = match name {
        "" => "cannot be empty",
        name if name.len() > 256 => "must be at most 256 characters long",
        name if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)) => {
            "must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'"
        }
        _ => return Ok(()),
    };
    Err(invalid(&format!("{name} Reason: {reason}")))
}

fn check_credentials(platform: &str, attributes: &Attributes) -> Result<(), AwsError> {
    let Some(pair) = has_principal(platform) else {
        return Err(invalid(&format!("Platform Reason: {platform} is not supported")));
    };
    if attributes.is_empty() {
        return Err(no_attributes());
    }
    let has = |name: &str| attributes.contains_key(name);
    let reason = match (has("PlatformPrincipal"), has("PlatformCredential")) {
        (true, false) => "PlatformPrincipal attribute provided without PlatformCredential",
        (false, true) if pair => "PlatformCredential attribute provided without PlatformPrincipal",
        _ => return Ok(()),
    };
    Err(invalid(&format!("Attributes Reason: {reason}")))
}

/// The attributes that are kept.
fn kept(attributes: Attributes) -> Result<Attributes, AwsError> {
    if let Some(unknown) = attributes.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(invalid(&format!("Attributes Reason: Invalid attribute name: {unknown}")));
    }
    Ok(attributes.into_iter().filter(|(name, _)| !SECRET.contains(&name.as_str())).collect())
}

impl Sns {
    pub(crate) fn create_platform_application(&self, call: &Call, input: CreatePlatformApplication) -> Result<Value, AwsError> {
        check_name(&input.name)?;
        check_credentials(&input.platform, &input.attributes)?;
        let name = format!("app/{}/{}", input.platform, input.name);
        let arn = Arn::new("sns", call.region.name(), call.account(), name).to_string();
        let mut attributes = kept(input.attributes)?;
        attributes.insert("Enabled".to_owned(), "true".to_owned());
        self.mobile.with(call.account(), |mobile| {
            mobile.applications.entry(arn.clone()).or_insert_with(|| Application { attributes, ..Application::default() });
        });
        Ok(json!({ "PlatformApplicationArn": arn }))
    }

    /// Its endpoints go along. Deleting one that is gone is no error.
    pub(crate) fn delete_platform_application(&self, call: &Call, input: DeletePlatformApplication) -> Result<Value, AwsError> {
        self.mobile.with(call.account(), |mobile| mobile.applications.remove(&input.platform_application_arn));
        Ok(json!({}))
    }

    pub(crate) fn get_platform_application_attributes(
        &self,
        _call: &Call,
        input: GetPlatformApplicationAttributes,
    ) -> Result<Value, AwsError> {
        self.application(&input.platform_application_arn, |application| Ok(json!({ "Attributes": application.attributes })))
    }

    pub(crate) fn set_platform_application_attributes(
        &self,
        _call: &Call,
        input: SetPlatformApplicationAttributes,
    ) -> Result<Value, AwsError> {
        let SetPlatformApplicationAttributes { platform_application_arn: arn, attributes } = input;
        if arn.split(':').count() >= 6 && attributes.is_empty() {
            return Err(no_attributes());
        }
        self.application(&arn, |application| {
            application.attributes.extend(kept(attributes)?);
            Ok(json!({}))
        })
    }

    pub(crate) fn list_platform_applications(&self, call: &Call, input: ListPlatformApplications) -> Result<Value, AwsError> {
        let all = self.mobile.with(call.account(), |mobile| {
            let each = mobile.applications.iter();
            each.map(|(arn, one)| json!({ "PlatformApplicationArn": arn, "Attributes": one.attributes })).collect()
        });
        page("PlatformApplications", all, input.next_token.as_deref())
    }
}
