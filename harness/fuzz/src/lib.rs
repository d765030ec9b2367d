//! What several targets share: requests and answers written as text, which a fuzzer can change piece by piece.

use nightproof_wire::{ServiceModel, service};
use http::{HeaderName, HeaderValue};

/// A head and its body. The head is a line, `FIRST SECOND THIRD`, then a line for each header, then an empty line.
pub struct Message<'a> {
    /// The three words of the first line.
    pub line: [&'a str; 3],
    /// The headers that can be ones.
    pub headers: http::HeaderMap,
    /// All behind the empty line.
    pub body: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads a message; nothing if it has no first line of three words.
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let end = data.windows(2).position(|two| two == b"\n\n");
        let (head, body) = end.map_or((data, &[][..]), |end| (&data[..end], &data[end + 2..]));
        let mut lines = std::str::from_utf8(head).ok()?.lines();
        let mut words = lines.next()?.splitn(3, ' ');
        let line = [words.next()?, words.next()?, words.next()?];
        let mut headers = http::HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                headers.append(name, value);
            }
        }
        Some(Self { line, headers, body })
    }

    /// The head of a request whose first line is `SERVICE METHOD URI`.
    pub fn request(&self) -> Option<(&'static ServiceModel, http::request::Parts)> {
        let [name, method, uri] = self.line;
        let (mut parts, ()) = http::Request::builder().method(method).uri(uri).body(()).ok()?.into_parts();
        parts.headers = self.headers.clone();
        Some((service(name)?, parts))
    }
}
