//! Cloud-config's YAML, in which plain words mean what YAML 1.1 has them mean. <https://yaml.org/type/>

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value, json};

/// Deepest nesting, far beyond what a configuration has.
const DEEPEST: usize = 64;

/// The document of a text; null if it has none.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let mut stack: Vec<(Value, Option<String>)> = Vec::new();
    let mut root = Value::Null;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| error.to_string())?;
        let line = span.start.line();
        let value = match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if stack.len() >= DEEPEST {
                    return Err(format!("line {line}: nesting is deeper than {DEEPEST} levels"));
                }
                let empty = if matches!(event, Event::SequenceStart(..)) { json!([]) } else { json!({}) };
                stack.push((empty, None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match stack.pop() {
                Some((value, _)) => value,
                None => continue,
            },
            Event::Scalar(text, ScalarStyle::Plain, ..) => plain(&text),
            Event::Scalar(text, ..) => Value::String(text.into_owned()),
            Event::Alias(_) => return Err(format!("line {line}: aliases are not read in cloud-config")),
            _ => continue,
        };
        match stack.last_mut() {
            Some((Value::Array(items), _)) => items.push(value),
            Some((Value::Object(members), key)) => match key.take() {
                Some(key) => drop(members.insert(key, value)),
                None => *key = Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
            },
            _ => root = value,
        }
    }
    Ok(root)
}

fn plain(text: &str) -> Value {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text).replace('_', "");
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let radix = match digits.as_bytes() {
        [b'0', b'x', ..] => i64::from_str_radix(digits.get(2..).unwrap_or_default(), 16).ok(),
        [b'0', b'b', ..] => i64::from_str_radix(digits.get(2..).unwrap_or_default(), 2).ok(),
        [b'0', _, ..] => i64::from_str_radix(&digits, 8).ok(),
        [first, ..] if first.is_ascii_digit() => digits.parse().ok(),
        _ => None,
    };
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Value::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Value::Bool(false),
        _ => match (radix, digits.contains('.').then(|| digits.parse::<f64>())) {
            (Some(number), _) => json!(sign * number),
            (None, Some(Ok(number))) if digits.starts_with(|first: char| first.is_ascii_digit()) => json!(number),
            _ => Value::String(text.to_owned()),
        },
    }
}

/// One document out of several: a member of a later one takes the place of an earlier one's.
/// <https://cloudinit.readthedocs.io/en/latest/reference/merging.html>
pub(super) fn merged(documents: Vec<Value>) -> Result<Map<String, Value>, String> {
    let mut all = Map::new();
    for document in documents {
        match document {
            Value::Object(members) => all.extend(members),
            Value::Null => {}
            other => return Err(format!("cloud-config is a mapping, and not {other}")),
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_are_those_of_yaml_1_1_and_quoted_ones_are_texts() {
        let text = "#cloud-config\na: yes\nb: 'yes'\nc: 0644\nd: '0644'\ne: [1, ~, 1.5, x y, -3, 0x10]\nf: |\n  two\n  lines\ng:\n- k: v\n1: one\n";
        let expected = json!({
            "a": true, "b": "yes", "c": 0o644, "d": "0644", "e": [1, null, 1.5, "x y", -3, 16], "f": "two\nlines\n",
            "g": [{"k": "v"}], "1": "one",
        });
        assert_eq!(read(text).unwrap(), expected);
        assert_eq!(read("#cloud-config\n").unwrap(), Value::Null);
    }

    #[test]
    fn what_is_no_yaml_is_an_error() {
        assert!(read("a: [1").is_err() && read("a: &x 1\nb: *x\n").unwrap_err().contains("line 2"));
        assert!(read(&"- ".repeat(1000)).unwrap_err().contains("nesting"));
        assert!(merged(vec![json!([1])]).is_err());
    }

    #[test]
    fn the_later_of_two_configurations_replaces_members() {
        let all = merged(vec![json!({"a": [1], "b": 1}), json!({"a": [2]}), Value::Null]).unwrap();
        assert_eq!(Value::Object(all), json!({"a": [2], "b": 1}));
    }
}
