//! References to parameters of Parameter Store in a command, `{{ssm:name}}`: the agent reads them as its instance.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-param-runcommand.html>

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// How many parameters one call reads.
const AT_ONCE: usize = 10;

/// A parameter as `GetParameters` answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parameter {
    value: String,
    is_list: bool,
}

/// `input` with every reference replaced, as `read` answers `GetParameters`; the error is what the command fails with.
pub(super) fn resolve(input: &Value, read: impl Fn(&Value) -> Result<Value, String>) -> Result<Value, String> {
    let mut names = Vec::new();
    collect(input, &mut names);
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Ok(input.clone());
    }
    let (mut found, mut invalid, mut secure) = (BTreeMap::new(), Vec::new(), Vec::new());
    for names in names.chunks(AT_ONCE) {
        let answer = read(&json!({"Names": names}))?;
        let list = |member: &str| answer.get(member).and_then(Value::as_array).cloned().unwrap_or_default();
        invalid.extend(list("InvalidParameters").iter().filter_map(Value::as_str).map(str::to_owned));
        for parameter in list("Parameters") {
            let text = |member: &str| parameter.get(member).and_then(Value::as_str).unwrap_or_default();
            let name = text("Name").to_owned();
            if text("Type") == "SecureString" {
                secure.push(name.clone());
            }
            let value = Parameter { value: text("Value").to_owned(), is_list: text("Type") == "StringList" };
            // A reference may name a version.
            found.insert(name.clone() + text("Selector"), value.clone());
            if let Some(version) = parameter.get("Version").and_then(Value::as_i64) {
                found.insert(format!("{name}:{version}"), value);
            }
        }
    }
    if !invalid.is_empty() {
        return Err(format!("Input contains invalid parameters [{}]", invalid.join(" ")));
    }
    if !secure.is_empty() {
        return Err(format!("Parameters [{}] of type SecureString are not supported", secure.join(" ")));
    }
    if let Some(list) = list_in_text(input, &found) {
        return Err(format!("Parameter {list} of type StringList cannot be used as a String"));
    }
    Ok(replaced(input, &found))
}

/// A list that a text refers to beside other things.
fn list_in_text(value: &Value, found: &BTreeMap<String, Parameter>) -> Option<String> {
    match value {
        Value::String(text) => {
            let mut rest = text.as_str();
            while let Some((before, name, after)) = split(rest) {
                let alone = before.is_empty() && after.is_empty() && rest.len() == text.len();
                if !alone && found.get(name).is_some_and(|parameter| parameter.is_list) {
                    return Some(name.to_owned());
                }
                rest = after;
            }
            None
        }
        Value::Array(items) => items.iter().find_map(|item| list_in_text(item, found)),
        Value::Object(members) => members.values().find_map(|member| list_in_text(member, found)),
        _ => None,
    }
}

/// The text before a reference, its name, and the text after it.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find("{{").map(|at| at + from) {
        let (before, rest) = (text.get(..at)?, text.get(at + 2..)?);
        if let Some((inner, after)) = rest.split_once("}}")
            && let Some(name) = inner.trim_matches(' ').strip_prefix("ssm:")
            && !name.is_empty()
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_/.:-".contains(letter))
        {
            return Some((before, name, after));
        }
        from = at + 2;
    }
    None
}

fn collect(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let mut rest = text.as_str();
            while let Some((_, name, after)) = split(rest) {
                names.push(name.to_owned());
                rest = after;
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Object(members) => members.values().for_each(|member| collect(member, names)),
        _ => {}
    }
}

fn replaced(value: &Value, found: &BTreeMap<String, Parameter>) -> Value {
    match value {
        Value::String(text) => Value::String(filled(text, found)),
        Value::Array(items) => {
            let spread = |item: &Value| match item.as_str().and_then(split) {
                // A list that stands alone in a list becomes its items.
                Some(("", name, "")) if found.get(name).is_some_and(|parameter| parameter.is_list) => {
                    let list = found.get(name).map(|parameter| parameter.value.as_str()).unwrap_or_default();
                    list.split(',').map(|part| json!(part)).collect()
                }
                _ => vec![replaced(item, found)],
            };
            Value::Array(items.iter().flat_map(spread).collect())
        }
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, member)| (name.clone(), replaced(member, found))).collect())
        }
        other => other.clone(),
    }
}

fn filled(text: &str, found: &BTreeMap<String, Parameter>) -> String {
    let (mut filled, mut rest) = (String::new(), text);
    while let Some((before, name, after)) = split(rest) {
        filled.push_str(before);
        filled.push_str(found.get(name).map(|parameter| parameter.value.as_str()).unwrap_or_default());
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &Value) -> Result<Value, String> {
        let names: Vec<&str> = input["Names"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let (known, unknown): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|name| name.starts_with('/'));
        let kind = |name: &str| {
            if name.contains("list") {
                "StringList"
            } else if name.contains("secret") {
                "SecureString"
            } else {
                "String"
            }
        };
        let known: Vec<Value> =
            known.iter().map(|name| json!({"Name": name, "Type": kind(name), "Value": "a,b", "Version": 1})).collect();
        Ok(json!({"Parameters": known, "InvalidParameters": unknown}))
    }

    #[test]
    fn references_are_replaced_wherever_they_stand() {
        let input = json!({"x": ["echo {{ ssm:/p }} {{ssm:/p}} {{ p }}", "{{ssm:/list}}"]});
        assert_eq!(resolve(&input, read).unwrap(), json!({"x": ["echo a,b a,b {{ p }}", "a", "b"]}));
        let none = json!({"x": "{{ p }} {{ssm: }}"});
        assert_eq!(resolve(&none, |_| Err("not asked".to_owned())).unwrap(), none);
    }

    #[test]
    fn what_is_not_there_or_secret_fails_the_command() {
        assert_eq!(resolve(&json!("{{ssm:gone}}"), read), Err("Input contains invalid parameters [gone]".to_owned()));
        let secret = resolve(&json!("{{ssm:/secret}}"), read).unwrap_err();
        assert_eq!(secret, "Parameters [/secret] of type SecureString are not supported");
        let list = resolve(&json!(["echo {{ssm:/list}}"]), read).unwrap_err();
        assert_eq!(list, "Parameter /list of type StringList cannot be used as a String");
    }
}
