//! Requests to a store are signed as AWS's clients sign. The access key is the account id, by which such stores tell accounts apart.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
};
use aws_sigv4::sign::v4::SigningParams;
use http::request::Parts;
use nightproof_core::Clock;
use nightproof_core::service::AwsError;

/// What is signed of a body.
pub(super) enum Payload {
    /// All of it.
    Document(Vec<u8>),
    /// Nothing.
    Streamed,
    /// Nothing; its checksum follows.
    Framed,
}

/// Adds the headers of a signature.
pub(super) fn sign(parts: &mut Parts, payload: &Payload, account: &str, region: &str, service: &str) -> Result<(), AwsError> {
    let refused = |error: &dyn std::fmt::Display| AwsError::internal(format!("a request to the store cannot be signed: {error}"));
    let identity = Credentials::new(account, "test", None, None, "store").into();
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(Clock::real_now().into())
        .settings(settings)
        .build()
        .map_err(|error| refused(&error))?
        .into();
    let body = match payload {
        Payload::Document(bytes) => SignableBody::Bytes(bytes),
        Payload::Streamed => SignableBody::UnsignedPayload,
        Payload::Framed => SignableBody::StreamingUnsignedPayloadTrailer,
    };
    let uri = parts.uri.to_string();
    let headers = parts.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let request = SignableRequest::new(parts.method.as_str(), &uri, headers, body).map_err(|error| refused(&error))?;
    let (instructions, _) = aws_sigv4::http_request::sign(request, &params).map_err(|error| refused(&error))?.into_parts();
    let (headers, _) = instructions.into_parts();
    for header in headers {
        let value = header.value().parse().map_err(|error| refused(&error))?;
        parts.headers.insert(header.name(), value);
    }
    Ok(())
}
