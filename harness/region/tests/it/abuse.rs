//! What strangers and broken clients send: an AWS error each, or a closed connection, and a region that goes on as before.

use std::env;
use std::fs;
use std::io::{self, Cursor, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_region::embedded::Embedded;
use serde_json::json;

use crate::authorization::{Cloud, cloud};

/// A bound for answers, far beyond what any takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Client<'a> {
    embedded: &'a Embedded,
    at: SystemTime,
    secret: String,
    region: &'static str,
    host: Option<&'static str>,
}

impl<'a> Client<'a> {
    pub(crate) fn of(cloud: &'a Cloud) -> Self {
        let secret = cloud.embedded.credentials.secret_access_key.clone();
        let at = cloud.embedded.region.clock().now().into();
        Self { embedded: &cloud.embedded, at, secret, region: "us-east-1", host: None }
    }

    /// The same client, which signs for another region.
    pub(crate) fn in_region(mut self, region: &'static str) -> Self {
        self.region = region;
        self
    }

    /// The same client, which takes the endpoint for this host.
    pub(crate) fn at_host(mut self, host: &'static str) -> Self {
        self.host = Some(host);
        self
    }

    fn address(&self) -> &str {
        self.embedded.plain_url.strip_prefix("http://").unwrap()
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// What is answered to these bytes, up to the end of the connection; whether all of them were read is the region's decision.
    pub(crate) fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        let _ = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write));
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A whole signed request.
    fn signed(&self, service: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
        let id = &self.embedded.credentials.access_key_id;
        let identity = Credentials::new(id, &self.secret, None, None, "test").into();
        let mut settings = SigningSettings::default();
        if service == "s3" {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(service)
            .time(self.at)
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let host = self.host.unwrap_or(self.address());
        let url = format!("http://{host}{path}");
        let mut given = vec![("host", host)];
        given.extend(headers);
        // Only the head of S3's requests is signed, so that any body may follow.
        let signed_body = if service == "s3" { SignableBody::UnsignedPayload } else { SignableBody::Bytes(body) };
        let unsigned = ("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        given.extend((service == "s3").then_some(unsigned));
        let signable = SignableRequest::new(method, &url, given.iter().copied(), signed_body).unwrap();
        let mut request = http::Request::builder().method(method).uri(&url).body(()).unwrap();
        sign(signable, &params).unwrap().into_parts().0.apply_to_request_http1x(&mut request);
        let mut text = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in given {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        for (name, value) in request.headers().iter().filter(|(name, _)| *name != "x-amz-content-sha256") {
            text.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
        [text.as_bytes(), b"\r\n", body].concat()
    }

    /// The answer to a whole signed request.
    pub(crate) fn send(&self, service: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
        self.raw(&self.signed(service, method, path, headers, body))
    }

    pub(crate) fn query(&self, service: &str, body: &str) -> String {
        self.send(service, "POST", "/", &[("content-type", "application/x-www-form-urlencoded")], body.as_bytes())
    }

    /// The region still answers, and says who calls.
    fn is_served(&self) {
        let answer = self.query("sts", "Action=GetCallerIdentity&Version=2011-06-15");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(":root</Arn>"), "{answer}");
    }
}

pub(crate) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no status: {answer}"))
}

/// Whether this process runs the test `name` and no other. If not, runs it in a process of its own and expects it to pass there: what is
/// measured is the memory of a whole process, and the other tests of this binary take theirs at the same time.
fn is_alone(name: &str) -> bool {
    const ALONE: &str = "NIGHTPROOF_TEST_ALONE";
    if env::var_os(ALONE).is_some() {
        return true;
    }
    let this = env::current_exe().unwrap();
    let output = Command::new(this).args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    false
}

/// The memory of this process, in KiB; see [`is_alone`].
fn resident() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_refused_while_it_sends_can_send_to_the_end_and_reads_why() {
    let cloud = cloud().await;
    let client = Client::of(&cloud);
    let request = client.signed("s3", "PUT", "/no-such-bucket/key", &[], &vec![7; 12 * 1024 * 1024]);
    let mut stream = client.connect();
    stream.write_all(&request).and_then(|()| stream.shutdown(Shutdown::Write)).expect("all of it is taken");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(status(&answer) == 404 && answer.contains("<Code>NoSuchBucket</Code>"), "{answer}");
    client.is_served();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_ends_its_connection_alone() {
    let cloud = cloud().await;
    let client = Client::of(&cloud);
    let long_line = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(2_000_000));
    let many_headers: String = (0..100_000).map(|number| format!("x-{number}: y\r\n")).collect();
    let many_headers = format!("GET / HTTP/1.1\r\nHost: a\r\n{many_headers}\r\n");
    let hostile: [&[u8]; 8] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        &[0xff; 4096],
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        long_line.as_bytes(),
        many_headers.as_bytes(),
    ];
    for bytes in hostile {
        let answer = client.raw(bytes);
        assert!(answer.is_empty() || (400..=505).contains(&status(&answer)), "{answer}");
    }
    client.is_served();
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_that_are_wrong_old_or_moved_are_refused() {
    let cloud = cloud().await;
    let client = Client::of(&cloud);
    let form = "Action=GetCallerIdentity&Version=2011-06-15";
    let wrong = Client { secret: "wrong".to_owned(), ..Client::of(&cloud) };
    assert!(wrong.query("sts", form).contains("<Code>SignatureDoesNotMatch</Code>"));
    // A request that was seen on the wire serves nobody later.
    let old = Client { at: client.at - Duration::from_secs(16 * 60), ..Client::of(&cloud) };
    let replayed = old.query("sts", form);
    assert!(replayed.contains("Signature expired"), "{replayed}");
    let object = old.send("s3", "GET", "/", &[], b"");
    assert!(object.contains("<Code>RequestTimeTooSkewed</Code>"), "{object}");
    // Nor does its signature serve for another body, path or service.
    let good = String::from_utf8(client.signed("sts", "POST", "/", &[], form.as_bytes())).unwrap();
    assert!(client.raw(good.as_bytes()).starts_with("HTTP/1.1 200"));
    for (from, to) in [("GetCallerIdentity", "GetSessionToken--"), ("POST / ", "POST /x "), ("/sts/", "/iam/")] {
        let moved = good.replace(from, to);
        assert_ne!(moved, good);
        let answer = client.raw(moved.as_bytes());
        assert!((400..=404).contains(&status(&answer)), "{to}: {answer}");
    }
    client.is_served();
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_look_like_paths_are_names_and_leave_the_folder_of_objects_alone() {
    let cloud = cloud().await;
    let client = Client::of(&cloud);
    assert_eq!(status(&client.send("s3", "PUT", "/tricks", &[], b"")), 200);
    let keys =
        ["..%2F..%2F..%2Fescaped", "%2Fetc%2Fescaped", "a%2F.%2F..%2Fescaped", "..", "a%2F%2Fb", "nul%00l", "con%5C..%5Cescaped"];
    for (number, key) in keys.iter().enumerate() {
        let body = format!("body {number}");
        let put = client.send("s3", "PUT", &format!("/tricks/{key}"), &[], body.as_bytes());
        assert_eq!(status(&put), 200, "{key}: {put}");
    }
    for (number, key) in keys.iter().enumerate() {
        let got = client.send("s3", "GET", &format!("/tricks/{key}"), &[], b"");
        assert!(got.ends_with(&format!("body {number}")), "{key}: {got}");
    }
    let folder = cloud.embedded.region.folder();
    let escaped = |folder: &Path| folder.join("escaped").exists();
    assert!(folder.ancestors().all(|above| !escaped(above)) && !Path::new("/etc/escaped").exists());
    let too_long = client.send("s3", "PUT", &format!("/tricks/{}", "k".repeat(1025)), &[], b"x");
    assert!(too_long.contains("<Code>KeyTooLongError</Code>"), "{too_long}");
    for bucket in ["..", "a%2Fb", "UPPER", "a"] {
        let answer = client.send("s3", "PUT", &format!("/{bucket}"), &[], b"");
        assert!((400..=405).contains(&status(&answer)), "{bucket}: {answer}");
    }
    client.is_served();
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_are_refused_before_they_grow() {
    if !is_alone("abuse::bombs_are_refused_before_they_grow") {
        return;
    }
    let cloud = cloud().await;
    let client = Client::of(&cloud);
    client.is_served();
    let before = resident();
    let deep = "[".repeat(200_000);
    let target = ("x-amz-target", "AmazonSSM.SendCommand");
    let answer = client.send("ssm", "POST", "/", &[target, ("content-type", "application/x-amz-json-1.1")], deep.as_bytes());
    assert_eq!(status(&answer), 400, "{answer}");

    let entities: String = (1..30).map(|n| format!("<!ENTITY e{n} \"&e{};&e{};\">", n - 1, n - 1)).collect();
    let bomb = format!(
        "<!DOCTYPE x [<!ENTITY e0 \"ha\">{entities}]><Tagging><TagSet><Tag><Key>&e29;</Key><Value>v</Value></Tag></TagSet></Tagging>"
    );
    assert_eq!(status(&client.send("s3", "PUT", "/bombs", &[], b"")), 200);
    let answer = client.send("s3", "PUT", "/bombs?tagging", &[], bomb.as_bytes());
    assert!(answer.contains("<Code>MalformedXML</Code>"), "{answer}");

    let aliases: String = (1..30).map(|n| format!("  L{n}: &l{n} [*l{}, *l{}]%0A", n - 1, n - 1)).collect();
    let aliases = aliases.replace('&', "%26").replace(' ', "+");
    let template = format!("Metadata:%0A++L0:+%26l0+[ha]%0A{aliases}Resources:%0A++Q:+%7BType:+AWS::SQS::Queue%7D%0A");
    let create = |body: &str| {
        client.query("cloudformation", &format!("Action=CreateStack&Version=2010-05-15&StackName=bomb&TemplateBody={body}"))
    };
    let answer = create(&template);
    assert!(answer.contains("<Code>ValidationError</Code>") && answer.contains("aliases"), "{answer}");
    let answer = create(&"%5B".repeat(20_000));
    assert!(answer.contains("<Code>ValidationError</Code>"), "{answer}");
    let answer = create(&"a".repeat(51_201));
    assert!(answer.contains("<Code>ValidationError</Code>") && answer.contains("51200"), "{answer}");

    let many: String = (1..100_000).map(|n| format!("&InstanceId.{n}=i-{n}")).collect();
    let answer = client.query("ec2", &format!("Action=DescribeInstances&Version=2016-11-15{many}"));
    assert!((400..=413).contains(&status(&answer)), "{answer}");
    let grown = resident().saturating_sub(before);
    assert!(grown < 256 * 1024, "{grown} KiB more than before");
    client.is_served();
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_inside_of_documents_are_refused_before_they_grow() {
    if !is_alone("abuse::bombs_inside_of_documents_are_refused_before_they_grow") {
        return;
    }
    let cloud = cloud().await;
    let client = Client::of(&cloud);
    client.is_served();
    let before = resident();
    let target = ("x-amz-target", "AmazonSSM.CreateDocument");
    let aliases: String = (1..30).map(|n| format!("l{n}: &l{n} [*l{}, *l{}]\n", n - 1, n - 1)).collect();
    for content in [format!("l0: &l0 [ha]\n{aliases}"), "[".repeat(60_000), "- ".repeat(30_000)] {
        let document = json!({ "Name": "bomb", "DocumentType": "Command", "DocumentFormat": "YAML", "Content": content });
        let sent = document.to_string();
        let answer = client.send("ssm", "POST", "/", &[target, ("content-type", "application/x-amz-json-1.1")], sent.as_bytes());
        assert!(status(&answer) == 400 && answer.contains("InvalidDocumentContent"), "{answer}");
    }

    let trust = r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let trust: String = trust.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let query = format!("Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument={trust}");
    assert_eq!(status(&client.query("iam", &query)), 200);
    // Of 300 MB, 300 KB of zip.
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("index.py", zip::write::SimpleFileOptions::default()).unwrap();
    io::copy(&mut io::repeat(0).take(300 << 20), &mut zip).unwrap();
    let zip = STANDARD.encode(zip.finish().unwrap().into_inner());
    let function = json!({ "FunctionName": "bomb", "Runtime": "python3.12", "Handler": "index.handler", "Code": { "ZipFile": zip },
        "Role": format!("arn:aws:iam::{}:role/r", cloud.embedded.region.settings().account) });
    let answer = client.send("lambda", "POST", "/2015-03-31/functions", &[], function.to_string().as_bytes());
    assert!(status(&answer) == 400 && answer.contains("smaller than 262144000 bytes"), "{answer}");
    let grown = resident().saturating_sub(before);
    assert!(grown < 128 * 1024, "{grown} KiB more than before");
    client.is_served();
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_longer_than_its_quota_is_refused_in_its_services_words() {
    let cloud = cloud().await;
    let client = Client::of(&cloud);
    let head = client.send("s3", "GET", "/", &[("x-amz-meta-a", &"a".repeat(8 * 1024))], b"");
    assert!(head.contains("<Code>RequestHeaderSectionTooLarge</Code>"), "{head}");
    let head = client.send("sts", "POST", "/", &[("x-a", &"a".repeat(64 * 1024))], b"");
    assert_eq!(status(&head), 413, "{head}");

    let list = client.send("s3", "PUT", "/long", &[], b"");
    assert_eq!(status(&list), 200, "{list}");
    let list = client.send("s3", "POST", "/long?delete", &[], &vec![b' '; (4 << 20) + 1]);
    assert!(list.contains("<Code>MaxMessageLengthExceeded</Code>"), "{list}");
    let document = client.send("ssm", "POST", "/", &[("x-amz-target", "AmazonSSM.ListCommands")], &vec![b' '; (10 << 20) + 1]);
    assert_eq!(status(&document), 413, "{document}");

    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    let long = [b"Resources:\n  Q: {Type: AWS::SQS::Queue} # ", vec![b'a'; 1 << 20].as_slice()].concat();
    assert_eq!(status(&client.send("s3", "PUT", "/long/template", &[], &long)), 200);
    let many: String = (0..501).map(|n| format!("  Q{n}: {{Type: AWS::SQS::Queue}}\n")).collect();
    assert_eq!(status(&client.send("s3", "PUT", "/long/many", &[], format!("Resources:\n{many}").as_bytes())), 200);
    for (key, why) in
        [("template", "Template may not exceed"), ("many", "Number of resources, 501, is greater than maximum allowed, 500")]
    {
        let body = format!(
            "Action=CreateStack&Version=2010-05-15&StackName=long&TemplateURL=https%3A%2F%2Fs3.amazonaws.com%2Flong%2F{key}"
        );
        let answer = client.query("cloudformation", &body);
        assert!(answer.contains("<Code>ValidationError</Code>") && answer.contains(why), "{answer}");
    }
    client.is_served();
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_announced_and_never_comes_is_not_waited_for_in_memory() {
    let cloud = cloud().await;
    let client = Client::of(&cloud);
    let head = "POST / HTTP/1.1\r\nHost: sts.us-east-1.amazonaws.com\r\nContent-Length: 5000000000\r\n\r\n";
    let unsigned = client.raw(head.as_bytes());
    assert_eq!(status(&unsigned), 403, "{unsigned}");
    let signed = String::from_utf8(client.signed("sts", "POST", "/", &[], b"")).unwrap();
    let signed = signed.replace("content-length: 0", "content-length: 5000000000");
    let answer = client.raw(signed.as_bytes());
    assert_eq!(status(&answer), 413, "{answer}");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_connections_that_say_nothing_keep_nobody_out() {
    if !is_alone("abuse::thousands_of_connections_that_say_nothing_keep_nobody_out") {
        return;
    }
    let cloud = cloud().await;
    let client = Client::of(&cloud);
    client.is_served();
    let before = resident();
    let silent: Vec<TcpStream> = (0..2000).map(|_| client.connect()).collect();
    let slow: Vec<TcpStream> = (0..500)
        .map(|_| {
            let mut stream = client.connect();
            stream.write_all(b"POST / HTTP/1.1\r\nHost: sts.us-east-1.amazonaws.com\r\nContent-Le").unwrap();
            stream
        })
        .collect();
    client.is_served();
    let each = resident().saturating_sub(before) / 2500;
    assert!(each < 64, "{each} KiB for a connection");
    drop((silent, slow));
    client.is_served();
    cloud.embedded.stop().await;
}
