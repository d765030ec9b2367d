//! Applications of mobile push, their endpoints, and the settings of text messages: records, as nothing is sent to telephones.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-application-as-subscriber.html>

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, arn};

use crate::error::invalid;
use crate::records::{Attributes, Sns};

/// Platforms, each with whether its credentials are a pair.
/// <https://docs.aws.amazon.com/sns/latest/api/API_CreatePlatformApplication.html>
const PLATFORMS: [(&str, bool); 9] = [
    ("ADM", true),
    ("APNS", true),
    ("APNS_SANDBOX", true),
    ("APNS_VOIP", true),
    ("APNS_VOIP_SANDBOX", true),
    ("BAIDU", true),
    ("GCM", false),
    ("MACOS", true),
    ("WNS", true),
];

/// What an account has.
#[derive(Debug, Default)]
pub(crate) struct Mobile {
    /// By ARN.
    pub(crate) applications: BTreeMap<String, Application>,
    /// Settings of text messages.
    pub(crate) messages: Attributes,
}

/// An application of a platform.
#[derive(Debug, Default)]
pub(crate) struct Application {
    /// What is shown of its attributes: no credentials.
    pub(crate) attributes: Attributes,
    /// Its endpoints' attributes by ARN.
    pub(crate) endpoints: BTreeMap<String, Attributes>,
}

/// Whether an ARN is that of an endpoint.
pub(crate) fn is_endpoint(resource: &str) -> bool {
    arn::service_of(resource) == "sns" && arn::resource_of(resource).starts_with("endpoint/")
}

/// Whether a platform's credentials are a pair; `None` if there is no such platform.
pub(crate) fn has_principal(platform: &str) -> Option<bool> {
    PLATFORMS.iter().find(|(name, _)| *name == platform).map(|(_, pair)| *pair)
}

/// The ARN of the application that an endpoint's is of.
fn application_of(endpoint: &str) -> Option<String> {
    let (head, rest) = endpoint.split_once(":endpoint/")?;
    let (application, _) = rest.rsplit_once('/')?;
    Some(format!("{head}:app/{application}"))
}

fn check_arn(resource: &str, member: &str, slashes: usize) -> Result<(), AwsError> {
    let elements = resource.split(':').count();
    if elements < 6 {
        return Err(invalid(&format!("{member} Reason: An ARN must have at least 6 elements, not {elements}")));
    }
    if arn::resource_of(resource).matches('/').count() != slashes {
        return Err(invalid(&format!("{member} Reason: Wrong number of slashes in relative portion of the ARN.")));
    }
    Ok(())
}

pub(crate) fn no_application() -> AwsError {
    AwsError::new("NotFoundException", 404, "PlatformApplication does not exist")
}

impl Sns {
    /// Runs `act` on the application with this ARN.
    pub(crate) fn application<T>(
        &self,
        resource: &str,
        act: impl FnOnce(&mut Application) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        check_arn(resource, "PlatformApplicationArn", 2)?;
        self.mobile.with(arn::account_of(resource), |mobile| {
            mobile.applications.get_mut(resource).ok_or_else(no_application).and_then(act)
        })
    }

    /// Runs `act` on the attributes of the endpoint with this ARN.
    pub(crate) fn endpoint<T>(
        &self,
        resource: &str,
        act: impl FnOnce(&mut Attributes) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        check_arn(resource, "EndpointArn", 3)?;
        let missing = || AwsError::new("NotFoundException", 404, "Endpoint does not exist");
        let application = application_of(resource).ok_or_else(missing)?;
        self.mobile.with(arn::account_of(resource), |mobile| {
            let found = mobile.applications.get_mut(&application).and_then(|one| one.endpoints.get_mut(resource));
            found.ok_or_else(missing).and_then(act)
        })
    }

    /// Refuses an endpoint that no message can be published to.
    pub(crate) fn check_endpoint(&self, resource: &str) -> Result<(), AwsError> {
        let enabled = self.endpoint(resource, |attributes| Ok(attributes.get("Enabled").is_none_or(|value| value != "false")));
        match enabled {
            Ok(true) => Ok(()),
            Ok(false) => Err(AwsError::new("EndpointDisabledException", 400, "Endpoint is disabled")),
            Err(_) => Err(invalid("TargetArn Reason: No endpoint found for the target arn specified")),
        }
    }
}
