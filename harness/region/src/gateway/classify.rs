//! Which service a request is for.

use http::request::Parts;

use crate::service::AwsError;

/// The signing name of the service that a request addresses: the signature's scope says it; an unsigned request is placed by its
/// JSON target or host name, and is S3's otherwise, the one service with anonymous access.
pub(super) fn service(parts: &Parts, scope: Option<&str>) -> Result<&'static firedrill_wire::ServiceModel, AwsError> {
    let name = match scope {
        Some(scope) => scope.to_owned(),
        None => by_target(parts).or_else(|| by_host(parts)).unwrap_or_else(|| "s3".to_owned()),
    };
    firedrill_wire::service(&name).ok_or_else(|| AwsError::not_implemented(&name, "this service"))
}

fn by_target(parts: &Parts) -> Option<String> {
    let target = parts.headers.get("x-amz-target")?.to_str().ok()?;
    let prefix = target.split('.').next()?;
    let name = match prefix {
        "AmazonSSM" => "ssm",
        "EC2WindowsMessageDeliveryService" => "ec2messages",
        "AWSEvents" => "events",
        "AmazonSQS" => "sqs",
        "TrentService" => "kms",
        "Logs_20140328" => "logs",
        _ => return None,
    };
    Some(name.to_owned())
}

fn by_host(parts: &Parts) -> Option<String> {
    let host = host(parts)?;
    let name = host.strip_suffix(".amazonaws.com")?;
    let mut labels: Vec<&str> = name.split('.').collect();
    if labels.iter().any(|label| *label == "s3" || label.starts_with("s3-")) {
        return Some("s3".to_owned());
    }
    Some(labels.remove(0).to_owned())
}

/// The host a request names, without its port.
pub(super) fn host(parts: &Parts) -> Option<&str> {
    let host = parts.uri.host().or_else(|| parts.headers.get(http::header::HOST)?.to_str().ok())?;
    Some(host.split(':').next().unwrap_or(host))
}

/// The `User-Agent` of a request; `-` without one.
pub(super) fn user_agent(parts: &Parts) -> &str {
    parts.headers.get(http::header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(host: &str, target: Option<&str>) -> String {
        let mut request = http::Request::builder().uri("/").header("host", host);
        if let Some(target) = target {
            request = request.header("x-amz-target", target);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        service(&parts, None).unwrap().signing_name().to_owned()
    }

    #[test]
    fn unsigned_requests_are_placed_by_target_then_host_then_s3() {
        assert_eq!(name("127.0.0.1:4566", Some("AmazonSSM.ListCommands")), "ssm");
        assert_eq!(name("sts.us-east-1.amazonaws.com", None), "sts");
        assert_eq!(name("my.bucket.s3.us-east-1.amazonaws.com", None), "s3");
        assert_eq!(name("127.0.0.1:4566", None), "s3");
    }

    #[test]
    fn a_service_that_the_region_lacks_is_named() {
        let (parts, ()) = http::Request::builder().uri("/").body(()).unwrap().into_parts();
        let error = service(&parts, Some("dynamodb")).err().unwrap();
        assert!(error.message.contains("dynamodb"), "{error}");
    }
}
