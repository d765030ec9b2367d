//! `application/x-www-form-urlencoded` and query strings.

use percent_encoding::percent_decode;

/// Parameters of one request beyond which it is refused.
pub(crate) const MOST_PARAMETERS: usize = 20_000;

/// Name and value of each parameter in order, decoded, `+` as a space. `None` when there are too many.
pub(crate) fn parse(text: &[u8]) -> Option<Vec<(String, String)>> {
    pairs(text, true)
}

/// Name and value of each parameter of a query in order, decoded, `+` as a space.
pub fn parse_query(uri: &http::Uri) -> Vec<(String, String)> {
    pairs(uri.query().unwrap_or_default().as_bytes(), true).unwrap_or_default()
}

fn pairs(text: &[u8], plus: bool) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        if found.len() >= MOST_PARAMETERS {
            return None;
        }
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (pair.get(..at).unwrap_or_default(), pair.get(at + 1..).unwrap_or_default()),
            None => (pair, &[][..]),
        };
        found.push((decode(name, plus), decode(value, plus)));
    }
    Some(found)
}

fn decode(text: &[u8], plus: bool) -> String {
    if plus && text.contains(&b'+') {
        let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        return percent_decode(&spaced).decode_utf8_lossy().into_owned();
    }
    percent_decode(text).decode_utf8_lossy().into_owned()
}

/// A path segment or key, decoded; `+` stays. `None` when it is not UTF-8.
pub(crate) fn decode_path(text: &str) -> Option<String> {
    percent_decode(text.as_bytes()).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}
