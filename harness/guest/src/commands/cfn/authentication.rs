//! Downloads, and `AWS::CloudFormation::Authentication`: what is shown to whoever has the files.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-authentication.html>

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::log::Log;
use crate::agent::https;
use crate::agent::imds::{Imds, RoleCredentials};
use crate::agent::s3::Place;
use crate::agent::signing::Signed;

/// How long a download may take.
const LIMIT: Duration = Duration::from_secs(600);
/// The largest one, bytes.
const LARGEST: u64 = 512 << 20;
/// Pauses between tries, seconds.
const PAUSES: [u64; 4] = [1, 3, 7, 15];

/// How a request is authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Method {
    Keys { id: String, secret: String },
    Role(String),
    Basic { user: String, password: String },
}

/// What a resource's metadata says of authentication.
#[derive(Debug, Default)]
pub(super) struct Authentication {
    by_name: BTreeMap<String, Method>,
    by_bucket: BTreeMap<String, Method>,
    by_host: BTreeMap<String, Method>,
}

impl Authentication {
    pub(super) fn read(metadata: &Value, log: &Log) -> Self {
        let mut read = Self::default();
        for (name, entry) in metadata.get("AWS::CloudFormation::Authentication").and_then(Value::as_object).into_iter().flatten()
        {
            let text = |member: &str| entry.get(member).and_then(Value::as_str).map(str::to_owned);
            let method = match text("type").unwrap_or_default().to_lowercase().as_str() {
                "s3" => match (text("accessKeyId").zip(text("secretKey")), text("roleName")) {
                    (Some((id, secret)), _) => Method::Keys { id, secret },
                    (None, Some(role)) => Method::Role(role),
                    (None, None) => {
                        log.warn("S3 auth requires either \"accessKeyId\" and \"secretKey\" or \"roleName\"");
                        continue;
                    }
                },
                "basic" => {
                    Method::Basic { user: text("username").unwrap_or_default(), password: text("password").unwrap_or_default() }
                }
                other => {
                    log.warn(format!("Unrecognized authentication type: {other}"));
                    continue;
                }
            };
            let (member, places) = match method {
                Method::Basic { .. } => ("uris", &mut read.by_host),
                _ => ("buckets", &mut read.by_bucket),
            };
            let listed = entry.get(member);
            let listed = listed
                .and_then(Value::as_array)
                .map_or_else(|| listed.into_iter().collect(), |list| list.iter().collect::<Vec<_>>());
            for place in listed.into_iter().filter_map(Value::as_str) {
                places.insert(host(place).unwrap_or(place).to_owned(), method.clone());
            }
            read.by_name.insert(name.clone(), method);
        }
        read
    }

    /// The method that is named, or else the one for the address.
    fn method(&self, url: &str, name: Option<&str>) -> Option<&Method> {
        name.and_then(|name| self.by_name.get(name)).or_else(|| {
            let bucket = Place::from_url(url).and_then(|place| self.by_bucket.get(&place.bucket));
            bucket.or_else(|| self.by_host.get(host(url)?))
        })
    }

    /// What is at an address. `name` is the authentication that a file asks for.
    pub(super) fn fetch(&self, url: &str, name: Option<&str>, log: &Log) -> Result<Vec<u8>, String> {
        let mut pauses = PAUSES.iter();
        loop {
            log.debug(format!("Retrieving contents from {url}"));
            let (reason, passes) = match once(url, self.method(url, name)) {
                Ok((200..=299, bytes)) => return Ok(bytes),
                Ok((status, bytes)) => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    (format!("HTTP Error {status} : {text}"), status >= 500 || [404, 408].contains(&status))
                }
                Err(reason) => (reason, true),
            };
            match pauses.next().filter(|_| passes) {
                Some(pause) => thread::sleep(Duration::from_secs(*pause)),
                None => return Err(format!("Failed to retrieve {url}: {reason}")),
            }
        }
    }
}

/// `example.com`, of `https://example.com/a`.
fn host(url: &str) -> Option<&str> {
    url.split_once("://")?.1.split('/').next()
}

fn once(url: &str, method: Option<&Method>) -> Result<(u16, Vec<u8>), String> {
    let http = https::client(LIMIT).map_err(|error| error.to_string())?;
    let mut request = http.get(url);
    let keys = match method {
        Some(Method::Basic { user, password }) => {
            request = request.header("Authorization", format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))));
            None
        }
        Some(Method::Role(role)) => {
            Some(Imds::open().and_then(|imds| imds.credentials_of(role)).map_err(|error| error.to_string())?)
        }
        Some(Method::Keys { id, secret }) => {
            Some(RoleCredentials { access_key_id: id.clone(), secret_access_key: secret.clone(), token: None })
        }
        None => None,
    };
    if let Some(keys) = keys {
        let (host, here) = (host(url).unwrap_or_default(), crate::task::read()?.region);
        let region = region_of(host).unwrap_or(&here);
        let call =
            Signed { operation: "GetObject", service: "s3", region, method: "GET", url, headers: &[("host", host)], body: b"" };
        for (name, value) in call.sign(keys).map_err(|error| error.to_string())? {
            request = request.header(name, value);
        }
    }
    let mut answer = request.call().map_err(|error| error.to_string())?;
    let bytes = answer.body_mut().with_config().limit(LARGEST).read_to_vec().map_err(|error| error.to_string())?;
    Ok((answer.status().as_u16(), bytes))
}

/// The region in the host of a bucket, if it names one.
fn region_of(host: &str) -> Option<&str> {
    let service = host.strip_suffix(".amazonaws.com")?;
    let last = service.rsplit('.').next()?;
    let last = last.strip_prefix("s3-").unwrap_or(last);
    last.contains('-').then_some(last).filter(|last| last.ends_with(|end: char| end.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_bucket_a_host_or_a_name_has_its_authentication() {
        let metadata = json!({"AWS::CloudFormation::Authentication": {
            "roles": {"type": "S3", "roleName": "Role", "buckets": ["tools"]},
            "keys": {"type": "s3", "accessKeyId": "AKIA1", "secretKey": "s", "buckets": "other"},
            "basic": {"type": "basic", "username": "u", "password": "p", "uris": ["https://example.com/x"]},
            "lacking": {"type": "S3"}, "strange": {"type": "ntlm"},
        }});
        let read = Authentication::read(&metadata, &Log::none());
        let role = Method::Role("Role".to_owned());
        assert_eq!(read.method("https://tools.s3.amazonaws.com/a", None), Some(&role));
        assert_eq!(read.method("https://s3.us-east-1.amazonaws.com/other/a", Some("roles")), Some(&role));
        assert!(matches!(read.method("https://s3.amazonaws.com/other/a", None), Some(Method::Keys { .. })));
        assert!(matches!(read.method("https://example.com/a", None), Some(Method::Basic { .. })));
        assert_eq!(read.method("https://third.s3.amazonaws.com/a", None), None);
        assert_eq!(read.by_name.len(), 3);
    }

    #[test]
    fn a_region_is_read_from_a_host_that_names_one() {
        for (host, region) in [
            ("tools.s3.eu-west-1.amazonaws.com", Some("eu-west-1")),
            ("s3-us-west-2.amazonaws.com", Some("us-west-2")),
            ("tools.s3.amazonaws.com", None),
            ("my-tools.s3.amazonaws.com", None),
        ] {
            assert_eq!(region_of(host), region, "{host}");
        }
    }
}
