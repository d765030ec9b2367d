//! How messages come to endpoints.

use http::Uri;
use nightproof_core::service::{AwsError, arn};

use crate::error::invalid;
use crate::phone_number;

/// <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Sqs,
    Lambda,
    Http,
    Https,
    Email,
    EmailJson,
    Sms,
    Application,
}

impl Protocol {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqs => "sqs",
            Self::Lambda => "lambda",
            Self::Http => "http",
            Self::Https => "https",
            Self::Email => "email",
            Self::EmailJson => "email-json",
            Self::Sms => "sms",
            Self::Application => "application",
        }
    }

    pub(crate) fn read(name: &str) -> Result<Self, AwsError> {
        Ok(match name {
            "sqs" => Self::Sqs,
            "lambda" => Self::Lambda,
            "http" => Self::Http,
            "https" => Self::Https,
            "email" => Self::Email,
            "email-json" => Self::EmailJson,
            "sms" => Self::Sms,
            "application" => Self::Application,
            "firehose" => return Err(AwsError::not_implemented("sns", "the protocol firehose")),
            other => return Err(invalid(&format!("Amazon SNS does not support this protocol string: {other}"))),
        })
    }

    /// Whether an endpoint has to say that it wants messages.
    pub(crate) fn asks(self) -> bool {
        matches!(self, Self::Http | Self::Https | Self::Email | Self::EmailJson)
    }

    /// Whether its requests follow a delivery policy.
    pub(crate) fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }

    /// Whether a message may come as its text alone.
    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html>
    pub(crate) fn has_raw_messages(self) -> bool {
        matches!(self, Self::Sqs | Self::Http | Self::Https)
    }

    pub(crate) fn check(self, endpoint: &str) -> Result<(), AwsError> {
        let is_resource = |service: &str| {
            let parts: Vec<&str> = endpoint.split(':').collect();
            let whole = matches!(parts.as_slice(), ["arn", _, _, region, account, name, ..] if ![region, account, name].iter().any(|part| part.is_empty()));
            whole && arn::service_of(endpoint) == service
        };
        let is_address = || endpoint.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        let is_uri = || endpoint.parse::<Uri>().is_ok_and(|uri| uri.scheme_str() == Some(self.name()) && uri.host().is_some());
        match self {
            Self::Sqs if is_resource("sqs") && endpoint.split(':').count() == 6 => Ok(()),
            Self::Sqs => Err(invalid("SQS endpoint ARN")),
            Self::Lambda if is_resource("lambda") => Ok(()),
            Self::Lambda => Err(invalid("Lambda endpoint ARN")),
            Self::Http | Self::Https if is_uri() => Ok(()),
            Self::Http | Self::Https => Err(invalid("Endpoint must match the specified protocol")),
            Self::Email | Self::EmailJson if is_address() => Ok(()),
            Self::Email | Self::EmailJson => Err(invalid("Email address")),
            Self::Sms if phone_number::is_endpoint(endpoint) => Ok(()),
            Self::Sms => Err(AwsError::new("InvalidParameterException", 400, format!("Invalid SMS endpoint: {endpoint}"))),
            Self::Application if is_resource("sns") && arn::resource_of(endpoint).starts_with("endpoint/") => Ok(()),
            Self::Application => Err(invalid("Application endpoint arn invalid")),
        }
    }
}
