//! What a request says about its signature, before anything is believed.

use http::request::Parts;
use jiff::Timestamp;

use crate::AwsError;
use crate::form;

/// What a request claims: whose it is, when it was signed, what the signature covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The access key.
    pub access_key_id: String,
    /// Date of the credential scope, `20261123`.
    pub date: String,
    /// Region of the credential scope.
    pub region: String,
    /// Signing name of the credential scope.
    pub service: String,
    /// Names of the headers that are signed, in lower case, as the request orders them.
    pub signed_headers: Vec<String>,
    /// The signature, in hexadecimal digits.
    pub signature: String,
    /// When the request was signed.
    pub timestamp: Timestamp,
    /// The token of temporary credentials.
    pub session_token: Option<String>,
    /// Seconds that a presigned request is good for; `None` when signed by header.
    pub presigned: Option<u64>,
    /// What the signature says about the body.
    pub payload: Payload,
    /// The version of the signature.
    pub version: Version,
}

/// The version of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// Signature Version 4.
    V4,
    /// Signature Version 2, which S3 alone still takes. Of scope and signed headers it has none.
    V2 {
        /// When the request expires, in seconds since 1970 as it was sent; absent when signed by header.
        expires: Option<String>,
    },
}

/// What a signature says about the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// Nothing was sent: the signature covers the SHA-256 of the body, whatever that is.
    Body,
    /// The body has this SHA-256, in hexadecimal digits. Who streams the body compares at its end.
    Sha256(String),
    /// The body is not covered.
    Unsigned,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`: signed chunks.
    StreamingSigned,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`: signed chunks and a signed trailer.
    StreamingSignedTrailer,
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`: chunks and a trailer, neither signed.
    StreamingUnsignedTrailer,
}

impl Payload {
    /// Whether the body comes in aws-chunked encoding: a [`super::ChunkedDecoder`] reads it.
    pub fn is_chunked(&self) -> bool {
        matches!(self, Self::StreamingSigned | Self::StreamingSignedTrailer | Self::StreamingUnsignedTrailer)
    }

    fn parse(text: &str) -> Result<Self, AwsError> {
        Ok(match text {
            "UNSIGNED-PAYLOAD" => Self::Unsigned,
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => Self::StreamingSigned,
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => Self::StreamingSignedTrailer,
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Self::StreamingUnsignedTrailer,
            digest if digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                Self::Sha256(digest.to_ascii_lowercase())
            }
            other => {
                let message = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, \
                               STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.";
                return Err(AwsError::new("InvalidArgument", 400, message)
                    .with("ArgumentName", "x-amz-content-sha256")
                    .with("ArgumentValue", other));
            }
        })
    }

    /// The last line of the canonical request; `None` when it depends on the body.
    pub(super) fn canonical(&self) -> Option<&str> {
        Some(match self {
            Self::Body => return None,
            Self::Sha256(digest) => digest,
            Self::Unsigned => "UNSIGNED-PAYLOAD",
            Self::StreamingSigned => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            Self::StreamingSignedTrailer => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            Self::StreamingUnsignedTrailer => "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        })
    }
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// A week, the longest that a presigned request may be good for.
const LONGEST_EXPIRY: u64 = 604_800;

/// The claim of a request; `None` when it is anonymous. Errors are `IncompleteSignature` and the like.
pub fn claim(parts: &Parts) -> Result<Option<Claim>, AwsError> {
    if let Some(value) = parts.headers.get(http::header::AUTHORIZATION) {
        let value = value.to_str().map_err(|_| incomplete("Authorization header is not ASCII."))?;
        return by_header(parts, value).map(Some);
    }
    let query = form::parse_query(&parts.uri);
    let get = |name: &str| query.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    if get("X-Amz-Algorithm").is_some() || get("X-Amz-Signature").is_some() || get("X-Amz-Credential").is_some() {
        return presigned(parts, get).map(Some);
    }
    if get("AWSAccessKeyId").is_some() || get("Signature").is_some() {
        return presigned_by_version_2(parts, get).map(Some);
    }
    Ok(None)
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html#RESTAuthenticationQueryStringAuth>
fn presigned_by_version_2<'a>(parts: &Parts, get: impl Fn(&str) -> Option<&'a str>) -> Result<Claim, AwsError> {
    let need = |name: &str| {
        get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            AwsError::new(
                "AccessDenied",
                403,
                "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
            )
        })
    };
    let (key, signature, expires) = (need("AWSAccessKeyId")?, need("Signature")?, need("Expires")?);
    let at =
        expires.parse().ok().and_then(|at| Timestamp::from_second(at).ok()).ok_or_else(|| {
            AwsError::new("AccessDenied", 403, format!("Invalid date (should be seconds since epoch): {expires}"))
        })?;
    let token = parts.headers.get("x-amz-security-token").and_then(|value| value.to_str().ok());
    let token = get("x-amz-security-token").or(token);
    Ok(version_2(key, signature, at, token, Some(expires.to_owned())))
}

/// `Authorization: AWS AKID:signature`.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html#ConstructingTheAuthenticationHeader>
fn by_header_of_version_2(parts: &Parts, rest: &str) -> Result<Claim, AwsError> {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let invalid = || {
        AwsError::new("InvalidArgument", 400, "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature")
            .with("ArgumentName", "Authorization")
            .with("ArgumentValue", format!("AWS {rest}"))
    };
    let (key, signature) = rest.trim().rsplit_once(':').filter(|(key, _)| !key.is_empty()).ok_or_else(invalid)?;
    let date = header("x-amz-date")
        .or_else(|| header("date"))
        .and_then(crate::timestamp::read)
        .ok_or_else(|| AwsError::new("AccessDenied", 403, "AWS authentication requires a valid Date or x-amz-date header"))?;
    Ok(version_2(key, signature, date, header("x-amz-security-token"), None))
}

impl Claim {
    /// The claim of a form by Signature Version 2, which has no time of its own.
    pub(crate) fn version_2(key: &str, signature: &str, token: Option<&str>) -> Self {
        version_2(key, signature, Timestamp::UNIX_EPOCH, token, None)
    }
}

/// The claim of a form by Signature Version 4.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html>
pub(crate) fn form_claim(credential: &str, date: &str, signature: &str, token: Option<&str>) -> Result<Claim, AwsError> {
    let scope = Scope::parse(credential)?;
    Ok(Claim {
        signed_headers: Vec::new(),
        signature: signature.to_owned(),
        timestamp: basic_time(date).ok_or_else(|| bad_date(date))?,
        session_token: token.map(str::to_owned),
        presigned: None,
        payload: Payload::Unsigned,
        version: Version::V4,
        access_key_id: scope.access_key_id,
        date: scope.date,
        region: scope.region,
        service: scope.service,
    })
}

fn version_2(key: &str, signature: &str, timestamp: Timestamp, token: Option<&str>, expires: Option<String>) -> Claim {
    Claim {
        access_key_id: key.to_owned(),
        date: String::new(),
        region: String::new(),
        service: "s3".to_owned(),
        signed_headers: Vec::new(),
        signature: signature.to_owned(),
        timestamp,
        session_token: token.map(str::to_owned),
        presigned: expires.as_ref().map(|_| 0),
        payload: Payload::Unsigned,
        version: Version::V2 { expires },
    }
}

fn by_header(parts: &Parts, value: &str) -> Result<Claim, AwsError> {
    let (algorithm, rest) = value.trim().split_once(' ').unwrap_or((value, ""));
    match algorithm {
        ALGORITHM => {}
        "AWS" => return by_header_of_version_2(parts, rest),
        "AWS4-ECDSA-P256-SHA256" => return Err(AwsError::not_implemented("sigv4", "Signature Version 4A")),
        _ => return Err(unsupported()),
    }
    let part = |name: &str| {
        let found = rest.split(',').filter_map(|part| part.trim().split_once('=')).find(|(found, _)| *found == name);
        found
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
            .ok_or_else(|| incomplete(format!("Authorization header requires '{name}' parameter. Authorization={algorithm}")))
    };
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let scope = Scope::parse(part("Credential")?)?;
    let date = header("x-amz-date").or_else(|| header("date")).ok_or_else(|| {
        incomplete(format!(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization={algorithm}"
        ))
    })?;
    let payload = header("x-amz-content-sha256").map(Payload::parse).transpose()?;
    if payload.is_none() && scope.service == "s3" {
        return Err(AwsError::new("InvalidRequest", 400, "Missing required header for this request: x-amz-content-sha256"));
    }
    Ok(Claim {
        signed_headers: signed_headers(part("SignedHeaders")?),
        signature: part("Signature")?.to_owned(),
        timestamp: basic_time(date).or_else(|| crate::timestamp::read(date)).ok_or_else(|| bad_date(date))?,
        session_token: header("x-amz-security-token").map(str::to_owned),
        presigned: None,
        payload: payload.unwrap_or(Payload::Body),
        version: Version::V4,
        access_key_id: scope.access_key_id,
        date: scope.date,
        region: scope.region,
        service: scope.service,
    })
}

fn presigned<'a>(parts: &Parts, get: impl Fn(&str) -> Option<&'a str>) -> Result<Claim, AwsError> {
    let error = |message: &str| AwsError::new("AuthorizationQueryParametersError", 400, message);
    let need = |name: &str| {
        get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            error(
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, \
                 X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
            )
        })
    };
    if need("X-Amz-Algorithm")? != ALGORITHM {
        return Err(error("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\""));
    }
    let scope = Scope::parse(need("X-Amz-Credential")?).map_err(|_| {
        error(
            "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
        )
    })?;
    let date = need("X-Amz-Date")?;
    // Other services than S3 let it be absent: five minutes then.
    let expires = match get("X-Amz-Expires") {
        None if scope.service != "s3" => 300,
        _ => need("X-Amz-Expires")?.parse::<i64>().map_err(|_| error("X-Amz-Expires should be a number"))?,
    };
    let expires = u64::try_from(expires).map_err(|_| error("X-Amz-Expires must be non-negative"))?;
    if expires > LONGEST_EXPIRY {
        return Err(error(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
        ));
    }
    let said =
        get("X-Amz-Content-Sha256").or_else(|| parts.headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok()));
    let payload = match said {
        Some(said) => Payload::parse(said)?,
        None if scope.service == "s3" => Payload::Unsigned,
        None => Payload::Body,
    };
    Ok(Claim {
        signed_headers: signed_headers(need("X-Amz-SignedHeaders")?),
        signature: need("X-Amz-Signature")?.to_owned(),
        timestamp: basic_time(date)
            .ok_or_else(|| error("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""))?,
        session_token: get("X-Amz-Security-Token").map(str::to_owned),
        presigned: Some(expires),
        payload,
        version: Version::V4,
        access_key_id: scope.access_key_id,
        date: scope.date,
        region: scope.region,
        service: scope.service,
    })
}

struct Scope {
    access_key_id: String,
    date: String,
    region: String,
    service: String,
}

impl Scope {
    /// `AKID/20261123/us-east-1/s3/aws4_request`; access keys may contain slashes in theory, so it is read from the end.
    fn parse(text: &str) -> Result<Self, AwsError> {
        let mut parts = text.rsplitn(5, '/');
        let (end, service, region, date, key) = (parts.next(), parts.next(), parts.next(), parts.next(), parts.next());
        match (end, service, region, date, key) {
            (Some("aws4_request"), Some(service), Some(region), Some(date), Some(key))
                if !key.is_empty() && date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                Ok(Self {
                    access_key_id: key.to_owned(),
                    date: date.to_owned(),
                    region: region.to_owned(),
                    service: service.to_owned(),
                })
            }
            _ => Err(incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{text}'"
            ))),
        }
    }
}

fn signed_headers(text: &str) -> Vec<String> {
    text.split(';').map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty()).collect()
}

/// `20261123T030000Z`.
fn basic_time(text: &str) -> Option<Timestamp> {
    if text.len() != 16 || !text.is_ascii() || !text.ends_with('Z') {
        return None;
    }
    jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?.in_tz("UTC").ok().map(|zoned| zoned.timestamp())
}

fn bad_date(date: &str) -> AwsError {
    incomplete(format!("Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"))
}

fn incomplete(message: impl Into<String>) -> AwsError {
    AwsError::new("IncompleteSignature", 400, message)
}

fn unsupported() -> AwsError {
    AwsError::new(
        "InvalidRequest",
        400,
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    )
}
