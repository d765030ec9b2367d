//! Drafts an incident file. Pure.

use nightproof_drill::capture::Evidence;
use serde_json::{Map, Value, json};

use crate::chain::Chain;
use crate::diagnosis::Diagnosis;
use crate::secret::REMOVED;

/// Where a drill's data goes if nothing else is said.
const DATA_PATH: &str = "/var/www/html";

/// The text of an incident file beside which the template is `template`.
pub(crate) fn draft(evidence: &Evidence, diagnosis: &Diagnosis, template: &str, times: &str) -> String {
    let mut file = Map::new();
    let mut put = |name: &str, value: Value| {
        let empty = value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty);
        if !empty {
            file.insert(name.to_owned(), value);
        }
    };
    put("version", 1.into());
    put("title", diagnosis.reason.clone().into());
    put("source", format!("stack {}, {times}", evidence.stack.name).into());
    put("noticed_by", "to be filled in: who could have noticed, and how".into());
    put("template", template.into());
    put("parameters", parameters(evidence));
    if let Some(path) = data_path(evidence).filter(|path| path != DATA_PATH) {
        put("data_path", path.into());
    }
    let recipe = &diagnosis.recipe;
    let replaced = |(old, new): &(String, String)| json!({ "old": old, "new": new });
    put("replace", recipe.replace.iter().map(replaced).collect());
    put("before", recipe.before.clone().into());
    put("faults", recipe.faults.clone().into());
    let mut expect = json!({ "result": "failed", "hop": diagnosis.hop, "says": diagnosis.says });
    for (name, count) in [("commands", diagnosis.commands), ("uploads", diagnosis.uploads)] {
        if let (Some(count), Some(members)) = (count, expect.as_object_mut()) {
            members.insert(name.to_owned(), count.into());
        }
    }
    put("expect", expect);
    let nothing = "Nothing in the evidence says what else it takes: the template alone may not show it.";
    let remark = recipe.remark.or_else(|| recipe.is_empty().then_some(nothing));
    let head = remark.map(|remark| format!("# {remark}\n")).unwrap_or_default();
    format!("# A draft, made from the evidence beside it.\n{head}{}", block(&Value::Object(file), 0))
}

/// What was given and is not the default. What is hidden gets a word in its place if it needs a value.
fn parameters(evidence: &Evidence) -> Value {
    let template = nightproof_template::to_json(&evidence.template).unwrap_or_default();
    let mut found = Map::new();
    for parameter in &evidence.stack.parameters {
        let default = template.pointer(&format!("/Parameters/{}/Default", parameter.name));
        let text = default.map(|default| default.as_str().map_or_else(|| default.to_string(), str::to_owned));
        let masked = !parameter.value.is_empty() && parameter.value.chars().all(|letter| letter == '*');
        let hidden = masked || parameter.value.contains(REMOVED);
        if (hidden && text.is_some()) || text.as_ref() == Some(&parameter.value) {
            continue;
        }
        let value = if hidden { REMOVED } else { &parameter.value };
        found.insert(parameter.name.clone(), value.into());
    }
    found.into()
}

/// The folder that is archived, if a parameter or variable is named as if it said so.
fn data_path(evidence: &Evidence) -> Option<String> {
    let chain = Chain::from_evidence(evidence)?;
    let known = chain.paths();
    let telling = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["data", "source", "backup", "web", "content"].iter().any(|word| name.contains(word))
            && ["path", "dir", "root", "folder"].iter().any(|word| name.contains(word))
    };
    let variables = chain.function.into_iter().flat_map(|function| &function.environment);
    let parameters = evidence.stack.parameters.iter().map(|one| (&one.name, &one.value));
    variables.chain(parameters).find(|(name, value)| telling(name) && known.contains(value)).map(|(_, value)| value.clone())
}

/// YAML in block style; scalars as JSON has them, where a plain word would not do.
fn block(value: &Value, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) if !members.is_empty() => members
            .iter()
            .map(|(name, member)| {
                let name = scalar(&name.as_str().into());
                if is_leaf(member) {
                    format!("{indent}{name}: {}\n", scalar(member))
                } else {
                    format!("{indent}{name}:\n{}", block(member, depth + 1))
                }
            })
            .collect(),
        Value::Array(items) if !items.is_empty() => {
            items.iter().map(|item| format!("{indent}- {}", block(item, depth + 1).trim_start_matches(' '))).collect()
        }
        leaf => format!("{indent}{}\n", scalar(leaf)),
    }
}

fn is_leaf(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    }
}

fn scalar(value: &Value) -> String {
    let Value::String(text) = value else { return value.to_string() };
    let first = text.chars().next().is_some_and(|letter| letter.is_ascii_alphabetic());
    let plain = |letter: char| letter.is_ascii_alphanumeric() || " ./_-".contains(letter);
    let word = matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n");
    if first && !word && !text.ends_with(' ') && text.chars().all(plain) { text.clone() } else { quoted(value) }
}

/// A text as JSON has it, without the characters that may not stand in a stream of YAML or end a line of it.
/// <https://yaml.org/spec/1.2.2/#51-character-set>
fn quoted(text: &Value) -> String {
    let bare = |letter: char| !letter.is_control() && !"\u{2028}\u{2029}\u{FEFF}\u{FFFE}\u{FFFF}".contains(letter);
    let letter = |letter: char| if bare(letter) { letter.to_string() } else { format!("\\u{:04x}", u32::from(letter)) };
    text.to_string().chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let letters = prop::collection::vec(any::<char>(), 0..6).prop_map(|letters| letters.into_iter().collect::<String>());
        let text = prop_oneof![
            any::<String>(),
            letters,
            "[\u{0}-\u{20}\u{7f}-\u{a0}\u{2027}-\u{202a}\u{feff}\u{fffe}]{1,3}",
            "[a-z ./:#'\"!&*|>%@`{}\\[\\],?-]{0,12}",
            "(true|No|null|~|0x1f|1e3|1_0|<<|=|\\.inf)"
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            text.clone().prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((text.clone(), inner), 0..4)
                    .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_document_is_read_as_it_was_written(value in any_json()) {
            let text = block(&value, 0);
            let read: Value = serde_saphyr::from_str(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
            prop_assert_eq!(read, value, "{}", text);
        }
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let value = json!({ "title": "a: b # c", "yes": "no", "list": [{ "a": 1, "b": { "c": "${X}\n  y" } }, "plain words", []], "none": null, "empty": {} });
        let text = block(&value, 0);
        let read: Value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(read, value, "{text}");
    }

    #[test]
    fn parameters_are_those_that_were_given_and_hidden_ones_get_a_word() {
        use nightproof_drill::capture::StackParameter;
        let mut evidence = Evidence {
            template: "Parameters:\n  A: {Type: String, Default: a}\n  B: {Type: Number, Default: 3}\n  C: {Type: String}\n  D: {Type: String, NoEcho: true}\n  E: {Type: String, NoEcho: true, Default: e}\n  F: {Type: String}\nResources: {Q: {Type: 'AWS::SQS::Queue'}}\n".to_owned(),
            ..Evidence::default()
        };
        evidence.stack.parameters = [("A", "other"), ("B", "3"), ("C", ""), ("D", "****"), ("E", "****"), ("F", "f")]
            .map(|(name, value)| StackParameter { name: name.to_owned(), value: value.to_owned(), ..StackParameter::default() })
            .to_vec();
        assert_eq!(parameters(&evidence), json!({ "A": "other", "C": "", "D": REMOVED, "F": "f" }));
    }
}
