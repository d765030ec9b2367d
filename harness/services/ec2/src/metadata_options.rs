//! Options of the instance metadata service.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceMetadataOptionsRequest.html>

use nightproof_core::service::AwsError;
use nightproof_machine_image::Image;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::{invalid_parameter, unsupported};

/// What a request changes.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MetadataOptionsRequest {
    pub(crate) http_tokens: Option<String>,
    pub(crate) http_put_response_hop_limit: Option<i64>,
    pub(crate) http_endpoint: Option<String>,
    pub(crate) instance_metadata_tags: Option<String>,
    pub(crate) http_protocol_ipv6: Option<String>,
}

/// How an instance may ask for its metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MetadataOptions {
    /// Whether the service answers at all.
    pub(crate) enabled: bool,
    /// Whether a token is demanded (version 2 alone).
    pub(crate) tokens_required: bool,
    pub(crate) hop_limit: u8,
    pub(crate) tags: bool,
}

impl MetadataOptions {
    /// What instances get whose launch does not say: an image that demands version 2 has its answers take two hops, any other one.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html>
    pub(crate) fn of_image(image: &Image) -> Self {
        let tokens_required = image.demands_metadata_tokens();
        Self { enabled: true, tokens_required, hop_limit: if tokens_required { 2 } else { 1 }, tags: false }
    }

    /// These options with what a request changes.
    pub(crate) fn with(mut self, request: &MetadataOptionsRequest) -> Result<Self, AwsError> {
        let choice = |name: &str, given: Option<&str>, yes: &str, no: &str| match given {
            None => Ok(None),
            Some(value) if value == yes => Ok(Some(true)),
            Some(value) if value == no => Ok(Some(false)),
            Some(value) => Err(invalid_parameter(format!("Value ({value}) for parameter {name} is invalid."))),
        };
        if choice("HttpProtocolIpv6", request.http_protocol_ipv6.as_deref(), "enabled", "disabled")? == Some(true) {
            return Err(unsupported("metadata options", "HttpProtocolIpv6"));
        }
        self.enabled = choice("HttpEndpoint", request.http_endpoint.as_deref(), "enabled", "disabled")?.unwrap_or(self.enabled);
        self.tokens_required =
            choice("HttpTokens", request.http_tokens.as_deref(), "required", "optional")?.unwrap_or(self.tokens_required);
        self.tags = choice("InstanceMetadataTags", request.instance_metadata_tags.as_deref(), "enabled", "disabled")?
            .unwrap_or(self.tags);
        if let Some(hops) = request.http_put_response_hop_limit {
            self.hop_limit = u8::try_from(hops).ok().filter(|hops| (1..=64).contains(hops)).ok_or_else(|| {
                invalid_parameter(format!(
                    "Value ({hops}) for parameter HttpPutResponseHopLimit is invalid. It must be between 1 and 64."
                ))
            })?;
        }
        Ok(self)
    }

    pub(crate) fn describe(self) -> Value {
        let switch = |on: bool| if on { "enabled" } else { "disabled" };
        json!({
            "State": "applied",
            "HttpTokens": if self.tokens_required { "required" } else { "optional" },
            "HttpPutResponseHopLimit": self.hop_limit,
            "HttpEndpoint": switch(self.enabled),
            "HttpProtocolIpv6": "disabled",
            "InstanceMetadataTags": switch(self.tags),
        })
    }
}
