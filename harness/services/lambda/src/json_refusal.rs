//! Why a payload is no JSON, as the reader of AWS's Lambda (Jackson) says it.

use serde_json::Value;

/// What is wrong with a payload; nothing if it is JSON.
pub(crate) fn refusal(payload: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(payload) {
        Ok(text) => text,
        Err(error) => {
            let at = error.valid_up_to();
            let byte = payload.get(at).copied().unwrap_or_default();
            let before = payload.get(..at).unwrap_or_default();
            let (line, column) = place(before);
            // Outside of a word or text a byte is looked at by itself.
            let why = match before.iter().any(|byte| !byte.is_ascii_whitespace()) {
                true => format!("Invalid UTF-8 start byte 0x{byte:x}"),
                false => unexpected(u32::from(byte)),
            };
            let column = if before.is_empty() { column } else { column + 1 };
            return Some(located(&why, line, column));
        }
    };
    let error = serde_json::from_str::<Value>(text).err()?;
    let rest = text.trim_start();
    let begun = text.len() - rest.len();
    let word: String = rest.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect();
    let (why, at) = match rest.chars().next() {
        None => ("No content to map due to end-of-input".to_owned(), begun),
        Some(_) if !word.is_empty() && word.chars().next().is_some_and(char::is_alphabetic) => (
            format!(
                "Unrecognized token '{word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
            ),
            begun + word.len(),
        ),
        Some(first) if !matches!(first, '{' | '[' | '"' | '-' | '0'..='9') => (unexpected(first.into()), begun),
        Some(_) => return Some(located(&error.to_string(), error.line(), error.column())),
    };
    let (line, column) = place(text.as_bytes().get(..at).unwrap_or_default());
    Some(located(&why, line, column))
}

fn unexpected(code: u32) -> String {
    let shown = match char::from_u32(code).filter(|char| !char.is_control()) {
        Some(char) => format!("'{char}' (code {code})"),
        None => format!("(CTRL-CHAR, code {code})"),
    };
    format!(
        "Unexpected character ({shown}): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
    )
}

/// Line and column of what comes next.
fn place(before: &[u8]) -> (usize, usize) {
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    (line, column)
}

fn located(why: &str, line: usize, column: usize) -> String {
    format!(
        "{why}\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {line}, column: {column}]"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_that_is_no_json_is_refused_where_it_stops_being_any() {
        assert_eq!(refusal(b"{\"a\": [1, null]}"), None);
        let source = "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: ";
        assert_eq!(refusal(b"n\x87r\x9e").unwrap(), format!("Invalid UTF-8 start byte 0x87{source}3]"));
        let control = refusal(b"\x99\xeb,j").unwrap();
        assert!(
            control.starts_with("Unexpected character ((CTRL-CHAR, code 153)): expected a valid value (JSON String"),
            "{control}"
        );
        assert!(control.ends_with(&format!("{source}1]")), "{control}");
        let word = refusal(b"hello").unwrap();
        assert!(word.starts_with("Unrecognized token 'hello': was expecting"), "{word}");
    }
}
