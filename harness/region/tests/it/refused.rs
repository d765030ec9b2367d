//! Requests that are refused before their bodies were read, and what becomes of their connections: the answer is read, and the next
//! request is answered, on the same connection where it goes on and on a new one where the answer says `Connection: close`.
//! <https://www.rfc-editor.org/rfc/rfc9112#section-9.3>

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use nightproof_core::credentials::Credential;
use nightproof_core::service::full_body;
use nightproof_core::{Caller, Clock, Principal};
use nightproof_faults::{Effect, ErrorAnswer, Matcher, Occurrence, Rule};
use nightproof_region::embedded::Embedded;
use rstest::rstest;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::json;

use crate::authorization::{Cloud, cloud};

/// A bound for answers, far beyond what any takes.
const PATIENCE: Duration = Duration::from_secs(60);

const MIB: usize = 1024 * 1024;

trait Duplex: Read + Write + Send {}

impl<T: Read + Write + Send> Duplex for T {}

/// A client's connection.
pub(crate) struct Connection {
    stream: Box<dyn Duplex>,
    /// What was read and belongs to no answer yet.
    read: Vec<u8>,
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    body: String,
}

impl Answer {
    /// Whether the connection ends with it.
    pub(crate) fn closes(&self) -> bool {
        self.head.lines().any(|line| line.eq_ignore_ascii_case("connection: close"))
    }

    pub(crate) fn code(&self) -> &str {
        let after = self.body.split_once("<Code>").map(|(_, rest)| rest);
        after.and_then(|rest| rest.split_once("</Code>")).map_or("", |(code, _)| code)
    }
}

impl Connection {
    pub(crate) fn open(embedded: &Embedded, tls: bool) -> Self {
        let url = if tls { &embedded.endpoint_url } else { &embedded.plain_url };
        let socket = TcpStream::connect(url.split_once("://").unwrap().1).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        let stream: Box<dyn Duplex> = if tls {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(embedded.ca_pem.as_bytes()).unwrap()).unwrap();
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
            let config = config.with_root_certificates(roots).with_no_client_auth();
            let name = ServerName::try_from("localhost").unwrap();
            Box::new(StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), socket))
        } else {
            Box::new(socket)
        };
        Self { stream, read: Vec::new() }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    /// Reads until `done` finds in what was read how long the wanted part is.
    fn take(&mut self, done: impl Fn(&[u8]) -> Option<usize>) -> io::Result<Vec<u8>> {
        loop {
            if let Some(length) = done(&self.read) {
                return Ok(self.read.drain(..length).collect());
            }
            let mut piece = vec![0; 64 * 1024];
            match self.stream.read(&mut piece)? {
                0 => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection ended inside of an answer")),
                length => self.read.extend_from_slice(&piece[..length]),
            }
        }
    }

    /// The next answer, `100 Continue` included.
    pub(crate) fn answer(&mut self) -> io::Result<Answer> {
        let head = self.take(|read| read.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4))?;
        let head = String::from_utf8(head).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let length: usize = length.unwrap_or(0);
        let body = self.take(|read| (read.len() >= length).then_some(length))?;
        Ok(Answer { status, head, body: String::from_utf8_lossy(&body).into_owned() })
    }

    /// What still comes until the other end closes in order.
    fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = std::mem::take(&mut self.read);
        self.stream.read_to_end(&mut rest)?;
        Ok(rest)
    }
}

/// Who signs, and with what further headers.
pub(crate) struct Request<'a> {
    by: &'a Credential,
    service: &'a str,
    method: &'a str,
    path: &'a str,
    headers: Vec<(&'a str, &'a str)>,
}

impl<'a> Request<'a> {
    pub(crate) fn put(by: &'a Credential, path: &'a str) -> Self {
        Self { by, service: "s3", method: "PUT", path, headers: Vec::new() }
    }

    fn with(mut self, name: &'a str, value: &'a str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The head of the request; `unsigned` are headers that no signature covers, those of the connection.
    pub(crate) fn head(&self, unsigned: &str) -> Vec<u8> {
        let Self { by, service, method, path, .. } = self;
        let identity = Credentials::new(&by.access_key_id, &by.secret_access_key, by.session_token.clone(), None, "test").into();
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name(service)
            .time(Clock::default().now().into())
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let url = format!("http://localhost{path}");
        let mut headers = vec![("host", "localhost")];
        if !self.headers.iter().any(|(name, _)| *name == "x-amz-content-sha256") {
            headers.push(("x-amz-content-sha256", "UNSIGNED-PAYLOAD"));
        }
        headers.extend(&self.headers);
        let payload = headers.iter().find(|(name, _)| *name == "x-amz-content-sha256").unwrap().1;
        let signable =
            SignableRequest::new(method, &url, headers.iter().copied(), SignableBody::Precomputed(payload.to_owned())).unwrap();
        let mut request = http::Request::builder().method(*method).uri(&url).body(()).unwrap();
        sign(signable, &params).unwrap().into_parts().0.apply_to_request_http1x(&mut request);
        let mut text = format!("{method} {path} HTTP/1.1\r\n{unsigned}");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        for (name, value) in request.headers().iter().filter(|(name, _)| *name != "x-amz-content-sha256") {
            text.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
        text.push_str("\r\n");
        text.into_bytes()
    }
}

/// A bucket with an object, and callers of each kind.
struct Lab {
    cloud: Cloud,
    root: Credential,
    stranger: Credential,
    expired: Credential,
    struck: Credential,
}

impl Lab {
    async fn new() -> Self {
        let cloud = cloud().await;
        let region = cloud.embedded.region.clone();
        let account = region.settings().account.clone();
        let root = Caller::root(&account);
        region.call(&root, "s3", "CreateBucket", json!({ "Bucket": "nightly" })).await.unwrap();
        let there = json!({ "Bucket": "nightly", "Key": "there", "ContentLength": 1 });
        region.call_with_body(&root, "s3", "PutObject", there, full_body("x")).await.map(drop).unwrap();
        let mut users = Vec::new();
        for name in ["stranger", "struck"] {
            let made = region.call(&root, "iam", "CreateUser", json!({ "UserName": name })).await.unwrap();
            let id = made["User"]["UserId"].as_str().unwrap().to_owned();
            let caller = Caller { principal: Principal::User { name: name.to_owned(), id }, ..root.clone() };
            users.push(region.credentials().issue_key(caller));
        }
        let policy = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "s3:*", "Resource": "*" } });
        let input = json!({ "UserName": "struck", "PolicyName": "p", "PolicyDocument": policy.to_string() });
        region.call(&root, "iam", "PutUserPolicy", input).await.unwrap();
        cloud.embedded.faults.set(vec![Rule {
            when: Matcher { principal: Some("*:user/struck".to_owned()), ..Matcher::default() },
            occurrence: Occurrence::default(),
            then: Effect::Error(ErrorAnswer { code: "SlowDown".to_owned(), status: 503, message: "Please reduce".to_owned() }),
        }]);
        let struck = users.pop().unwrap();
        let now = region.clock().now();
        Self {
            root: region.credentials().issue_key(root.clone()),
            stranger: users.pop().unwrap(),
            expired: region.credentials().issue_session(root, now),
            struck,
            cloud,
        }
    }

    fn open(&self, tls: bool) -> Connection {
        Connection::open(&self.cloud.embedded, tls)
    }

    /// The next request is answered: on this connection if the answer left it open, on a new one if it did not.
    fn goes_on(&self, connection: Connection, answer: &Answer, tls: bool) {
        let mut connection = if answer.closes() {
            let mut connection = connection;
            assert_eq!(
                String::from_utf8_lossy(&connection.rest().expect("a close in order")),
                "",
                "nothing follows the last answer"
            );
            self.open(tls)
        } else {
            connection
        };
        let request = Request::put(&self.root, "/nightly/good").head("content-length: 4\r\n");
        connection.send(&[&request, &b"good"[..]].concat()).expect("a connection that goes on");
        let good = connection.answer().expect("an answer");
        assert!(good.status == 200 && !good.closes(), "after {answer:?}: {good:?}");
    }
}

/// A request that is refused, and how.
struct Refusal<'a> {
    request: Request<'a>,
    status: u16,
    code: &'a str,
    /// Whether its body must have come for that.
    by_its_body: bool,
}

/// Every kind of refusal of a request with a body.
fn refusals(lab: &Lab) -> Vec<Refusal<'_>> {
    let refusal = |request, status, code| Refusal { request, status, code, by_its_body: false };
    let (nightly, root) = ("/nightly/key", &lab.root);
    let form = Request { method: "POST", ..Request::put(root, "/nightly") };
    vec![
        refusal(Request::put(&lab.stranger, nightly), 403, "AccessDenied"),
        refusal(Request::put(root, nightly).with("content-md5", "nonsense"), 400, "InvalidDigest"),
        refusal(Request::put(root, nightly).with("x-amz-checksum-crc32", "no"), 400, "InvalidRequest"),
        Refusal {
            by_its_body: true,
            ..refusal(Request::put(root, nightly).with("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="), 400, "BadDigest")
        },
        refusal(
            Request::put(root, nightly).with("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            411,
            "MissingContentLength",
        ),
        refusal(Request::put(root, "/nightly/there").with("if-none-match", "*"), 412, "PreconditionFailed"),
        refusal(Request::put(root, "/no-such-bucket/key"), 404, "NoSuchBucket"),
        refusal(Request::put(&lab.expired, nightly), 400, "ExpiredToken"),
        refusal(Request::put(&lab.struck, nightly), 503, "SlowDown"),
        refusal(form.with("content-type", "text/plain"), 412, "PreconditionFailed"),
        refusal(Request::put(root, nightly).with("x-amz-meta-long", LONG), 400, "RequestHeaderSectionTooLarge"),
        refusal(Request { method: "POST", ..Request::put(root, "/nightly?delete") }, 400, "MaxMessageLengthExceeded"),
    ]
}

/// A header that is longer than S3 takes.
const LONG: &str = {
    const BYTES: [u8; 9000] = [b'a'; 9000];
    match std::str::from_utf8(&BYTES) {
        Ok(text) => text,
        Err(_) => "",
    }
};

#[rstest]
#[case::of_a_byte(1)]
#[case::of_a_mebibyte(MIB)]
#[case::of_100_mebibytes(100 * MIB)]
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_refused_is_read_and_the_next_request_is_answered_after_a_body(
    #[case] length: usize,
    #[values(false, true)] tls: bool,
    #[values(false, true)] expects: bool,
) {
    let lab = Lab::new().await;
    let body = vec![7; length];
    for Refusal { request, status, code, by_its_body } in refusals(&lab) {
        // A document is only refused for its length if it is too long.
        if code == "MaxMessageLengthExceeded" && length <= 4 * MIB {
            continue;
        }
        let mut connection = lab.open(tls);
        let expect = if expects { "expect: 100-continue\r\n" } else { "" };
        connection.send(&request.head(&format!("content-length: {length}\r\n{expect}"))).unwrap();
        if expects && by_its_body {
            assert_eq!(connection.answer().unwrap().status, 100, "{code}");
        }
        // A client that expects `100 Continue` withholds its body; others send all of it before they read.
        if !expects || by_its_body {
            connection.send(&body).unwrap_or_else(|error| panic!("{code}: a body of {length} bytes cannot be sent: {error}"));
        }
        let answer = connection.answer().unwrap_or_else(|error| panic!("{code}: no answer: {error}"));
        assert_eq!((answer.status, answer.code()), (status, code), "{answer:?}");
        assert_eq!(answer.closes(), !by_its_body, "{answer:?}");
        lab.goes_on(connection, &answer, tls);
    }
    lab.cloud.embedded.stop().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_without_a_body_leaves_its_connection_open(#[values(false, true)] tls: bool) {
    let lab = Lab::new().await;
    let get = |by, path| Request { method: "GET", ..Request::put(by, path) };
    let cases = [
        (Request::put(&lab.root, "/nightly/key"), 411, "MissingContentLength"),
        (Request::put(&lab.root, "/nightly/key").with("expect", "100-continue"), 411, "MissingContentLength"),
        (Request::put(&lab.root, "/nightly/key").with("expect", "200-ok"), 417, "ExpectationFailed"),
        (get(&lab.stranger, "/nightly/there"), 403, "AccessDenied"),
        (get(&lab.root, "/nightly/none"), 404, "NoSuchKey"),
        (get(&lab.expired, "/nightly/there"), 400, "ExpiredToken"),
        (get(&lab.struck, "/nightly/there"), 503, "SlowDown"),
    ];
    for (request, status, code) in cases {
        let mut connection = lab.open(tls);
        connection.send(&request.head("")).unwrap();
        let answer = connection.answer().unwrap();
        assert_eq!((answer.status, answer.code(), answer.closes()), (status, code, false), "{answer:?}");
        lab.goes_on(connection, &answer, tls);
    }
    lab.cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_in_http_chunks_is_refused_and_its_chunks_are_no_request() {
    let lab = Lab::new().await;
    let mut connection = lab.open(false);
    let head = Request::put(&lab.root, "/nightly/key").head("transfer-encoding: chunked\r\n");
    connection.send(&[&head, &b"4\r\nbody\r\n0\r\n\r\n"[..]].concat()).unwrap();
    let answer = connection.answer().unwrap();
    assert_eq!((answer.status, answer.code(), answer.closes()), (501, "NotImplemented", true), "{answer:?}");
    assert!(answer.body.contains("<Header>Transfer-Encoding</Header>"), "{answer:?}");
    lab.goes_on(connection, &answer, false);
    lab.cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_nobody_signed_is_not_asked_for() {
    let lab = Lab::new().await;
    for (head, status) in [
        ("POST / HTTP/1.1\r\nhost: sts.us-east-1.amazonaws.com\r\ncontent-type: application/x-www-form-urlencoded\r\n", 403),
        ("POST / HTTP/1.1\r\nhost: localhost\r\nx-amz-target: AmazonSSM.ListCommands\r\n", 400),
        ("POST / HTTP/1.1\r\nhost: athena.us-east-1.amazonaws.com\r\n", 501),
    ] {
        let mut connection = lab.open(false);
        connection.send(format!("{head}content-length: 7\r\nexpect: 100-continue\r\n\r\n").as_bytes()).unwrap();
        let answer = connection.answer().unwrap();
        assert_eq!((answer.status, answer.closes()), (status, true), "{answer:?}");
        lab.goes_on(connection, &answer, false);
    }
    lab.cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn http_1_0_has_no_expectations_and_one_request_a_connection() {
    let lab = Lab::new().await;
    for expectation in ["", "expect: 100-continue\r\n", "expect: 200-ok\r\n"] {
        let head = Request::put(&lab.stranger, "/nightly/key").head(&format!("content-length: 7\r\n{expectation}"));
        let head = String::from_utf8(head).unwrap().replacen("HTTP/1.1", "HTTP/1.0", 1);
        let mut connection = lab.open(false);
        connection.send(head.as_bytes()).unwrap();
        let answer = connection.answer().unwrap();
        assert_eq!((answer.status, answer.code()), (403, "AccessDenied"), "{answer:?}");
        connection.send(b"refused").unwrap();
        assert_eq!(connection.rest().unwrap(), b"");
    }
    lab.cloud.embedded.stop().await;
}

/// A request that follows at once must be neither taken for the body of a refused one nor carried out behind a connection's last answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_pipelined_request_is_answered_only_if_the_connection_goes_on() {
    let lab = Lab::new().await;
    let next = Request { method: "DELETE", ..Request::put(&lab.root, "/nightly/there") }.head("");
    // Its body is there, or it is withheld and what follows stands in its place.
    for (headers, body) in [("content-length: 7\r\n", "refused"), ("content-length: 7\r\nexpect: 100-continue\r\n", "")] {
        let refused = Request::put(&lab.stranger, "/nightly/key").head(headers);
        let mut connection = lab.open(false);
        connection.send(&[&refused, body.as_bytes(), &next].concat()).unwrap();
        let answer = connection.answer().unwrap();
        assert_eq!((answer.status, answer.closes()), (403, true), "{answer:?}");
        assert_eq!(String::from_utf8_lossy(&connection.rest().unwrap()), "", "the last answer is the last");
    }
    let mut connection = lab.open(false);
    let refused = Request::put(&lab.root, "/nightly/key").head("");
    connection
        .send(&[&refused, &*Request { method: "GET", ..Request::put(&lab.root, "/nightly/there") }.head("")].concat())
        .unwrap();
    assert_eq!(connection.answer().unwrap().status, 411);
    let there = connection.answer().unwrap();
    assert_eq!((there.status, there.body.as_str()), (200, "x"), "the object was not deleted");
    lab.cloud.embedded.stop().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_being_read_outlives_the_region(#[values(false, true)] tls: bool) {
    const LENGTH: usize = 24 * MIB;
    let lab = Lab::new().await;
    let region = lab.cloud.embedded.region.clone();
    let root = Caller::root(&region.settings().account);
    let input = json!({ "Bucket": "nightly", "Key": "large", "ContentLength": LENGTH });
    region.call_with_body(&root, "s3", "PutObject", input, full_body(vec![7; LENGTH])).await.map(drop).unwrap();
    let mut connection = lab.open(tls);
    connection.send(&Request { method: "GET", ..Request::put(&lab.root, "/nightly/large") }.head("")).unwrap();
    let mut first = [0; 1];
    connection.stream.read_exact(&mut first).unwrap();
    let stopping = tokio::spawn(lab.cloud.embedded.stop());
    region.stopping().cancelled().await;
    let rest = tokio::task::spawn_blocking(move || {
        let mut rest = Vec::new();
        // A client that takes its time.
        while (&mut connection.stream).take(MIB as u64).read_to_end(&mut rest).expect("no end before the answer's") > 0 {
            std::thread::sleep(Duration::from_millis(25));
        }
        rest
    });
    let rest = rest.await.unwrap();
    assert_eq!(rest.iter().filter(|byte| **byte == 7).count(), LENGTH);
    stopping.await.unwrap();
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_read_by_a_client_that_still_sends_when_the_region_stops(#[values(false, true)] tls: bool) {
    let lab = Lab::new().await;
    let region = lab.cloud.embedded.region.clone();
    let mut connection = lab.open(tls);
    let length = 8 * MIB;
    connection.send(&Request::put(&lab.stranger, "/nightly/key").head(&format!("content-length: {length}\r\n"))).unwrap();
    connection.send(&vec![7; length / 2]).unwrap();
    let stopping = tokio::spawn(lab.cloud.embedded.stop());
    region.stopping().cancelled().await;
    tokio::task::spawn_blocking(move || {
        connection.send(&vec![7; length / 2]).expect("the rest is taken");
        assert_eq!(connection.answer().expect("an answer").status, 403);
    })
    .await
    .unwrap();
    stopping.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_stops_does_not_wait_for_connections_that_nobody_uses() {
    let lab = Lab::new().await;
    let mut held = Vec::new();
    for tls in [false, true] {
        let mut idle = lab.open(tls);
        idle.send(&Request { method: "GET", ..Request::put(&lab.root, "/nightly/there") }.head("")).unwrap();
        assert_eq!(idle.answer().unwrap().status, 200);
        held.push(idle);
        // The one that is told to close, and whose client does not.
        let mut closed = lab.open(tls);
        closed
            .send(&Request { method: "GET", ..Request::put(&lab.root, "/nightly/there") }.head("connection: close\r\n"))
            .unwrap();
        assert_eq!(closed.answer().unwrap().status, 200);
        held.push(closed);
    }
    let silent = TcpStream::connect(lab.cloud.embedded.endpoint_url.trim_start_matches("https://")).unwrap();
    let begun = Instant::now();
    lab.cloud.embedded.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    drop((held, silent));
}
