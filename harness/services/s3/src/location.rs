//! Where buckets are, and requests that come to the endpoint of another region.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingRouting.html>

use http::request::Parts;
use nightproof_core::service::Call;
use nightproof_core::{Region, is_region};
use nightproof_wire::AwsError;

/// Whether a bucket can be made to be in a place of this name: a region, or `EU`, which stands for `eu-west-1`.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucketConfiguration.html>
pub(super) fn is_constraint(name: &str) -> bool {
    name == "EU" || is_region(name)
}

/// The region where a constraint puts a bucket.
pub(super) fn region_of(constraint: &str) -> &str {
    if constraint == "EU" { "eu-west-1" } else { constraint }
}

/// The region that has the one endpoint without a region's name, `s3.amazonaws.com`.
pub(super) const GLOBAL_REGION: &str = "us-east-1";

/// What a request's host says of a region.
#[derive(Debug, PartialEq, Eq)]
enum Host<'a> {
    /// The endpoint of a region.
    Regional(&'a str),
    /// The global endpoint by a bucket's own name, which DNS leads to the bucket's region.
    OfBucket,
    /// The global endpoint, or a host that is none of AWS's: the signature alone says it.
    Unnamed,
}

/// Refuses a request for `bucket`, which is in `region`, if it is not made at the endpoint of that region, or is signed for another.
pub(super) fn check(call: &Call, bucket: &str, region: &str) -> Result<(), AwsError> {
    let called = call.region.name();
    let signed = call.caller.access_key_id.is_some() && call.http.as_deref().is_some_and(is_signed);
    let endpoint = match call.http.as_deref().map_or(Host::Unnamed, host) {
        Host::Regional(name) => name,
        Host::OfBucket => region,
        Host::Unnamed => called,
    };
    if signed && endpoint != called {
        return Err(signed_for_another(call, called, endpoint));
    }
    if endpoint == region { Ok(()) } else { Err(redirect(bucket, region)) }
}

/// The region that a request is made in: of a region that is served alone, which serves whatever is signed, the one that it is signed for.
pub(super) fn called(call: &Call) -> &str {
    let own = call.region.name();
    if !call.region.is_alone() {
        return own;
    }
    call.http.as_deref().and_then(scope).filter(|region| is_region(region)).unwrap_or(own)
}

/// The handle of the region of this name, where a bucket is; of a region that is served alone, its own.
pub(super) fn home(of: &Region, name: &str) -> Region {
    of.sibling(name).unwrap_or_else(|| of.clone())
}

/// The region of the signature's scope: the third part of a credential, `AKID/20261123/us-east-1/s3/aws4_request`.
fn scope(head: &Parts) -> Option<&str> {
    let header = || head.headers.get(http::header::AUTHORIZATION)?.to_str().ok()?.split_once("Credential=");
    let query = || head.uri.query()?.split_once("X-Amz-Credential=");
    if let Some((_, credential)) = header() {
        return credential.split('/').nth(2);
    }
    query()?.1.split("%2F").nth(2)
}

fn is_signed(head: &Parts) -> bool {
    head.headers.contains_key(http::header::AUTHORIZATION) || is_presigned(head)
}

fn is_presigned(head: &Parts) -> bool {
    head.uri.query().is_some_and(|query| query.contains("X-Amz-Signature="))
}

fn host(head: &Parts) -> Host<'_> {
    let host = head.uri.host().or_else(|| head.headers.get(http::header::HOST)?.to_str().ok()).unwrap_or_default();
    let host = host.split(':').next().unwrap_or(host);
    let Some(name) = host.strip_suffix(".amazonaws.com") else { return Host::Unnamed };
    let last = name.rsplit('.').next().unwrap_or(name);
    let label = last.strip_prefix("s3-").unwrap_or(last);
    match label {
        label if is_region(label) => Host::Regional(label),
        "s3" if name != "s3" => Host::OfBucket,
        _ => Host::Unnamed,
    }
}

fn signed_for_another(call: &Call, wrong: &str, expected: &str) -> AwsError {
    let error = if call.http.as_deref().is_some_and(is_presigned) {
        let message =
            format!("Error parsing the X-Amz-Credential parameter; the region '{wrong}' is wrong; expecting '{expected}'");
        AwsError::new("AuthorizationQueryParametersError", 400, message)
    } else {
        let message = format!("The authorization header is malformed; the region '{wrong}' is wrong; expecting '{expected}'");
        AwsError::new("AuthorizationHeaderMalformed", 400, message)
    };
    error.with("Region", expected).with_header("x-amz-bucket-region", expected)
}

fn redirect(bucket: &str, region: &str) -> AwsError {
    let message = "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.";
    AwsError::new("PermanentRedirect", 301, message)
        .with("Endpoint", format!("{bucket}.s3.{region}.amazonaws.com"))
        .with("Bucket", bucket)
        .with_header("x-amz-bucket-region", region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_names_the_region_of_its_scope() {
        let of = |uri: &str, header: Option<&str>| {
            let mut request = http::Request::builder().uri(uri);
            if let Some(header) = header {
                request = request.header("authorization", header);
            }
            scope(&request.body(()).unwrap().into_parts().0).map(str::to_owned)
        };
        let header = "AWS4-HMAC-SHA256 Credential=AKIA/20261123/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0";
        assert_eq!(of("/b", Some(header)).as_deref(), Some("eu-west-1"));
        let query = "/b?X-Amz-Credential=AKIA%2F20261123%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Signature=0";
        assert_eq!(of(query, None).as_deref(), Some("eu-central-1"));
        assert_eq!(of("/b", Some("AWS AKIA:signature")), None);
    }

    #[test]
    fn a_host_names_the_region_of_its_endpoint() {
        let of = |name: &str| {
            let (parts, ()) = http::Request::builder().uri("/k").header("host", name).body(()).unwrap().into_parts();
            match host(&parts) {
                Host::Regional(region) => region.to_owned(),
                Host::OfBucket => "of the bucket".to_owned(),
                Host::Unnamed => "unnamed".to_owned(),
            }
        };
        for (name, expected) in [
            ("s3.eu-west-1.amazonaws.com", "eu-west-1"),
            ("my.bucket.s3.eu-west-1.amazonaws.com:443", "eu-west-1"),
            ("b.s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1"),
            ("b.s3-eu-west-1.amazonaws.com", "eu-west-1"),
            ("b.s3.amazonaws.com", "of the bucket"),
            ("s3.amazonaws.com", "unnamed"),
            ("127.0.0.1:4566", "unnamed"),
        ] {
            assert_eq!(of(name), expected, "{name}");
        }
    }
}
