//! The signature itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::claim::Version;
use super::{Claim, Payload, canonical, version2};
use crate::AwsError;

/// How far the client's clock may be off.
const SKEW: SignedDuration = SignedDuration::from_mins(15);

/// What the signatures of an aws-chunked body grow from. Made by [`verify`]; its key never shows.
#[derive(Clone)]
pub struct Seed {
    pub(super) key: [u8; 32],
    /// Timestamp and scope, each with its line end.
    pub(super) preamble: String,
    pub(super) signature: String,
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seed").finish_non_exhaustive()
    }
}

/// SHA-256 in hexadecimal digits, as signatures have it.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Checks a claim with its key's secret at a time. `body_sha256` is the digest of the body that came; without it (a body that is
/// still to be streamed) the claimed one is believed, and the caller compares it with the body's at its end.
///
/// Errors are `SignatureDoesNotMatch`, `RequestTimeTooSkewed`, `AccessDenied` (a presigned request that expired),
/// `XAmzContentSHA256Mismatch`.
pub fn verify(parts: &Parts, claim: &Claim, body_sha256: Option<&str>, secret: &str, now: Timestamp) -> Result<Seed, AwsError> {
    if let Version::V2 { expires } = &claim.version {
        return verify_version_2(parts, claim, expires.as_deref(), secret, now);
    }
    check_time(claim, now)?;
    let s3 = claim.service == "s3";
    if !claim.signed_headers.iter().any(|name| name == "host") {
        return Err(AwsError::new(
            "IncompleteSignature",
            400,
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ));
    }
    if s3 {
        let unsigned: Vec<&str> = parts
            .headers
            .keys()
            .map(http::HeaderName::as_str)
            .filter(|name| name.starts_with("x-amz-") && *name != "x-amz-content-sha256")
            .filter(|name| !claim.signed_headers.iter().any(|signed| signed == name))
            .collect();
        if !unsigned.is_empty() {
            return Err(AwsError::new("AccessDenied", 403, "There were headers present in the request which were not signed")
                .with("HeadersNotSigned", unsigned.join(", ")));
        }
    }
    let payload = match (&claim.payload, body_sha256) {
        (Payload::Sha256(claimed), Some(found)) if !claimed.eq_ignore_ascii_case(found) => {
            if s3 {
                return Err(AwsError::new(
                    "XAmzContentSHA256Mismatch",
                    400,
                    "The provided 'x-amz-content-sha256' header does not match what was computed.",
                )
                .with("ClientComputedContentSHA256", claimed.as_str())
                .with("S3ComputedContentSHA256", found));
            }
            found.to_owned()
        }
        (payload, found) => match payload.canonical() {
            Some(line) => line.to_owned(),
            None => found.map_or_else(|| sha256_hex(b""), str::to_owned),
        },
    };
    let canonical = canonical::request(parts, claim, &payload);
    let timestamp = claim.timestamp.strftime("%Y%m%dT%H%M%SZ").to_string();
    let scope = format!("{}/{}/{}/aws4_request", claim.date, claim.region, claim.service);
    let preamble = format!("{timestamp}\n{scope}\n");
    let to_sign = format!("AWS4-HMAC-SHA256\n{preamble}{}", sha256_hex(canonical.as_bytes()));
    let key = signing_key(secret, &claim.date, &claim.region, &claim.service);
    if !matches(&key, to_sign.as_bytes(), &claim.signature) {
        let error = mismatch(s3);
        return Err(if s3 {
            explained(error, claim, &to_sign)
                .with("CanonicalRequest", canonical.as_str())
                .with("CanonicalRequestBytes", spelled(&canonical))
        } else {
            error
        });
    }
    Ok(Seed { key, preamble, signature: claim.signature.clone() })
}

/// As [`verify`], for Signature Version 2. Its payload is never signed, and never in signed chunks.
fn verify_version_2(parts: &Parts, claim: &Claim, expires: Option<&str>, secret: &str, now: Timestamp) -> Result<Seed, AwsError> {
    let late = match expires {
        Some(_) if now > claim.timestamp => {
            Some(AwsError::new("AccessDenied", 403, "Request has expired").with("Expires", claim.timestamp.to_string()))
        }
        None if now.duration_since(claim.timestamp).abs() > SKEW => Some(too_skewed()),
        _ => None,
    };
    if let Some(error) = late {
        return Err(error.with("ServerTime", whole_second(now)));
    }
    let to_sign = version2::string_to_sign(parts, expires);
    if !matches_version_2(secret, &to_sign, &claim.signature) {
        return Err(explained(mismatch(true), claim, &to_sign));
    }
    Ok(Seed { key: [0; 32], preamble: String::new(), signature: String::new() })
}

/// Checks the signature of a form, which signs the text of its policy.
///
/// # Errors
/// `SignatureDoesNotMatch`
pub fn verify_form(claim: &Claim, policy: &str, secret: &str) -> Result<(), AwsError> {
    let right = match claim.version {
        Version::V2 { .. } => matches_version_2(secret, policy, &claim.signature),
        Version::V4 => {
            matches(&signing_key(secret, &claim.date, &claim.region, &claim.service), policy.as_bytes(), &claim.signature)
        }
    };
    if right { Ok(()) } else { Err(explained(mismatch(true), claim, policy)) }
}

/// Compares in constant time.
fn matches_version_2(secret: &str, text: &str, signature: &str) -> bool {
    let given = STANDARD.decode(signature).unwrap_or_default();
    Hmac::<Sha1>::new_from_slice(secret.as_bytes()).is_ok_and(|mut mac| {
        mac.update(text.as_bytes());
        mac.verify_slice(&given).is_ok()
    })
}

/// The refusal of a signature with what S3 signed, for who has to find the difference.
fn explained(error: AwsError, claim: &Claim, to_sign: &str) -> AwsError {
    error
        .with("AWSAccessKeyId", claim.access_key_id.as_str())
        .with("StringToSign", to_sign)
        .with("SignatureProvided", claim.signature.as_str())
        .with("StringToSignBytes", spelled(to_sign))
}

/// The bytes of a text in hexadecimal digits, with spaces between.
fn spelled(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

fn whole_second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn check_time(claim: &Claim, now: Timestamp) -> Result<(), AwsError> {
    let basic = |at: Timestamp| at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let age = now.duration_since(claim.timestamp);
    if claim.timestamp.strftime("%Y%m%d").to_string() != claim.date {
        let message = format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}'.",
            claim.date,
            basic(claim.timestamp)
        );
        return Err(AwsError::new("SignatureDoesNotMatch", 403, message));
    }
    if let Some(expires) = claim.presigned {
        let good_for = SignedDuration::from_secs(i64::try_from(expires).unwrap_or(i64::MAX));
        if age > good_for {
            return Err(AwsError::new("AccessDenied", 403, "Request has expired")
                .with("X-Amz-Expires", expires)
                .with("Expires", whole_second(claim.timestamp + good_for))
                .with("ServerTime", whole_second(now)));
        }
        if age < -SKEW {
            return Err(AwsError::new("AccessDenied", 403, "Request is not yet valid"));
        }
        return Ok(());
    }
    if age.abs() <= SKEW {
        return Ok(());
    }
    if claim.service == "s3" {
        return Err(too_skewed());
    }
    let message = if age > SKEW {
        format!(
            "Signature expired: {} is now earlier than {} ({} - 15 min.)",
            basic(claim.timestamp),
            basic(now - SKEW),
            basic(now)
        )
    } else {
        format!(
            "Signature not yet current: {} is still later than {} ({} + 15 min.)",
            basic(claim.timestamp),
            basic(now + SKEW),
            basic(now)
        )
    };
    Err(AwsError::new("RequestTimeTooSkewed", 403, message))
}

fn too_skewed() -> AwsError {
    AwsError::new("RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large.")
}

pub(super) fn mismatch(s3: bool) -> AwsError {
    let message = if s3 {
        "The request signature we calculated does not match the signature you provided. Check your key and signing method."
    } else {
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and \
         signing method. Consult the service documentation for details."
    };
    AwsError::new("SignatureDoesNotMatch", 403, message)
}

pub(super) fn signing_key(secret: &str, date: &str, region: &str, service: &str) -> [u8; 32] {
    let mut key = hmac(format!("AWS4{secret}").as_bytes(), date.as_bytes());
    for part in [region, service, "aws4_request"] {
        key = hmac(&key, part.as_bytes());
    }
    key
}

fn mac(key: &[u8], text: &[u8]) -> Option<Hmac<Sha256>> {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(text);
    Some(mac)
}

/// The HMAC-SHA256 of a text.
pub fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    mac(key, text).map(|mac| mac.finalize().into_bytes().into()).unwrap_or_default()
}

/// Compares in constant time.
pub(super) fn matches(key: &[u8; 32], text: &[u8], signature: &str) -> bool {
    match (hex::decode(signature), mac(key, text)) {
        (Ok(signature), Some(mac)) => mac.verify_slice(&signature).is_ok(),
        _ => false,
    }
}
