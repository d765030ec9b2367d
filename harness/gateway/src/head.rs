//! What the head of a request says: the service it is for, its host, its client.

use http::request::Parts;
use nightproof_core::Region;
use nightproof_core::service::AwsError;

use crate::web_socket;

/// The signing name of the service that a request addresses: the signature's scope says it; an unsigned request is placed by what its
/// head names or by its host, and is S3's otherwise, the one service with anonymous access.
pub(super) fn service(parts: &Parts, scope: Option<&str>) -> String {
    let by_link = || is_notification_link(parts).then_some("sns");
    let of_session = || web_socket::is_of_session(parts).then_some(web_socket::SERVICE);
    let unsigned = || by_link().or_else(of_session).or_else(|| nightproof_wire::service_of_unsigned(parts));
    let name = scope.map(|scope| nightproof_wire::service_of_scope(parts, scope)).or_else(unsigned).or_else(|| by_host(parts));
    name.unwrap_or("s3").to_owned()
}

/// Whether a request is by a link in a message of SNS, which has neither a version nor a signature.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html>
pub(super) fn is_notification_link(parts: &Parts) -> bool {
    let mut pairs = parts.uri.query().unwrap_or_default().split('&');
    parts.method == http::Method::GET
        && parts.uri.path() == "/"
        && pairs.any(|pair| matches!(pair, "Action=ConfirmSubscription" | "Action=Unsubscribe"))
}

/// The region whose endpoint a host names, of those that are served; `None` for a host without region and for other hosts.
/// <https://docs.aws.amazon.com/general/latest/gr/rande.html#regional-endpoints>
pub(super) fn region_of_host(parts: &Parts, served: &Region) -> Option<Region> {
    let name = host(parts)?;
    let name = name.strip_suffix(".amazonaws.com").or_else(|| name.strip_suffix(".on.aws"))?;
    let label = name.rsplit('.').next()?;
    served.sibling(label.strip_prefix("s3-").unwrap_or(label))
}

fn by_host(parts: &Parts) -> Option<&str> {
    let name = host(parts)?.strip_suffix(".amazonaws.com")?;
    if name.split('.').any(|label| label == "s3" || label.starts_with("s3-")) {
        return Some("s3");
    }
    name.split('.').next()
}

/// The longest head of a request, its query string included: S3's documented limit, and what others take at most with tokens and policies.
fn head_limit(service: &str) -> usize {
    if service == "s3" { 8 * 1024 } else { 64 * 1024 }
}

/// Refuses a head that is too long, before anything in it is looked at.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>
pub(super) fn check_length(parts: &Parts, service: &str) -> Result<(), AwsError> {
    let headers: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let limit = head_limit(service);
    if headers + parts.uri.query().map_or(0, str::len) <= limit {
        return Ok(());
    }
    Err(match service {
        "s3" => AwsError::new(
            "RequestHeaderSectionTooLarge",
            400,
            "Your request header and query parameters used to make the request exceed the maximum allowed size.",
        )
        .with("MaxSizeAllowed", limit),
        _ => AwsError::new("RequestEntityTooLargeException", 413, "The headers of the request are too long"),
    })
}

/// Refuses an expectation that nobody here meets: `100-continue` is the only one there is, and before HTTP/1.1 there was none.
/// <https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1>
pub(super) fn check_expectation(parts: &Parts) -> Result<(), AwsError> {
    let met = |value: &http::HeaderValue| {
        let members =
            value.to_str().map(|text| text.split(',').map(str::trim).filter(|member| !member.is_empty()).collect::<Vec<_>>());
        members.is_ok_and(|members| members.iter().all(|member| member.eq_ignore_ascii_case("100-continue")))
    };
    if parts.version < http::Version::HTTP_11 || parts.headers.get_all(http::header::EXPECT).iter().all(met) {
        return Ok(());
    }
    Err(AwsError::new("ExpectationFailed", 417, "The expectation in the Expect header of the request cannot be met."))
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
        service(&parts, None)
    }

    #[test]
    fn unsigned_requests_are_placed_by_target_then_host_then_s3() {
        assert_eq!(name("127.0.0.1:4566", Some("AmazonSSM.ListCommands")), "ssm");
        assert_eq!(name("sts.us-east-1.amazonaws.com", None), "sts");
        assert_eq!(name("my.bucket.s3.us-east-1.amazonaws.com", None), "s3");
        assert_eq!(name("127.0.0.1:4566", None), "s3");
    }

    #[test]
    fn unsigned_forms_are_of_the_query_protocol() {
        let place = |method: &str, uri: &str, kind: &str| {
            let request = http::Request::builder().method(method).uri(uri).header("content-type", kind).body(()).unwrap();
            service(&request.into_parts().0, None)
        };
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        assert_eq!(place("POST", "/", form), "sts");
        assert_eq!(place("POST", "/?Action=DescribeVpcs&Version=2016-11-15", ""), "ec2");
        assert_eq!(place("GET", "/?Action=ListRoles&Version=2010-05-08", ""), "iam");
        assert_eq!(place("GET", "/?Action=Unsubscribe&SubscriptionArn=a", ""), "sns");
        assert_eq!(place("GET", "/b/k?Action=Unsubscribe", ""), "s3");
        assert_eq!(place("POST", "/bucket", form), "s3");
        assert_eq!(place("GET", "/", form), "s3");
    }

    #[test]
    fn a_head_that_is_too_long_is_refused() {
        let head = |length: usize| {
            let request = http::Request::builder().uri("/b/k").header("x-amz-meta-a", "a".repeat(length)).body(()).unwrap();
            request.into_parts().0
        };
        assert!(check_length(&head(8 * 1024 - 16), "s3").is_ok());
        assert_eq!(check_length(&head(8 * 1024), "s3").unwrap_err().code, "RequestHeaderSectionTooLarge");
        assert!(check_length(&head(8 * 1024), "sts").is_ok());
        assert_eq!(check_length(&head(64 * 1024), "sts").unwrap_err().status, 413);
    }

    #[test]
    fn only_100_continue_is_met() {
        let expecting = |version: http::Version, value: &str| {
            let request = http::Request::builder().version(version).uri("/b/k").header("expect", value).body(()).unwrap();
            check_expectation(&request.into_parts().0).err().map(|error| error.status)
        };
        for met in ["100-continue", "100-Continue", " 100-continue , 100-continue", ""] {
            assert_eq!(expecting(http::Version::HTTP_11, met), None, "{met}");
        }
        for unmet in ["200-ok", "100-continue, more", "100-continue=1"] {
            assert_eq!(expecting(http::Version::HTTP_11, unmet), Some(417), "{unmet}");
            assert_eq!(expecting(http::Version::HTTP_10, unmet), None, "{unmet}");
        }
    }
}
