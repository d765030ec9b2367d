//! The canonical request, see <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use std::fmt::Write as _;

use http::request::Parts;
use percent_encoding::percent_decode;

use super::Claim;

/// The canonical request with the given last line.
pub(super) fn request(parts: &Parts, claim: &Claim, payload: &str) -> String {
    let mut out = String::with_capacity(512);
    out.push_str(parts.method.as_str());
    out.push('\n');
    out.push_str(&path(parts.uri.path(), claim.service == "s3"));
    out.push('\n');
    out.push_str(&query(parts.uri.query().unwrap_or_default(), claim.presigned.is_some()));
    out.push('\n');
    for name in &claim.signed_headers {
        let _ = writeln!(out, "{name}:{}", header(parts, name));
    }
    out.push('\n');
    out.push_str(&claim.signed_headers.join(";"));
    out.push('\n');
    out.push_str(payload);
    out
}

/// S3 signs the path encoded once and as it is; all others encode what is sent once more, after removing dots and double slashes.
fn path(sent: &str, s3: bool) -> String {
    if sent.is_empty() {
        return "/".to_owned();
    }
    if s3 {
        return normalize_escapes(sent);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in sent.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let mut out = String::from("/");
    out.push_str(&encode(parts.join("/").as_bytes(), true));
    if !parts.is_empty() && sent.ends_with('/') {
        out.push('/');
    }
    out
}

/// Encodes what should be encoded and is not, and the other way round; an encoded slash stays one.
fn normalize_escapes(sent: &str) -> String {
    let mut out = String::with_capacity(sent.len());
    let mut rest = sent.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if let (b'%', Some(escape)) = (first, after.get(..2))
            && let Ok(byte) = hex::decode(escape)
        {
            out.push_str(&encode(&byte, false));
            rest = after.get(2..).unwrap_or_default();
        } else {
            out.push_str(&encode(&[*first], true));
            rest = after;
        }
    }
    out
}

fn query(sent: &str, presigned: bool) -> String {
    let decoded = |text: &str| -> Vec<u8> { percent_decode(text.replace('+', " ").as_bytes()).collect() };
    let mut pairs: Vec<(String, String)> = sent
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(&decoded(name), false), encode(&decoded(value), false)))
        .filter(|(name, _)| !(presigned && name.eq_ignore_ascii_case("X-Amz-Signature")))
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn header(parts: &Parts, name: &str) -> String {
    // HTTP/2 has the host in the URI.
    if name == "host" && !parts.headers.contains_key("host") {
        return parts.uri.authority().map(ToString::to_string).unwrap_or_default();
    }
    let values: Vec<String> = parts
        .headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    values.join(",")
}

/// AWS's URI encoding: all but unreserved characters, with capital digits.
pub(super) fn encode(bytes: &[u8], slash: bool) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(*byte)),
            b'/' if slash => out.push('/'),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}
