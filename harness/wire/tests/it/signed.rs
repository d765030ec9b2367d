//! Signatures of the AWS SDK's signer, verified: chunks, trailers, expiry, clocks, refusals.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use nightproof_wire::sigv4::{ChunkedDecoder, Claim, Payload, claim, sha256_hex, verify};

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const AT: i64 = 1_795_402_800;

fn at(offset: i64) -> Timestamp {
    Timestamp::from_second(AT + offset).unwrap()
}

fn signed(
    service: &str,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: SignableBody<'_>,
    expires: Option<u64>,
) -> http::request::Parts {
    let identity = Credentials::new(KEY, SECRET, Some("token/+=".to_owned()), None, "test").into();
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    if let Some(expires) = expires {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(expires));
    }
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name(service)
        .time(UNIX_EPOCH + Duration::from_secs(AT.unsigned_abs()))
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let uri: http::Uri = url.parse().unwrap();
    let mut request = http::Request::builder().method(method).uri(url).header("host", uri.authority().unwrap().as_str());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(()).unwrap();
    let given: Vec<(String, String)> =
        request.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let signable =
        SignableRequest::new(method, url, given.iter().map(|(name, value)| (name.as_str(), value.as_str())), body).unwrap();
    sign(signable, &params).unwrap().into_parts().0.apply_to_request_http1x(&mut request);
    request.into_parts().0
}

fn claimed(parts: &http::request::Parts) -> Claim {
    claim(parts).unwrap().unwrap()
}

#[test]
fn the_sdks_signatures_hold() {
    for (service, method, url) in [
        ("s3", "GET", "https://b.s3.us-east-1.amazonaws.com/a%20b//c%2Bd/..%2F?list-type=2&prefix=a%2Fb&acl"),
        ("s3", "PUT", "https://127.0.0.1:4566/bucket/%C3%BC~%28x%29"),
        ("lambda", "POST", "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/arn%3Aaws%3Alambda/invocations"),
        ("lambda", "GET", "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/?Marker=a%3D&MaxItems=1"),
        ("ssm", "POST", "https://ssm.us-east-1.amazonaws.com/"),
    ] {
        let parts = signed(service, method, url, &[("x-amz-meta-a", "  two   spaces ")], SignableBody::Bytes(b"body"), None);
        let found = claimed(&parts);
        assert_eq!((found.access_key_id.as_str(), found.region.as_str(), found.service.as_str()), (KEY, "us-east-1", service));
        assert_eq!(found.session_token.as_deref(), Some("token/+="));
        let digest = sha256_hex(b"body");
        verify(&parts, &found, Some(&digest), SECRET, at(0)).unwrap_or_else(|error| panic!("{service} {url}: {error}"));
        let other = sha256_hex(b"another body");
        assert!(verify(&parts, &found, Some(&other), SECRET, at(0)).is_err(), "{url}");
        assert!(verify(&parts, &found, Some(&digest), "wrong", at(0)).is_err(), "{url}");
    }
}

#[test]
fn clocks_may_differ_by_fifteen_minutes() {
    for (service, code) in [("s3", "RequestTimeTooSkewed"), ("ssm", "RequestTimeTooSkewed")] {
        let url = format!("https://{service}.us-east-1.amazonaws.com/");
        let parts = signed(service, "POST", &url, &[], SignableBody::Bytes(b""), None);
        let found = claimed(&parts);
        for offset in [-900, 0, 900] {
            verify(&parts, &found, None, SECRET, at(offset)).unwrap();
        }
        for offset in [-901, 901, 86_400 * 365] {
            assert_eq!(verify(&parts, &found, None, SECRET, at(offset)).unwrap_err().code, code);
        }
    }
}

#[test]
fn presigned_requests_expire() {
    let parts = signed("s3", "GET", "https://b.s3.amazonaws.com/k?x-id=GetObject", &[], SignableBody::UnsignedPayload, Some(60));
    let found = claimed(&parts);
    assert_eq!((found.presigned, &found.payload), (Some(60), &Payload::Unsigned));
    verify(&parts, &found, None, SECRET, at(60)).unwrap();
    let error = verify(&parts, &found, None, SECRET, at(61)).unwrap_err();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("AccessDenied", "Request has expired"));
    let text = parts.uri.to_string();
    for (from, to) in [("X-Amz-Expires=60", "X-Amz-Expires=61"), ("/k?", "/j?"), ("x-id=GetObject", "x-id=GetObjectAcl")] {
        let mut changed = parts.clone();
        changed.uri = text.replace(from, to).parse().unwrap();
        assert_eq!(verify(&changed, &claimed(&changed), None, SECRET, at(0)).unwrap_err().code, "SignatureDoesNotMatch", "{to}");
    }
    for expires in ["604801", "-1", "x", ""] {
        let mut changed = parts.clone();
        changed.uri = text.replace("X-Amz-Expires=60", &format!("X-Amz-Expires={expires}")).parse().unwrap();
        assert_eq!(claim(&changed).unwrap_err().code, "AuthorizationQueryParametersError", "{expires}");
    }
}

#[test]
fn an_added_header_of_amazons_is_refused() {
    let mut parts = signed("s3", "PUT", "https://b.s3.amazonaws.com/k", &[], SignableBody::Bytes(b""), None);
    let found = claimed(&parts);
    parts.headers.insert("x-amz-acl", "public-read".parse().unwrap());
    assert_eq!(verify(&parts, &found, None, SECRET, at(0)).unwrap_err().code, "AccessDenied");
}

#[test]
fn malformed_claims_are_refused_and_none_is_anonymous() {
    let with = |value: &str| http::Request::get("/").header("authorization", value).body(()).unwrap().into_parts().0;
    for value in [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=AKID/20261123/us-east-1/s3/aws4_request, SignedHeaders=host",
        "AWS4-HMAC-SHA256 Credential=AKID/20261123/us-east-1/ssm/aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 ,,,=,=,Credential=",
        "\u{7f}",
    ] {
        let Ok(value) = http::HeaderValue::from_bytes(value.as_bytes()) else { continue };
        let mut parts = with("x");
        parts.headers.insert("authorization", value.clone());
        assert_eq!(claim(&parts).unwrap_err().code, "IncompleteSignature", "{value:?}");
    }
    assert_eq!(
        claim(&with("AWS AKID:sig")).unwrap_err().message,
        "AWS authentication requires a valid Date or x-amz-date header"
    );
    assert_eq!(claim(&with("Bearer x")).unwrap_err().code, "InvalidRequest");
    assert_eq!(claim(&with("AWS4-ECDSA-P256-SHA256 x")).unwrap_err().code, "NotImplemented");
    let anonymous = http::Request::get("/bucket/key?versionId=1").body(()).unwrap().into_parts().0;
    assert_eq!(claim(&anonymous).unwrap(), None);
}

#[test]
fn requests_presigned_by_version_2_hold_until_they_expire() {
    let presigned = |signature: &str| {
        let uri = format!("/b/k?AWSAccessKeyId={KEY}&Signature={signature}&Expires={}", AT + 60);
        http::Request::get(uri).header("host", "s3.amazonaws.com").body(()).unwrap().into_parts().0
    };
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("GET\n\n\n{}\n/b/k", AT + 60).as_bytes());
    let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    let parts = presigned(&signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"));
    verify(&parts, &claimed(&parts), None, SECRET, at(60)).unwrap();
    let late = verify(&parts, &claimed(&parts), None, SECRET, at(61)).unwrap_err();
    assert_eq!((late.message.as_str(), late.fields.contains_key("ServerTime")), ("Request has expired", true));
    let other = presigned("AAAA");
    let error = verify(&other, &claimed(&other), None, SECRET, at(0)).unwrap_err();
    assert_eq!((error.code.as_str(), &error.fields["SignatureProvided"]), ("SignatureDoesNotMatch", &"AAAA".into()));
    let lacking = http::Request::get("/b/k?AWSAccessKeyId=A&Signature=s").body(()).unwrap().into_parts().0;
    assert_eq!(claim(&lacking).unwrap_err().code, "AccessDenied");
}

/// A client that signs chunks, by the text of AWS's documentation.
fn chunked(parts: &http::request::Parts, chunks: &[&[u8]], trailer: Option<(&str, &str)>) -> Vec<u8> {
    let hmac = |key: &[u8], text: &[u8]| -> Vec<u8> {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
        mac.update(text);
        mac.finalize().into_bytes().to_vec()
    };
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for part in ["20261123", "us-east-1", "s3", "aws4_request"] {
        key = hmac(&key, part.as_bytes());
    }
    let scope = "20261123T030000Z\n20261123/us-east-1/s3/aws4_request";
    let mut previous = claimed(parts).signature;
    let mut out = Vec::new();
    for chunk in chunks.iter().chain([&&b""[..]]) {
        let text = format!("AWS4-HMAC-SHA256-PAYLOAD\n{scope}\n{previous}\n{}\n{}", sha256_hex(b""), sha256_hex(chunk));
        previous = hex::encode(hmac(&key, text.as_bytes()));
        out.extend(format!("{:x};chunk-signature={previous}\r\n", chunk.len()).bytes());
        out.extend(*chunk);
        if !chunk.is_empty() {
            out.extend(b"\r\n");
        }
    }
    if let Some((name, value)) = trailer {
        let text =
            format!("AWS4-HMAC-SHA256-TRAILER\n{scope}\n{previous}\n{}", sha256_hex(format!("{name}:{value}\n").as_bytes()));
        let signature = hex::encode(hmac(&key, text.as_bytes()));
        out.extend(format!("{name}:{value}\r\nx-amz-trailer-signature:{signature}\r\n").bytes());
    }
    out.extend(b"\r\n");
    out
}

fn streaming(kind: &'static str) -> http::request::Parts {
    let url = "https://b.s3.amazonaws.com/k";
    signed("s3", "PUT", url, &[], SignableBody::Precomputed(kind.to_owned()), None)
}

/// Data and trailers.
type Decoded = (Vec<u8>, Vec<(String, String)>);

fn decode(parts: &http::request::Parts, pieces: &[&[u8]], length: Option<u64>) -> Result<Decoded, nightproof_wire::AwsError> {
    let found = claimed(parts);
    let seed = verify(parts, &found, None, SECRET, at(0))?;
    let mut decoder = ChunkedDecoder::new(&found, &seed, length);
    let mut data = Vec::new();
    for piece in pieces {
        for part in decoder.push(piece.to_vec())? {
            data.extend(part);
        }
    }
    Ok((data, decoder.finish()?))
}

#[test]
fn signed_chunks_decode_wherever_they_are_split() {
    let plain = streaming("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    let trailing = streaming("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER");
    let trailer = ("x-amz-checksum-crc32", "AAAAAA==");
    for (parts, body, trailers) in [
        (&plain, chunked(&plain, &[b"hello\r\n0;", b"world"], None), vec![]),
        (
            &trailing,
            chunked(&trailing, &[b"hello\r\n0;", b"world"], Some(trailer)),
            vec![(trailer.0.to_owned(), trailer.1.to_owned())],
        ),
    ] {
        for split in 0..=body.len() {
            let (left, right) = body.split_at(split);
            let (data, found) = decode(parts, &[left, right], Some(14)).unwrap_or_else(|error| panic!("{split}: {error}"));
            assert_eq!((data.as_slice(), &found), (&b"hello\r\n0;world"[..], &trailers));
        }
        let bytes: Vec<&[u8]> = body.chunks(1).collect();
        assert_eq!(decode(parts, &bytes, None).unwrap().0, b"hello\r\n0;world");
    }
}

#[test]
fn a_changed_byte_of_a_signed_body_is_refused() {
    let parts = streaming("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER");
    let body = chunked(&parts, &[b"hello", b"world"], Some(("x-amz-checksum-crc32", "AAAAAA==")));
    let text = String::from_utf8(body.clone()).unwrap();
    for (from, to) in [
        ("hello", "hallo"),
        ("AAAAAA", "AAAAAB"),
        ("x-amz-checksum-crc32", "x-amz-checksum-sha1"),
        ("trailer-signature:", "trailer-signature:0"),
    ] {
        assert_eq!(decode(&parts, &[text.replace(from, to).as_bytes()], None).unwrap_err().code, "SignatureDoesNotMatch", "{to}");
    }
    for length in 0..body.len() - 4 {
        assert!(decode(&parts, &[&body[..length]], None).is_err(), "cut at {length}");
    }
    assert_eq!(decode(&parts, &[&body], Some(9)).unwrap_err().code, "IncompleteBody");
    assert_eq!(decode(&parts, &[&body], Some(11)).unwrap_err().code, "IncompleteBody");
}

#[test]
fn unsigned_chunks_with_a_trailer_decode() {
    let body = b"5\r\nhello\r\n0\r\nX-Amz-Checksum-CRC32: NhCmhg==\r\n\r\n";
    for split in 0..=body.len() {
        let mut decoder = ChunkedDecoder::unsigned(Some(5));
        let mut data = decoder.push(body[..split].to_vec()).unwrap();
        data.extend(decoder.push(body[split..].to_vec()).unwrap());
        assert_eq!(data.concat(), b"hello");
        assert_eq!(decoder.finish().unwrap(), [("x-amz-checksum-crc32".to_owned(), "NhCmhg==".to_owned())]);
    }
    for bad in [&b"zz\r\n"[..], b"ffffffffffffffff\r\n", b"-1\r\n", b"\r\n", b"5\r\nhelloX\r\n", &[b'1'; 10_000]] {
        let mut decoder = ChunkedDecoder::unsigned(None);
        assert!(decoder.push(bad.to_vec()).is_err(), "{bad:?}");
    }
    assert!(ChunkedDecoder::unsigned(None).finish().is_err());
}
