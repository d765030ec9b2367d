//! Compressed bodies of requests, see <https://smithy.io/2.0/spec/behavior-traits.html#requestcompression-trait>.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use http::header::CONTENT_ENCODING;
use http::request::Parts;

use crate::AwsError;
use crate::codec::Codec;
use crate::json::serialization;

impl Codec<'_> {
    /// The body of a request as it was before its client compressed it, of at most `limit` bytes. Bodies are compressed for services with an
    /// operation that has the trait `requestCompression`; for others, as S3, an encoding is what the content has.
    ///
    /// # Errors
    /// `SerializationException` for a body that is no gzip, `RequestEntityTooLargeException` for one that is too long.
    pub fn decompressed<'b>(self, parts: &Parts, body: &'b [u8], limit: usize) -> Result<Cow<'b, [u8]>, AwsError> {
        let encoding = parts
            .headers
            .get_all(CONTENT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        let is_gzip = encoding.map(str::trim).any(|encoding| encoding.eq_ignore_ascii_case("gzip"));
        let takes_gzip =
            || self.model().operations().any(|operation| operation.compressed.iter().any(|encoding| encoding == "gzip"));
        if !is_gzip || !takes_gzip() {
            return Ok(Cow::Borrowed(body));
        }
        let mut out = Vec::new();
        let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let read = MultiGzDecoder::new(body).take(bound).read_to_end(&mut out);
        read.map_err(|_| serialization("The request body could not be decompressed"))?;
        if out.len() > limit {
            return Err(AwsError::new(
                "RequestEntityTooLargeException",
                413,
                format!("Request must be smaller than {limit} bytes"),
            ));
        }
        Ok(Cow::Owned(out))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::model::service;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn read(name: &str, body: &[u8], limit: usize) -> Result<Vec<u8>, AwsError> {
        let parts = http::Request::builder().header("content-encoding", "gzip").body(()).unwrap().into_parts().0;
        service(name).unwrap().codec().decompressed(&parts, body, limit).map(Cow::into_owned)
    }

    #[test]
    fn a_compressed_form_is_read_for_services_that_take_one() {
        let form = b"Action=PutMetricData&Namespace=n";
        assert_eq!(read("monitoring", &gzip(form), 100).unwrap(), form);
        assert_eq!(read("ssm", &gzip(form), 100).unwrap(), gzip(form));
    }

    #[test]
    fn what_is_no_gzip_or_too_long_is_refused() {
        assert_eq!(read("monitoring", b"Action=PutMetricData", 100).unwrap_err().code, "SerializationException");
        let cut = gzip(&[b'a'; 90]);
        assert_eq!(read("monitoring", &cut[..cut.len() - 9], 100).unwrap_err().code, "SerializationException");
        assert_eq!(read("monitoring", &gzip(&[b'a'; 101]), 100).unwrap_err().status, 413);
        assert_eq!(read("monitoring", &gzip(&[b'a'; 100]), 100).unwrap().len(), 100);
    }
}
