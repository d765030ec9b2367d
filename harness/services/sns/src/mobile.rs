//! Applications of mobile push, their endpoints, and the settings of text messages: records, as nothing is sent to telephones.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-application-as-subscriber.html>

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, arn};

use crate::attributes::Attributes;

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

pub(crate) fn no_application() -> AwsError {
    AwsError::new("NotFoundException", 404, "PlatformApplication does not exist")
}
