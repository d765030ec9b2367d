//! A body in aws-chunked encoding is the same however the network cuts it into pieces, and never more than what came. Its first byte says
//! how long the pieces are, its second how much is expected.
#![no_main]

use bytes::Bytes;
use nightproof_wire::sigv4::ChunkedDecoder;
use libfuzzer_sys::fuzz_target;

/// The data and the trailers, or the code of the error.
type Decoded = Result<(Vec<u8>, Vec<(String, String)>), String>;

fn decoded<'a>(length: Option<u64>, pieces: impl Iterator<Item = &'a [u8]>) -> Decoded {
    let mut decoder = ChunkedDecoder::unsigned(length);
    let mut data = Vec::new();
    for piece in pieces {
        for part in decoder.push(Bytes::copy_from_slice(piece)).map_err(|error| error.code)? {
            data.extend_from_slice(&part);
        }
    }
    decoder.finish().map(|trailers| (data, trailers)).map_err(|error| error.code)
}

fuzz_target!(|data: &[u8]| {
    let [piece, length, body @ ..] = data else { return };
    let length = (*length != u8::MAX).then(|| u64::from(*length));
    let whole = decoded(length, std::iter::once(body));
    let cut = decoded(length, body.chunks(usize::from(*piece).max(1)));
    assert_eq!(whole.is_ok(), cut.is_ok(), "{whole:?} {cut:?}");
    if let (Ok(whole), Ok(cut)) = (whole, cut) {
        assert_eq!(whole, cut);
        assert!(whole.0.len() <= body.len() && length.is_none_or(|length| whole.0.len() as u64 == length));
    }
});
