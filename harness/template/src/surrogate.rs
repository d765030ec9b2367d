//! Characters beyond the basic plane in JSON, which spells them as two `\u` escapes; YAML knows no such pairs.

use std::borrow::Cow;

/// The text with the escaped pairs of a JSON document replaced by their characters; YAML as it is.
pub(crate) fn joined(text: &str) -> Cow<'_, str> {
    if !text.trim_start().starts_with('{') || !(text.contains("\\ud") || text.contains("\\uD")) {
        return Cow::Borrowed(text);
    }
    let mut found = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        found.push_str(before);
        match pair(after) {
            Some((letter, after)) => {
                found.push(letter);
                rest = after;
            }
            None => {
                // The escaped character goes along, so that a backslash that is escaped itself starts nothing.
                let mut letters = after.chars();
                found.push('\\');
                found.extend(letters.next());
                rest = letters.as_str();
            }
        }
    }
    found.push_str(rest);
    Cow::Owned(found)
}

/// `ud83d\ude00…` as its character and what follows.
fn pair(text: &str) -> Option<(char, &str)> {
    let unit = |text: &str| u16::from_str_radix(text.get(..4)?, 16).ok();
    let high = text.strip_prefix('u')?;
    let low = high.get(4..)?.strip_prefix("\\u")?;
    let letter = char::decode_utf16([unit(high)?, unit(low)?]).next()?.ok()?;
    // Two escapes of one character each are no pair.
    (letter.len_utf16() == 2).then_some((letter, low.get(4..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_become_characters_and_nothing_else_changes() {
        assert_eq!(joined(r#"{"a": "\ud83d\ude00!"}"#), r#"{"a": "😀!"}"#);
        for same in [r#"{"a": "\\ud83d\\ude00"}"#, r#"{"a": "\ud83d"}"#, r#"{"a": "\u0041\u0042 \ud8"}"#, r#"a: "\ud83d\ude00""#]
        {
            assert_eq!(joined(same), same);
        }
    }
}
