//! Calls that are signed and not sent: their addresses.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html>

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use nightproof_wire::AwsError;
use serde_json::Value;

use crate::account::dynamic_client::{DynamicClient, S3};
use crate::account::objects;

impl DynamicClient {
    /// An address of this call of S3 that holds for a while, for whoever has it, under AWS's own names: those are what a machine can reach.
    ///
    /// # Errors
    /// `ClientError` if the input makes no request, or there are no credentials.
    #[expect(clippy::disallowed_methods, reason = "signatures are of real time")]
    pub(crate) async fn presigned(&self, operation: &str, input: &Value, holds: Duration) -> Result<String, AwsError> {
        let refused = |error: &dyn std::fmt::Display| AwsError::new("ClientError", 400, error.to_string());
        let (model, known) = objects::known(operation)?;
        let named = self.at_aws();
        let mut request = named.request(model, known, input)?;
        let address = format!("{}{}", named.address(model, input), request.uri());
        *request.uri_mut() = address.parse().map_err(|error| refused(&error))?;
        let identity = named.credentials.provide_credentials().await.map_err(|error| refused(&error))?.into();
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(holds);
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&named.region)
            .name(S3)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|error| refused(&error))?
            .into();
        let unsigned =
            SignableRequest::new(request.method().as_str(), &address, std::iter::empty(), SignableBody::UnsignedPayload)
                .map_err(|error| refused(&error))?;
        let (instructions, _) = sign(unsigned, &parameters).map_err(|error| refused(&error))?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request.uri().to_string())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::account::served::client;

    #[tokio::test]
    async fn an_address_names_aws_whatever_the_endpoint_and_has_all_that_a_reader_needs() {
        let client = client(Some("https://127.0.0.1:1".to_owned()));
        let input = json!({ "Bucket": "b", "Key": "x y", "VersionId": "v" });
        let address = client.presigned("GetObject", &input, Duration::from_secs(60)).await.unwrap();
        assert!(address.starts_with("https://b.s3.eu-west-1.amazonaws.com/x%20y?versionId=v&"), "{address}");
        for part in ["X-Amz-Expires=60", "X-Amz-Credential=key%2F", "%2Feu-west-1%2Fs3%2Faws4_request", "X-Amz-Signature="] {
            assert!(address.contains(part), "{part} is not in {address}");
        }
    }
}
