//! The address that code can be downloaded from for ten minutes, as `GetFunction` and `GetLayerVersion` tell it: a presigned one of a bucket of
//! Lambda's own.

use std::path::PathBuf;

use http::Uri;
use jiff::{SignedDuration, Timestamp};
use nightproof_core::credentials::sha256_hex;
use nightproof_core::service::Call;
use nightproof_core::{Clock, Region};

use crate::code::{self, Code};

/// How long an address is good for.
const GOOD: SignedDuration = SignedDuration::from_mins(10);

/// Whose code it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Function,
    Layer,
}

/// The bucket.
fn bucket(region: &str, kind: Kind) -> String {
    match kind {
        Kind::Function => format!("awslambda-{region}-tasks"),
        Kind::Layer => format!("awslambda-{region}-layers"),
    }
}

/// The host of the bucket.
fn host(region: &str, kind: Kind) -> String {
    format!("{}.s3.{region}.amazonaws.com", bucket(region, kind))
}

/// An address of the code of the function or layer `name`. Who asks by one of AWS's names gets one of them; everybody else, one at the
/// endpoint that was asked.
pub(crate) fn location(call: &Call, secret: &str, kind: Kind, name: &str, code: &Code) -> String {
    let region = call.region.name();
    let path = format!("/snapshots/{}/{name}-{}", call.account(), code.id());
    let date = Clock::real_now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let query = format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={date}&X-Amz-SignedHeaders=host&X-Amz-Expires={}&X-Amz-Signature={}",
        GOOD.as_secs(),
        signature(secret, &path, &date)
    );
    let asked = call.http.as_ref().and_then(|head| {
        let host = head.uri.authority().map(|authority| authority.as_str());
        host.or_else(|| head.headers.get(http::header::HOST)?.to_str().ok())
    });
    match asked.filter(|asked| !asked.split(':').next().unwrap_or_default().ends_with(".amazonaws.com")) {
        Some(endpoint) => {
            let scheme = if call.tls { "https" } else { "http" };
            format!("{scheme}://{endpoint}/{}{path}?{query}", bucket(region, kind))
        }
        None => format!("https://{}{path}?{query}", host(region, kind)),
    }
}

/// Whether a request is for one of Lambda's buckets.
pub(crate) fn is_download(region: &str, of_host: &str, path: &str) -> bool {
    object(region, of_host, path).is_some()
}

/// The path within the bucket.
fn object<'a>(region: &str, of_host: &str, path: &'a str) -> Option<&'a str> {
    [Kind::Function, Kind::Layer].into_iter().find_map(|kind| match of_host == host(region, kind) {
        true => Some(path),
        false => path.strip_prefix('/')?.strip_prefix(bucket(region, kind).as_str()).filter(|rest| rest.starts_with('/')),
    })
}

/// The zip that an address leads to, as long as it is good and there is such code.
pub(crate) fn zip(region: &Region, secret: &str, of_host: &str, uri: &Uri) -> Option<PathBuf> {
    let path = object(region.name(), of_host, uri.path())?;
    let asked = |name: &str| {
        let mut pairs = uri.query().unwrap_or_default().split('&');
        pairs.find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
    };
    let date = asked("X-Amz-Date")?;
    if asked("X-Amz-Signature")? != signature(secret, path, date) {
        return None;
    }
    let made: Timestamp =
        jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", date).ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    if Clock::real_now().duration_since(made) > GOOD {
        return None;
    }
    // The id is the path's end: five groups of digits.
    let id: Vec<&str> = path.rsplitn(6, '-').take(5).collect();
    code::zip_of(region, &id.into_iter().rev().collect::<Vec<_>>().join("-"))
}

fn signature(secret: &str, path: &str, date: &str) -> String {
    sha256_hex(format!("{secret}\n{date}\n{path}\n{secret}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambdas_buckets_are_found_by_host_and_by_path() {
        let host = "awslambda-us-east-1-tasks.s3.us-east-1.amazonaws.com";
        assert_eq!(object("us-east-1", host, "/snapshots/1/f"), Some("/snapshots/1/f"));
        assert_eq!(object("us-east-1", "127.0.0.1", "/awslambda-us-east-1-layers/snapshots/1/f"), Some("/snapshots/1/f"));
        assert_eq!(object("us-east-1", "127.0.0.1", "/awslambda-us-east-1-layers-of-mine/f"), None);
        assert_eq!(object("us-east-1", "127.0.0.1", "/bucket/f"), None);
    }
}
