//! The form itself: `multipart/form-data` whose last field is the object.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::try_unfold;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use http_body::Frame;
use http_body_util::{BodyDataStream, BodyExt as _, StreamBody};
use multer::{Field, Multipart};
use nightproof_core::service::{AwsError, Body};
use nightproof_wire::{ServiceModel, post_lacks, post_tags, query_pairs};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::payload;

/// The bytes that all fields before the file may have.
const MOST_BEFORE_FILE: usize = 20 * 1024;

const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const PATH: &AsciiSet = &PLAIN.remove(b'/');

/// The bytes that may be read until the file begins: more than the fields have, as it is read ahead.
const MOST_READ: usize = 16 * 1024 * 1024;

/// Fields that are headers of a PutObject, beside those that begin with `x-amz-`.
const HEADERS: [&str; 6] =
    ["cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"];

/// Fields that are the signature's.
const SIGNATURE: [&str; 5] = ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token", "x-amz-signature"];

/// A form that was read as far as its file.
pub(crate) struct Form {
    /// Names as they were sent, and values.
    fields: Vec<(String, String)>,
    /// The name of the file, if the browser sent one.
    file_name: Option<String>,
    /// The file's bytes.
    pub content: Body,
}

/// Whether a request is a form: a POST to a bucket and to nothing in it.
pub(crate) fn is_form(model: &ServiceModel, head: &Parts) -> bool {
    let address = model.addressed(head);
    head.method == Method::POST
        && query_pairs(&head.uri).is_empty()
        && address.get("Bucket").is_some()
        && address.get("Key").is_none()
}

impl Form {
    /// Reads all that comes before the file. What comes behind it is read to its end and ignored.
    pub(crate) async fn read(head: &Parts, body: Body) -> Result<Self, AwsError> {
        let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let boundary = multer::parse_boundary(kind).map_err(|_| {
            AwsError::new("PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold")
                .with("Condition", "Bucket POST must be of the enclosure-type multipart/form-data")
        })?;
        let found = Arc::new(AtomicBool::new(false));
        let mut parts = Multipart::new(Paced::new(body, Arc::clone(&found)), boundary);
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut size = 0;
        while let Some(mut field) = parts.next_field().await.map_err(unreadable)? {
            let name = field.name().unwrap_or_default().to_owned();
            if name.eq_ignore_ascii_case("file") {
                found.store(true, Ordering::Relaxed);
                let file_name = field.file_name().map(str::to_owned);
                return Ok(Self { fields, file_name, content: content(parts, field) });
            }
            let mut value = Vec::new();
            while let Some(piece) = field.chunk().await.map_err(unreadable)? {
                size += piece.len();
                if size > MOST_BEFORE_FILE {
                    return Err(too_long());
                }
                value.extend_from_slice(&piece);
            }
            fields.push((name, String::from_utf8_lossy(&value).into_owned()));
        }
        Err(AwsError::new("InvalidArgument", 400, "POST requires exactly one file upload per request.")
            .with("ArgumentName", "file")
            .with("ArgumentValue", "0"))
    }

    /// The value of a field, by its name in lower case.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The names of all fields as they were sent.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    /// The key that the object is to have; `${filename}` in it stands for the file's name.
    pub(crate) fn key(&self) -> Result<String, AwsError> {
        let key = self.field("key").filter(|key| !key.is_empty()).ok_or_else(|| post_lacks("key"))?;
        Ok(match &self.file_name {
            // Some browsers send a whole path.
            Some(name) => key.replace("${filename}", name.rsplit(['/', '\\']).next().unwrap_or_default()),
            None => key.to_owned(),
        })
    }

    /// The head of the PutObject that the form stands for. Its method stays what it is, as logs and events of the object tell it.
    pub(crate) fn head(&self, sent: &Parts, bucket: &str, key: &str) -> Result<Parts, AwsError> {
        let mut head = sent.clone();
        let key = utf8_percent_encode(key, PATH);
        // A host that names the bucket stays as it is.
        let hosted = sent.uri.path().trim_matches('/').is_empty();
        let path = if hosted { format!("/{key}") } else { format!("/{bucket}/{key}") };
        head.uri = path.parse::<Uri>().map_err(|_| AwsError::new("InvalidURI", 400, "Couldn't parse the specified URI."))?;
        let headers = &mut head.headers;
        for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
            headers.remove(name);
        }
        for (name, value) in &self.fields {
            let name = name.to_ascii_lowercase();
            match name.as_str() {
                "acl" => insert(headers, "x-amz-acl", value)?,
                "tagging" => {
                    let encoded = |text: &str| utf8_percent_encode(text, PLAIN).to_string();
                    let tags = post_tags(value)?;
                    let tags: Vec<String> =
                        tags.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value))).collect();
                    insert(headers, "x-amz-tagging", &tags.join("&"))?;
                }
                name if HEADERS.contains(&name) || name.starts_with("x-amz-") && !SIGNATURE.contains(&name) => {
                    insert(headers, name, value)?;
                }
                _ => {}
            }
        }
        Ok(head)
    }
}

fn insert(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), AwsError> {
    match (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes())) {
        (Ok(name), Ok(value)) => {
            headers.insert(name, value);
            Ok(())
        }
        _ => {
            Err(AwsError::new("InvalidArgument", 400, "Invalid Argument").with("ArgumentName", name).with("ArgumentValue", value))
        }
    }
}

fn too_long() -> AwsError {
    let message = "Your POST request fields preceding the upload file were too large.";
    AwsError::new("MaxPostPreDataLengthExceeded", 400, message)
}

/// A body piece by piece: the reader of forms would else take all that has come into memory before it looks at it.
struct Paced {
    body: BodyDataStream<Body>,
    pause: bool,
    read: usize,
    /// Whether the file has begun.
    found: Arc<AtomicBool>,
}

impl Paced {
    fn new(body: Body, found: Arc<AtomicBool>) -> Self {
        Self { body: BodyDataStream::new(body), pause: false, read: 0, found }
    }
}

impl Stream for Paced {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.pause) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.read > MOST_READ && !self.found.load(Ordering::Relaxed) {
            return Poll::Ready(Some(Err(io::Error::other(too_long()))));
        }
        let piece = ready!(Pin::new(&mut self.body).poll_next(context));
        if let Some(Ok(piece)) = &piece {
            self.read = self.read.saturating_add(piece.len());
            self.pause = true;
        }
        Poll::Ready(piece)
    }
}

/// The bytes of the file; the form is read to its end behind them, so that the connection can go on.
fn content(parts: Multipart<'static>, file: Field<'static>) -> Body {
    let frames = try_unfold((parts, Some(file)), |(mut parts, mut file)| async move {
        if let Some(field) = &mut file
            && let Some(piece) = field.chunk().await.map_err(broken)?
        {
            return Ok::<_, io::Error>(Some((Frame::data(piece), (parts, file))));
        }
        drop(file);
        while let Some(mut other) = parts.next_field().await.map_err(broken)? {
            while other.chunk().await.map_err(broken)?.is_some() {}
        }
        Ok(None)
    });
    StreamBody::new(frames).boxed_unsync()
}

/// What broke a form off: the body's own error, or its form.
fn broken(error: multer::Error) -> io::Error {
    match error {
        multer::Error::StreamReadFailed(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        _ => io::Error::other(AwsError::new(
            "MalformedPOSTRequest",
            400,
            "The body of your POST request is not well-formed multipart/form-data.",
        )),
    }
}

fn unreadable(error: multer::Error) -> AwsError {
    payload::cause(broken(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nightproof_core::service::full_body;

    fn head(uri: &str, kind: &str) -> Parts {
        http::Request::post(uri).header("host", "127.0.0.1").header("content-type", kind).body(()).unwrap().into_parts().0
    }

    fn body(fields: &[(&str, &str)], file: &str) -> Vec<u8> {
        let mut out = String::new();
        for (name, value) in fields {
            out += &format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        out += &format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\\\a b.txt\"\r\n\r\n{file}\r\n");
        out += "--b\r\nContent-Disposition: form-data; name=\"submit\"\r\n\r\nx\r\n--b--\r\n";
        out.into_bytes()
    }

    #[tokio::test]
    async fn a_form_stands_for_a_put() {
        let sent = head("/bucket", "multipart/form-data; boundary=b");
        let fields = [
            ("key", "user/${filename}"),
            ("Content-Type", "text/plain"),
            ("x-amz-meta-A", "1"),
            ("acl", "private"),
            ("tagging", "<Tagging><TagSet><Tag><Key>a b</Key><Value>1</Value></Tag></TagSet></Tagging>"),
            ("x-amz-signature", "s"),
        ];
        let form = Form::read(&sent, full_body(body(&fields, "content"))).await.unwrap();
        let key = form.key().unwrap();
        assert_eq!(key, "user/a b.txt");
        let put = form.head(&sent, "bucket", &key).unwrap();
        assert_eq!((put.method.as_str(), put.uri.path()), ("POST", "/bucket/user/a%20b.txt"));
        let header = |name: &str| put.headers.get(name).map(|value| value.to_str().unwrap());
        assert_eq!(
            (header("content-type"), header("x-amz-meta-a"), header("x-amz-acl")),
            (Some("text/plain"), Some("1"), Some("private"))
        );
        assert_eq!((header("x-amz-tagging"), header("x-amz-signature")), (Some("a%20b=1"), None));
        assert_eq!(form.content.collect().await.unwrap().to_bytes(), "content");
    }

    #[tokio::test]
    async fn what_is_no_form_is_refused() {
        let read = async |kind: &str, body: Vec<u8>| Form::read(&head("/bucket", kind), full_body(body)).await.err().unwrap();
        assert_eq!(read("text/plain", Vec::new()).await.code, "PreconditionFailed");
        assert_eq!(read("multipart/form-data; boundary=b", b"--c\r\n".to_vec()).await.code, "MalformedPOSTRequest");
        assert_eq!(read("multipart/form-data; boundary=b", b"--b--\r\n".to_vec()).await.fields["ArgumentName"], "file");
        let large = "x".repeat(MOST_BEFORE_FILE + 1);
        let error = read("multipart/form-data; boundary=b", body(&[("key", &large)], "")).await;
        assert_eq!(error.code, "MaxPostPreDataLengthExceeded");
    }

    #[tokio::test]
    async fn what_never_becomes_a_form_is_not_read_for_ever() {
        let endless = futures_util::stream::repeat_with(|| Ok::<_, io::Error>(Frame::data(Bytes::from(vec![b'x'; 1 << 20]))));
        let body = StreamBody::new(endless).boxed_unsync();
        let sent = head("/bucket", "multipart/form-data; boundary=b");
        assert_eq!(Form::read(&sent, body).await.err().unwrap().code, "MaxPostPreDataLengthExceeded");
    }

    #[test]
    fn a_post_to_a_bucket_alone_is_a_form() {
        let s3 = nightproof_wire::service("s3").unwrap();
        assert!(is_form(s3, &head("/bucket", "text/plain")) && is_form(s3, &head("/bucket/", "text/plain")));
        assert!(
            !is_form(s3, &head("/bucket?delete", "")) && !is_form(s3, &head("/bucket/key", "")) && !is_form(s3, &head("/", ""))
        );
    }
}
