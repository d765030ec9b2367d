//! Finding applications of mobile push and their endpoints by ARN.

use nightproof_core::service::{AwsError, arn};

use crate::attributes::Attributes;
use crate::error::invalid;
use crate::mobile::{Application, no_application};
use crate::records::Sns;

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
