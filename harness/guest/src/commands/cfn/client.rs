//! Calls of CloudFormation, by the instance's identity or by keys.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;
use std::time::Duration;

use ureq::Agent;

use super::options::{Failure, Options};
use crate::agent::api_error::ApiError;
use crate::agent::https;
use crate::agent::imds::{Imds, RoleCredentials};
use crate::agent::s3::{elements, encoded};
use crate::agent::signing::Signed;

/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(60);
/// How often one is tried.
const TRIES: u32 = 5;
/// The longest pause before another try, seconds.
const LONGEST_PAUSE: u64 = 20;
/// Errors that pass: of too many calls, and of a key that is not known everywhere yet.
const PASSING: [&str; 3] = ["Throttling", "InvalidAccessKeyId", "InvalidClientTokenId"];

/// Who calls.
enum Caller {
    /// The instance, by its identity document: it needs no permission for the stack that it belongs to.
    Instance {
        document: String,
        signature: String,
    },
    Keys(RoleCredentials),
}

/// A client of CloudFormation.
pub(super) struct Client {
    http: Agent,
    region: String,
    endpoint: String,
    caller: Caller,
}

/// Where CloudFormation is, and who asks it.
#[derive(Default)]
pub(super) struct Access<'a> {
    pub(super) region: Option<&'a str>,
    pub(super) url: Option<&'a str>,
    pub(super) role: Option<&'a str>,
    pub(super) credential_file: Option<&'a str>,
    pub(super) keys: Option<(&'a str, &'a str)>,
}

impl<'a> Access<'a> {
    pub(super) fn from_options(options: &'a Options) -> Result<Self, Failure> {
        if let Some(proxy) = ["http-proxy", "https-proxy"].into_iter().find(|proxy| options.has(proxy)) {
            return Err(Failure::Failed(format!("--{proxy} is not served: a machine reaches AWS and no proxy")));
        }
        Ok(Self {
            region: options.get("region"),
            url: options.get("url"),
            role: options.get("role"),
            credential_file: options.get("credential-file"),
            keys: options.get("access-key").map(|key| (key, options.get("secret-key").unwrap_or_default())),
        })
    }
}

impl Client {
    /// One that calls as `access` says.
    pub(super) fn new(access: &Access<'_>) -> Result<Self, String> {
        let text = |error: ApiError| error.to_string();
        let caller = if let Some(path) = access.credential_file {
            Caller::Keys(in_file(path).map_err(|reason| format!("Error retrieving credentials from file:\n\t{reason}"))?)
        } else if let Some(role) = access.role {
            Caller::Keys(Imds::open().and_then(|imds| imds.credentials_of(role)).map_err(text)?)
        } else if let Some((key, secret)) = access.keys {
            Caller::Keys(RoleCredentials { access_key_id: key.to_owned(), secret_access_key: secret.to_owned(), token: None })
        } else {
            let imds = Imds::open().map_err(text)?;
            let get = |name: &str| imds.get(&format!("dynamic/instance-identity/{name}")).map_err(text);
            let signature = get("signature")?.replace('\n', "");
            Caller::Instance { document: get("document")?.trim_end().to_owned(), signature }
        };
        let region = access.region.unwrap_or("us-east-1").to_owned();
        let endpoint = access.url.map_or_else(|| format!("https://cloudformation.{region}.amazonaws.com"), str::to_owned);
        let http = https::client(LIMIT).map_err(text)?;
        Ok(Self { http, region, endpoint: endpoint.trim_end_matches('/').to_owned(), caller })
    }

    /// One call, tried again while its failure may pass; returns the XML of the answer. The error is `Code: message`.
    pub(super) fn call(&self, action: &str, parameters: &[(&str, &str)]) -> Result<String, String> {
        let mut query: Vec<(&str, &str)> = parameters.to_vec();
        query.extend([("Action", action), ("Version", "2010-05-15")]);
        query.sort_unstable();
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", encoded(value, ""))).collect();
        let url = format!("{}/?{}", self.endpoint, query.join("&"));
        let mut tries = 0;
        loop {
            tries += 1;
            let (error, forever) = match self.once(action, &url) {
                Ok((status, body)) if (200..300).contains(&status) => return Ok(body),
                Ok((status, body)) => {
                    let element = |name| elements(&body, name).next();
                    let code = element("Code").unwrap_or_else(|| "Unknown".to_owned());
                    let message = element("Message").unwrap_or_else(|| body.clone());
                    let passing = status == 503 || PASSING.contains(&code.as_str());
                    if !passing && element("Type").as_deref() == Some("Sender") {
                        return Err(format!("{code}: {message}"));
                    }
                    (format!("{code}: {message}"), passing)
                }
                Err(error) => (error.to_string(), false),
            };
            if tries >= TRIES && !forever {
                return Err(error);
            }
            thread::sleep(Duration::from_secs((1_u64 << tries.min(16)).saturating_sub(1).min(LONGEST_PAUSE)));
        }
    }

    fn once(&self, action: &str, url: &str) -> Result<(u16, String), ApiError> {
        let mut request = self.http.get(url).header("User-Agent", "CloudFormation Tools");
        match &self.caller {
            Caller::Instance { document, signature } => {
                request = request.header("Authorization", format!("CFN_V1 {}:{signature}", base64(document)));
            }
            Caller::Keys(credentials) => {
                let host = self.endpoint.trim_start_matches("https://");
                let call = Signed {
                    operation: action,
                    service: "cloudformation",
                    region: &self.region,
                    method: "GET",
                    url,
                    headers: &[("host", host)],
                    body: b"",
                };
                for (name, value) in call.sign(credentials.clone())? {
                    request = request.header(name, value);
                }
            }
        }
        let send = |source| ApiError::Send { operation: action.to_owned(), source: Box::new(source) };
        let mut answer = request.call().map_err(send)?;
        Ok((answer.status().as_u16(), answer.body_mut().read_to_string().map_err(send)?))
    }
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Keys in a file that nobody else may read.
fn in_file(path: &str) -> Result<RoleCredentials, String> {
    let found = fs::metadata(path).map_err(|_| format!("Credential file was not found at {path}"))?;
    if found.permissions().mode() & 0o077 != 0 {
        return Err("Credential file cannot be accessible by group or other. Please chmod 600 the credential file.".to_owned());
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let value = |name: &str| text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('=')).map(str::to_owned);
    value("AWSAccessKeyId")
        .zip(value("AWSSecretKey"))
        .map(|(access_key_id, secret_access_key)| RoleCredentials { access_key_id, secret_access_key, token: None })
        .ok_or_else(|| "Credential file must contain the keys 'AWSAccessKeyId' and 'AWSSecretKey'".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_a_file_are_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        fs::write(&path, "AWSAccessKeyId=AKIA1\nAWSSecretKey=s=1\n").unwrap();
        let path = path.to_str().unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(in_file(path).unwrap_err().contains("chmod 600"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        let keys = in_file(path).unwrap();
        assert_eq!((keys.access_key_id.as_str(), keys.secret_access_key.as_str()), ("AKIA1", "s=1"));
        assert_eq!(in_file("/no/such/file").unwrap_err(), "Credential file was not found at /no/such/file");
    }
}
