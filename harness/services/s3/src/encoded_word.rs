//! Metadata that is not ASCII, in the encoded words of mail: decoded when it comes, encoded when it is answered.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata>, <https://www.rfc-editor.org/rfc/rfc2047>

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// Changes the values of `Metadata` in an object's headers.
pub(crate) fn each_value(headers: &mut Map<String, Value>, change: impl Fn(&str) -> String) {
    for value in headers.get_mut("Metadata").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        if let Some(text) = value.as_str() {
            *value = Value::String(change(text));
        }
    }
}

fn is_plain(letter: char) -> bool {
    matches!(letter, ' '..='~' | '\t' | '\r' | '\n')
}

/// A text as a header can hold it: as it is if it is ASCII, else by the encoding that leaves more of it legible.
pub(crate) fn encode(text: &str) -> String {
    let plain = text.chars().filter(|letter| is_plain(*letter)).count();
    let others = text.chars().count() - plain;
    if others == 0 {
        return text.to_owned();
    }
    if others >= plain {
        return format!("=?UTF-8?B?{}?=", STANDARD.encode(text));
    }
    let mut out = String::from("=?UTF-8?Q?");
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('_'),
            b'=' | b'_' | b'?' => {
                let _ = write!(out, "={byte:02X}");
            }
            b'!'..=b'~' => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "={byte:02X}");
            }
        }
    }
    out + "?="
}

/// What an encoded word says; another text is itself.
pub(crate) fn decode(text: &str) -> String {
    let parts =
        text.strip_prefix("=?").and_then(|rest| rest.strip_suffix("?=")).map(|word| word.splitn(3, '?').collect::<Vec<_>>());
    let bytes = match parts.as_deref() {
        Some([charset, "B" | "b", word]) if charset.eq_ignore_ascii_case("utf-8") => from_base64(word),
        Some([charset, "Q" | "q", word]) if charset.eq_ignore_ascii_case("utf-8") => from_q(word),
        _ => return text.to_owned(),
    };
    String::from_utf8_lossy(&bytes).into_owned()
}

fn from_q(word: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = word.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after.get(..2).and_then(|digits| hex::decode(digits).ok())) {
            (b'=', Some(byte)) => {
                out.extend(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            (b'_', _) => out.push(b' '),
            (other, _) => out.push(*other),
        }
    }
    out
}

/// Base64, in which S3 takes whatever is no digit for the last one.
fn from_base64(word: &str) -> Vec<u8> {
    STANDARD.decode(word).unwrap_or_else(|_| {
        let digit = |byte: &u8| if byte.is_ascii_alphanumeric() || *byte == b'+' { *byte } else { b'/' };
        let digits: Vec<u8> = word.as_bytes().iter().map(digit).collect();
        let whole = digits.len() - digits.len() % 4;
        digits.get(..whole).and_then(|digits| STANDARD.decode(digits).ok()).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ascii_is_encoded_and_what_is_encoded_is_read() {
        for (text, word) in [
            ("plain =?text_", "plain =?text_"),
            ("\u{c4}M\u{c4}Z\u{d5}\u{d1} S3", "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?="),
            ("\0\u{1}\u{2}\u{3}", "=?UTF-8?B?AAECAw==?="),
            ("a_?\u{e9}%", "=?UTF-8?Q?a=5F=3F=C3=A9%?="),
        ] {
            assert_eq!(encode(text), word);
            assert_eq!(decode(word), text);
        }
        assert_eq!(decode("=?UTF-8?Q?actually-ascii?="), "actually-ascii");
        assert_eq!(encode(&decode("=?UTF-8?B?=GGG?=")), "=?UTF-8?B?77+9Ye+/vQ==?=");
        assert_eq!(decode("=?latin1?Q?x?="), "=?latin1?Q?x?=");
    }
}
