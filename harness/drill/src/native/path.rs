//! Paths into answers, and the values of placeholders in inputs: see [`super::aspect`].

use std::borrow::Cow;

use serde_json::{Map, Value};

/// What is at `path` in `answer`; nothing where there is nothing.
pub(super) fn pick(answer: &Value, path: &str) -> Option<Value> {
    let (first, rest) = split(path);
    if first.is_empty() {
        return Some(answer.clone()).filter(|value| !value.is_null());
    }
    // A document inside of a document is text.
    let parsed = answer.as_str().and_then(document);
    let answer = parsed.as_ref().unwrap_or(answer);
    if first == "*" {
        let items: Vec<Value> = answer.as_array()?.iter().filter_map(|item| pick(item, rest)).collect();
        return Some(items.into());
    }
    if let Some((name, wanted)) = first.strip_prefix('[').and_then(|one| one.strip_suffix(']')?.split_once('=')) {
        let items = answer.as_array()?.iter().filter(|item| item.get(name).and_then(Value::as_str) == Some(wanted));
        let items: Vec<Value> = items.filter_map(|item| pick(item, rest)).collect();
        return Some(items.into());
    }
    if let Some(names) = first.strip_prefix('{').and_then(|one| one.strip_suffix('}')) {
        let members = answer.as_object()?;
        let kept = names.split(',').filter_map(|name| Some((name.to_owned(), members.get(name)?.clone())));
        return pick(&Value::Object(kept.collect::<Map<_, _>>()), rest);
    }
    let inner = match first.parse::<usize>() {
        Ok(index) => answer.get(index)?,
        Err(_) => answer.get(first)?,
    };
    pick(inner, rest)
}

/// The first step of a path and the others. A slash in brackets, as in a log group's name, divides nothing.
fn split(path: &str) -> (&str, &str) {
    let mut depth = 0_i32;
    for (at, character) in path.char_indices() {
        match character {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            '/' if depth == 0 => {
                return path.split_at_checked(at).map_or((path, ""), |(first, rest)| (first, rest.get(1..).unwrap_or_default()));
            }
            _ => {}
        }
    }
    (path, "")
}

/// The JSON document that a text holds, in either form.
pub(super) fn document(text: &str) -> Option<Value> {
    let text = decoded(text);
    text.starts_with('{').then(|| serde_json::from_str(&text).ok())?
}

/// A document as it is: IAM answers policies in the form of a URL.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    if !text.starts_with("%7B") {
        return text.into();
    }
    percent_encoding::percent_decode_str(text).decode_utf8().unwrap_or(text.into())
}

/// `input` with its placeholders replaced by what `value` says of their names. A member whose placeholder has no value is left out.
pub(super) fn filled(input: &Value, value: &dyn Fn(&str) -> Option<Value>) -> Option<Value> {
    Some(match input {
        Value::String(text) => match text.strip_prefix('$') {
            Some(name) if !name.contains(':') => value(name)?,
            _ => inside(text, value)?.into(),
        },
        Value::Array(items) => {
            let filled: Vec<Value> = items.iter().filter_map(|item| filled(item, value)).collect();
            return (!filled.is_empty()).then(|| filled.into());
        }
        Value::Object(members) => {
            let filled: Map<String, Value> =
                members.iter().filter_map(|(name, member)| Some((name.clone(), filled(member, value)?))).collect();
            return (members.is_empty() || !filled.is_empty()).then(|| filled.into());
        }
        other => other.clone(),
    })
}

/// A text with the placeholders inside of it replaced.
pub(super) fn inside(text: &str, value: &dyn Fn(&str) -> Option<Value>) -> Option<String> {
    let mut parts = text.split('$');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(part.len());
        let (name, rest) = part.split_at_checked(end)?;
        match value(name)? {
            Value::String(found) => filled.push_str(&found),
            found => filled.push_str(&found.to_string()),
        }
        filled.push_str(rest);
    }
    Some(filled)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_leads_to_members_items_and_parts() {
        let answer = json!({"Tables": [{"Routes": [{"To": "a/b", "Gate": "g", "State": "on"}, {"To": "c", "Gate": "l"}]}]});
        assert_eq!(pick(&answer, "Tables/0/Routes/*/Gate"), Some(json!(["g", "l"])));
        assert_eq!(pick(&answer, "Tables/0/Routes/[To=a/b]/{To,Gate}"), Some(json!([{"To": "a/b", "Gate": "g"}])));
        assert_eq!(pick(&answer, "Tables/1/Routes"), None);
        assert_eq!(pick(&json!({"A": null}), "A"), None);
    }

    #[test]
    fn a_path_leads_into_a_document_that_is_text() {
        let answer = json!({"Policy": r#"{"Statement":[{"Sid":"one"}]}"#, "Encoded": "%7B%22a%22%3A1%7D"});
        assert_eq!(pick(&answer, "Policy/Statement/*/Sid"), Some(json!(["one"])));
        assert_eq!(pick(&answer, "Encoded/a"), Some(json!(1)));
        assert_eq!(document("no document"), None);
    }

    #[test]
    fn placeholders_are_filled_and_what_has_no_value_is_left_out() {
        let value = |name: &str| match name {
            "id" => Some(json!("i-1")),
            "Groups" => Some(json!(["sg-1"])),
            _ => None,
        };
        let input = json!({"Ids": ["$id"], "Groups": "$Groups", "Arn": "arn:aws:x:$id:y", "Profile": {"Name": "$None"}, "Bus": "$None", "Count": 1});
        let expected = json!({"Ids": ["i-1"], "Groups": ["sg-1"], "Arn": "arn:aws:x:i-1:y", "Count": 1});
        assert_eq!(filled(&input, &value), Some(expected));
        assert_eq!(filled(&json!({}), &value), Some(json!({})));
    }
}
