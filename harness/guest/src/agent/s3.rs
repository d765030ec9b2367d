//! Objects, as the agent reads and writes them: addressed by their bucket's host.

use super::api::{Api, Request};
use super::api_error::ApiError;

/// An object's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) bucket: String,
    pub(crate) key: String,
}

impl Place {
    /// The place that a URL names, by path or by host.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-bucket-intro.html>
    pub(crate) fn from_url(url: &str) -> Option<Self> {
        let (host, path) = url.trim().strip_prefix("https://")?.split_once('/')?;
        let path = decoded(path.split('?').next()?);
        let service = host.strip_suffix(".amazonaws.com")?;
        let by_path = service == "s3" || service.starts_with("s3.") || service.starts_with("s3-");
        if by_path {
            let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
            return (!bucket.is_empty()).then(|| Self { bucket: bucket.to_owned(), key: key.to_owned() });
        }
        let at = service.rfind(".s3.").or_else(|| service.rfind(".s3-")).or_else(|| service.strip_suffix(".s3").map(str::len))?;
        Some(Self { bucket: service.get(..at)?.to_owned(), key: path })
    }
}

/// How a bucket encrypts what says nothing of it: the algorithm, and the key where it is KMS's.
type Encryption = Option<(String, Option<String>)>;

/// Reads an object.
pub(super) fn get(api: &Api, place: &Place) -> Result<Vec<u8>, ApiError> {
    api.s3(&request("GET", place, "", &[], &[]))
}

/// Writes an object as the agent writes output: with the bucket's own encryption said, and for the bucket's owner.
pub(super) fn put(api: &Api, place: &Place, bytes: &[u8]) -> Result<(), ApiError> {
    let mut headers = vec![("x-amz-acl", "bucket-owner-full-control".to_owned()), ("content-type", "text/plain".to_owned())];
    // A role that may not ask goes without.
    if let Some((algorithm, key)) = encryption(api, &place.bucket).ok().flatten() {
        headers.push(("x-amz-server-side-encryption", algorithm));
        headers.extend(key.map(|key| ("x-amz-server-side-encryption-aws-kms-key-id", key)));
    }
    api.s3(&request("PUT", place, "", &headers, bytes)).map(drop)
}

fn encryption(api: &Api, bucket: &str) -> Result<Encryption, ApiError> {
    let place = Place { bucket: bucket.to_owned(), key: String::new() };
    let text = api.s3(&request("GET", &place, "encryption=", &[], &[]))?;
    let text = String::from_utf8_lossy(&text);
    let algorithm = elements(&text, "SSEAlgorithm").next();
    Ok(algorithm.map(|algorithm| (algorithm, elements(&text, "KMSMasterKeyID").next())))
}

/// Keys of all objects below a folder.
pub(super) fn list(api: &Api, folder: &Place) -> Result<Vec<String>, ApiError> {
    let mut keys = Vec::new();
    let place = Place { bucket: folder.bucket.clone(), key: String::new() };
    let mut token = String::new();
    loop {
        let next = if token.is_empty() { String::new() } else { format!("continuation-token={}&", encoded(&token, "")) };
        let query = format!("{next}list-type=2&prefix={}", encoded(&folder.key, ""));
        let text = api.s3(&request("GET", &place, &query, &[], &[]))?;
        let text = String::from_utf8_lossy(&text);
        keys.extend(elements(&text, "Key"));
        match elements(&text, "NextContinuationToken").next() {
            Some(next) => token = next,
            None => return Ok(keys),
        }
    }
}

fn request<'a>(method: &'a str, place: &Place, query: &str, headers: &'a [(&'a str, String)], body: &'a [u8]) -> Request<'a> {
    let path = format!("/{}", encoded(&place.key, "/"));
    let target = if query.is_empty() { path } else { format!("{path}?{query}") };
    Request { method, bucket: place.bucket.clone(), target, headers, body }
}

/// With all bytes escaped but letters, digits, `-_.~` and those in `kept`.
pub(crate) fn encoded(text: &str, kept: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || kept.as_bytes().contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digits = if byte == b'%' { rest.clone().next().zip(rest.clone().nth(1)) } else { None };
        let escaped =
            digits.and_then(|(high, low)| u8::from_str_radix(&format!("{}{}", char::from(high), char::from(low)), 16).ok());
        match escaped {
            Some(escaped) => {
                bytes.push(escaped);
                rest.nth(1);
            }
            // The console's own links have it for a space.
            None => bytes.push(if byte == b'+' { b' ' } else { byte }),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The texts of all elements of this name.
pub(crate) fn elements<'a>(xml: &'a str, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open)
        .skip(1)
        .filter_map(move |part| part.split_once(&close).map(|(text, _)| unescaped(text)))
        .collect::<Vec<_>>()
        .into_iter()
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_from_every_form_of_url() {
        for url in [
            "https://s3.amazonaws.com/tools/scripts/run%20it.sh",
            "https://s3.us-east-1.amazonaws.com/tools/scripts/run+it.sh",
            "https://tools.s3.amazonaws.com/scripts/run%20it.sh",
            "https://tools.s3.us-east-1.amazonaws.com/scripts/run%20it.sh",
        ] {
            let place = Place::from_url(url).unwrap();
            assert_eq!((place.bucket.as_str(), place.key.as_str()), ("tools", "scripts/run it.sh"), "{url}");
        }
        assert_eq!(Place::from_url("https://example.com/a/b"), None);
    }

    #[test]
    fn keys_are_escaped_but_for_their_slashes() {
        assert_eq!(encoded("a b/ä+c", "/"), "a%20b/%C3%A4%2Bc");
        assert_eq!(elements("<Key>a&amp;b</Key><Key>c</Key>", "Key").collect::<Vec<_>>(), ["a&b", "c"]);
    }
}
