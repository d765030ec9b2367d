//! Lists in headers, see <https://smithy.io/2.0/spec/http-bindings.html#httpheader-serialization-rules>.

use crate::model::Kind;

/// The items of a header's value. Items with a comma or a quote are quoted, and a date has a comma of its own.
pub(crate) fn items(kind: Kind, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut item, mut quoted, mut chars) = (String::new(), false, text.chars());
    while let Some(char) = chars.next() {
        match char {
            '"' if kind == Kind::String && (quoted || item.trim().is_empty()) => quoted = !quoted,
            '\\' if quoted => item.extend(chars.next()),
            // The comma behind the day of an HTTP date.
            ',' if !(quoted || kind == Kind::Timestamp && item.trim().len() == 3) => found.push(std::mem::take(&mut item)),
            char => item.push(char),
        }
    }
    found.push(item);
    found.into_iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

/// An item as a header's value has it.
pub(crate) fn item(kind: Kind, text: String) -> String {
    if kind != Kind::String || !text.contains([',', '"']) {
        return text;
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_item_and_a_date_keep_their_commas() {
        assert_eq!(items(Kind::String, r#""b,c", "\"def\"", a"#), ["b,c", r#""def""#, "a"]);
        assert_eq!(items(Kind::Integer, "1,2 , 3"), ["1", "2", "3"]);
        let dates = "Mon, 16 Dec 2019 23:48:18 GMT, Mon, 16 Dec 2019 23:48:18 GMT";
        assert_eq!(items(Kind::Timestamp, dates), ["Mon, 16 Dec 2019 23:48:18 GMT"; 2]);
        let texts = ["b,c", r#""def""#, "a"].map(|text| item(Kind::String, text.to_owned()));
        assert_eq!(items(Kind::String, &texts.join(",")), ["b,c", r#""def""#, "a"]);
    }
}
