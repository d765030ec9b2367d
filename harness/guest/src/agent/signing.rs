//! Signature Version 4 of what a machine sends. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;

use super::api_error::ApiError;
use super::imds::RoleCredentials;

/// What of a request is signed.
#[derive(Clone, Copy)]
pub(crate) struct Signed<'a> {
    /// What errors call the request.
    pub(crate) operation: &'a str,
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a [u8],
}

impl Signed<'_> {
    /// The headers that a signature adds. S3 takes paths as they are, and wants the payload's hash in a header.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
    pub(crate) fn sign(&self, credentials: RoleCredentials) -> Result<Vec<(String, String)>, ApiError> {
        let Self { operation, service, region, method, url, headers, body } = *self;
        let mut settings = SigningSettings::default();
        if service == "s3" {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let fail = |reason: String| ApiError::Sign { operation: operation.to_owned(), reason };
        let RoleCredentials { access_key_id, secret_access_key, token } = credentials;
        let identity = Credentials::new(access_key_id, secret_access_key, token, None, "instance metadata").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(service)
            .time(wall_clock())
            .settings(settings)
            .build()
            .map_err(|error| fail(error.to_string()))?
            .into();
        let request = SignableRequest::new(method, url, headers.iter().copied(), SignableBody::Bytes(body))
            .map_err(|error| fail(error.to_string()))?;
        let (instructions, _) = sign(request, &parameters).map_err(|error| fail(error.to_string()))?.into_parts();
        Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// The machine's own clock: signatures are made with it.
#[expect(clippy::disallowed_methods, reason = "a machine has real time, as an instance has")]
fn wall_clock() -> SystemTime {
    SystemTime::now()
}
