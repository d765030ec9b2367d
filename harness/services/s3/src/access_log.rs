//! Server access logs: a line for each request on a bucket with logging, delivered as objects to its target bucket.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html>

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use nightproof_core::service::{Body, Call, Reply, full_body};
use nightproof_core::{Caller, Principal, Region, Tls, canonical_id};
use nightproof_wire::{AwsError, ServiceModel};
use parking_lot::Mutex;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sha2::Digest as _;

use super::document::text;
use crate::arn::arn;
use crate::location;

/// From the first access log line of a batch to its delivery.
pub(crate) const LOG_DELAY: Duration = Duration::from_millis(100);

/// The principal that writes logs.
pub const LOGGING: &str = "logging.s3.amazonaws.com";

const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'/').remove(b'~');

/// Where a bucket's log lines go, as it was when the request came.
#[derive(Clone, PartialEq)]
pub(super) struct Destination {
    source: String,
    account: String,
    region: String,
    target: String,
    prefix: String,
    /// `None` for the simple format; else whether the date of delivery partitions.
    partitioned: Option<bool>,
}

/// The lines of all buckets, from the request to their delivery.
pub(super) struct AccessLog {
    pending: Arc<Pending>,
    /// From the first line of a batch to its delivery.
    delay: Duration,
}

/// Lines that wait to be delivered.
#[derive(Default)]
struct Pending {
    lines: Mutex<Vec<(Destination, Timestamp, String)>>,
    wake: tokio::sync::Notify,
}

impl Pending {
    fn push(&self, destination: Destination, at: Timestamp, line: String) {
        self.lines.lock().push((destination, at, line));
        self.wake.notify_one();
    }
}

/// A request of which a line will be written.
pub(super) struct Entry {
    destination: Destination,
    call: Call,
    operation: String,
    key: Option<String>,
    version: Option<String>,
    started: Instant,
}

/// What a request was about.
pub(super) struct Object<'a> {
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
    pub(super) version: Option<&'a str>,
}

/// How a request ended.
struct Outcome<'a> {
    status: u16,
    error: Option<&'a str>,
    sent: u64,
    object_size: Option<u64>,
    turn_around: Duration,
}

impl AccessLog {
    pub(super) fn new(delay: Duration) -> Self {
        Self { pending: Arc::default(), delay }
    }

    /// The entry of a request on a bucket of this account and region whose `LoggingEnabled` is `enabled`.
    pub(super) fn entry(
        &self,
        call: &Call,
        operation: &str,
        input: &Value,
        (account, region): (&str, &str),
        enabled: &Value,
    ) -> Option<Entry> {
        let name = text(input, "Bucket")?;
        let target = text(enabled, "TargetBucket")?;
        // A bucket that logs into itself would log its deliveries for ever.
        let delivery = matches!(&call.caller.principal, Principal::Service { name } if name == LOGGING);
        if delivery && target == name {
            return None;
        }
        let partitioned = enabled
            .get("TargetObjectKeyFormat")
            .and_then(|format| format.get("PartitionedPrefix"))
            .map(|partitioned| text(partitioned, "PartitionDateSource") == Some("DeliveryTime"));
        Some(Entry {
            destination: Destination {
                source: name.to_owned(),
                account: account.to_owned(),
                region: region.to_owned(),
                target: target.to_owned(),
                prefix: text(enabled, "TargetPrefix").unwrap_or_default().to_owned(),
                partitioned,
            },
            call: call.clone(),
            operation: operation.to_owned(),
            key: text(input, "Key").map(str::to_owned),
            version: text(input, "VersionId").map(str::to_owned),
            started: Instant::now(),
        })
    }

    /// Logs how `entry` ended, on an object of the size that `size_of` knows; a streamed answer is logged when its body has been sent, with
    /// what was sent of it.
    pub(super) fn answer(
        &self,
        mut entry: Entry,
        result: Result<Reply, AwsError>,
        size_of: impl FnOnce(&Object<'_>, &Reply) -> Option<u64>,
    ) -> Result<Reply, AwsError> {
        let turn_around = entry.started.elapsed();
        let codec = nightproof_wire::service("s3").map(ServiceModel::codec);
        match result {
            Ok(mut reply) => {
                let version = text(&reply.output, "VersionId").map(str::to_owned);
                entry.version = version.or(entry.version);
                let object_size = entry.key.as_deref().and_then(|key| {
                    let (bucket, version) = (entry.destination.source.as_str(), entry.version.as_deref());
                    size_of(&Object { bucket, key, version }, &reply)
                });
                let operation = codec.and_then(|codec| codec.model().operation(&entry.operation));
                let encoded =
                    codec.zip(operation).map(|(codec, operation)| codec.encode(operation, &reply.output, &entry.call.request_id));
                let status = encoded.as_ref().map_or(200, |response| response.status().as_u16());
                let (pending, size) = (Arc::clone(&self.pending), object_size);
                match reply.body.take() {
                    Some(body) => {
                        let finish = move |sent: u64| {
                            let outcome = Outcome { status, error: None, sent, object_size: size, turn_around };
                            let line = entry.line(&outcome);
                            pending.push(entry.destination.clone(), entry.call.now, line);
                        };
                        reply.body = Some(Counted { body, sent: 0, finish: Some(Box::new(finish)) }.boxed_unsync());
                    }
                    None => {
                        let sent = encoded.map_or(0, |response| response.body().len() as u64);
                        let outcome = Outcome { status, error: None, sent, object_size, turn_around };
                        self.pending.push(entry.destination.clone(), entry.call.now, entry.line(&outcome));
                    }
                }
                Ok(reply)
            }
            Err(error) => {
                let head = entry.operation.starts_with("Head");
                let encoded = codec.map(|codec| codec.encode_error(&error, &entry.call.request_id));
                let sent = encoded.filter(|_| !head).map_or(0, |response| response.body().len() as u64);
                // As the client reads it: failed authentication has words of its own in S3.
                let (code, status) = codec.map_or_else(|| (error.code.clone(), error.status), |codec| codec.error_code(&error));
                let outcome = Outcome { status, error: Some(&code), sent, object_size: None, turn_around };
                self.pending.push(entry.destination.clone(), entry.call.now, entry.line(&outcome));
                Err(error)
            }
        }
    }

    /// Delivers what waits, as the logging service. What its target refuses is lost, as it is on AWS.
    pub(super) async fn deliver(&self, region: &Region) {
        let waiting = std::mem::take(&mut *self.pending.lines.lock());
        let mut batches: Vec<(Destination, Timestamp, String)> = Vec::new();
        for (destination, at, line) in waiting {
            let day = |at: Timestamp| at.as_second().div_euclid(86_400);
            let mine = batches.iter_mut().find(|(other, since, _)| {
                *other == destination && (destination.partitioned != Some(false) || day(*since) == day(at))
            });
            match mine {
                Some((_, _, batch)) => batch.push_str(&line),
                None => batches.push((destination, at, line)),
            }
        }
        for (destination, first, lines) in batches {
            // Source and target are in one region.
            let region = location::home(region, &destination.region);
            let key = destination.key(&destination.region, first, region.clock().now());
            let caller = Caller::service(&destination.account, LOGGING).acting_for(&arn(&destination.source));
            let input = json!({
                "Bucket": destination.target,
                "Key": key,
                "ContentLength": lines.len(),
                "ContentType": "text/plain",
            });
            if let Err(error) = region.call_with_body(&caller, "s3", "PutObject", input, full_body(lines)).await {
                tracing::warn!(%error, source = destination.source, target = destination.target, "access log not delivered");
            }
        }
    }

    /// Delivers soon after the first line of a batch, and once more when the region stops.
    pub(super) async fn deliver_in_background(&self, region: &Region) {
        loop {
            tokio::select! {
                () = self.pending.wake.notified() => {}
                () = region.stopping().cancelled() => break,
            }
            tokio::select! {
                () = tokio::time::sleep(self.delay) => {}
                () = region.stopping().cancelled() => break,
            }
            self.deliver(region).await;
        }
        self.deliver(region).await;
    }
}

impl Destination {
    /// The key of a log object.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html#server-log-keyname-format>
    fn key(&self, region: &str, event: Timestamp, now: Timestamp) -> String {
        let stamp = |at: Timestamp, format: &str| at.to_zoned(TimeZone::UTC).strftime(format).to_string();
        let unique = hex::encode_upper(rand::random::<[u8; 8]>());
        let prefix = &self.prefix;
        match self.partitioned {
            None => format!("{prefix}{}-{unique}", stamp(now, "%Y-%m-%d-%H-%M-%S")),
            Some(true) => {
                let date = stamp(now, "%Y/%m/%d");
                format!("{prefix}{}/{region}/{}/{date}/{}-{unique}", self.account, self.source, stamp(now, "%Y-%m-%d-%H-%M-%S"))
            }
            // By event time, hours, minutes and seconds are 00.
            Some(false) => {
                let date = stamp(event, "%Y/%m/%d");
                format!("{prefix}{}/{region}/{}/{date}/{}-00-00-00-{unique}", self.account, self.source, stamp(event, "%Y-%m-%d"))
            }
        }
    }
}

fn dash(text: Option<&str>) -> &str {
    text.filter(|text| !text.is_empty()).unwrap_or("-")
}

/// A quoted field; a client must not be able to end it or the line.
fn quoted(text: Option<&str>) -> String {
    let clean: String = dash(text).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("\"{}\"", clean.replace('"', "%22"))
}

impl Entry {
    fn line(&self, outcome: &Outcome<'_>) -> String {
        let http = self.call.http.as_deref();
        let header = |name: &str| http.and_then(|http| http.headers.get(name)).and_then(|value| value.to_str().ok());
        let requester = match &self.call.caller.principal {
            Principal::Root => canonical_id(&self.call.caller.account),
            Principal::Anonymous => "-".to_owned(),
            Principal::Service { name } => format!("svc:{name}"),
            _ => self.call.caller.arn(),
        };
        let uri = http.map(|http| {
            let path = http.uri.path_and_query().map_or("/", |path| path.as_str());
            format!("{} {path} {:?}", http.method, http.version)
        });
        let signed_query = http.and_then(|http| http.uri.query()).is_some_and(|query| query.contains("X-Amz-Signature="));
        let authentication = match header("authorization") {
            Some(value) if value.starts_with("AWS4-HMAC-SHA256") => Some("AuthHeader"),
            _ if signed_query => Some("QueryString"),
            _ => None,
        };
        let tls = http.and_then(|http| http.extensions.get::<Tls>());
        let host = header("host").or_else(|| http.and_then(|http| http.uri.host()));
        let count = |count: Option<u64>| count.filter(|count| *count > 0).map_or("-".to_owned(), |count| count.to_string());
        let key = self.key.as_deref().map(|key| utf8_percent_encode(key, KEY).to_string());
        [
            canonical_id(&self.destination.account),
            self.destination.source.clone(),
            self.call.now.to_zoned(TimeZone::UTC).strftime("[%d/%b/%Y:%H:%M:%S +0000]").to_string(),
            // No address stands for a call from inside the region.
            dash(Some(self.call.source_ip.as_str()).filter(|ip| ip.parse::<std::net::IpAddr>().is_ok())).to_owned(),
            requester,
            self.call.request_id.clone(),
            log_operation(&self.operation),
            dash(key.as_deref()).to_owned(),
            quoted(uri.as_deref()),
            outcome.status.to_string(),
            dash(outcome.error).to_owned(),
            count(Some(outcome.sent)),
            outcome.object_size.map_or("-".to_owned(), |size| size.to_string()),
            self.started.elapsed().as_millis().to_string(),
            outcome.turn_around.as_millis().to_string(),
            quoted(header("referer")),
            quoted(Some(&self.call.user_agent)),
            dash(self.version.as_deref()).to_owned(),
            // The `x-amz-id-2` of the answer.
            STANDARD.encode(sha2::Sha256::digest(self.call.request_id.as_bytes())),
            authentication.map_or("-", |_| "SigV4").to_owned(),
            dash(tls.map(|tls| tls.cipher.as_str())).to_owned(),
            dash(authentication).to_owned(),
            dash(host).to_owned(),
            dash(tls.map(|tls| tls.version)).to_owned(),
            // Access point, aclRequired, source region.
            "- - -\n".to_owned(),
        ]
        .join(" ")
    }
}

/// `REST.PUT.OBJECT`.
fn log_operation(operation: &str) -> String {
    let resource = match operation {
        "GetObject" | "PutObject" | "HeadObject" | "DeleteObject" => "OBJECT",
        "CopyObject" => return "REST.COPY.OBJECT".to_owned(),
        "UploadPartCopy" => return "REST.COPY.PART".to_owned(),
        "UploadPart" => return "REST.PUT.PART".to_owned(),
        "CreateMultipartUpload" => return "REST.POST.UPLOADS".to_owned(),
        "CompleteMultipartUpload" => return "REST.POST.UPLOAD".to_owned(),
        "AbortMultipartUpload" => return "REST.DELETE.UPLOAD".to_owned(),
        "ListParts" => return "REST.GET.UPLOAD".to_owned(),
        "ListMultipartUploads" => return "REST.GET.UPLOADS".to_owned(),
        "DeleteObjects" => return "REST.POST.MULTI_OBJECT_DELETE".to_owned(),
        "ListObjects" | "ListObjectsV2" => return "REST.GET.BUCKET".to_owned(),
        "ListObjectVersions" => return "REST.GET.BUCKETVERSIONS".to_owned(),
        "CreateBucket" => return "REST.PUT.BUCKET".to_owned(),
        "DeleteBucket" => return "REST.DELETE.BUCKET".to_owned(),
        "HeadBucket" => return "REST.HEAD.BUCKET".to_owned(),
        _ => match operation.trim_start_matches("Get").trim_start_matches("Put").trim_start_matches("Delete") {
            "BucketLocation" => "LOCATION",
            "BucketEncryption" => "ENCRYPTION",
            "BucketVersioning" => "VERSIONING",
            "BucketPolicy" => "BUCKETPOLICY",
            "BucketPolicyStatus" => "POLICY_STATUS",
            "PublicAccessBlock" => "PUBLIC_ACCESS_BLOCK",
            "BucketLifecycleConfiguration" | "BucketLifecycle" => "LIFECYCLE",
            "BucketLogging" => "LOGGING_STATUS",
            "BucketTagging" => "TAGGING",
            "ObjectTagging" => "OBJECT_TAGGING",
            "BucketOwnershipControls" => "OWNERSHIP_CONTROLS",
            "BucketAcl" | "ObjectAcl" => "ACL",
            "BucketNotificationConfiguration" => "NOTIFICATION",
            "BucketCors" => "CORS",
            "BucketWebsite" => "WEBSITE",
            "BucketReplication" => "REPLICATION",
            "BucketRequestPayment" => "REQUEST_PAYMENT",
            "BucketAccelerateConfiguration" => "ACCELERATE",
            "ObjectLockConfiguration" => "OBJECT_LOCK_CONFIGURATION",
            "ObjectAttributes" => "OBJECT_ATTRIBUTES",
            _ => "UNKNOWN",
        },
    };
    let method = ["Put", "Head", "Delete"].into_iter().find(|method| operation.starts_with(method)).unwrap_or("Get");
    format!("REST.{}.{resource}", method.to_ascii_uppercase())
}

/// A body that counts what is sent of it.
struct Counted {
    body: Body,
    sent: u64,
    finish: Option<Box<dyn FnOnce(u64) + Send>>,
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.sent += frame.data_ref().map_or(0, Bytes::len) as u64;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(finish) = self.finish.take() {
            finish(self.sent);
        }
    }
}
