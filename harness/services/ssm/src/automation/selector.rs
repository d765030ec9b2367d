//! Selectors: the part of an answer that a step keeps, `$.Reservations[0].Instances[*].InstanceId`.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-executeawsapi.html>

use serde::Deserialize;
use serde_json::Value;

/// A path into a document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Selector(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Member(String),
    Item(usize),
    /// `[*]`: all items.
    Items,
}

impl TryFrom<String> for Selector {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let invalid = || format!("the selector {text} is not supported");
        let mut rest = text.trim().strip_prefix('$').unwrap_or(text.trim());
        let mut parts = Vec::new();
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let (index, after) = inside.split_once(']').ok_or_else(invalid)?;
                let quoted = index.strip_prefix('\'').and_then(|name| name.strip_suffix('\''));
                parts.push(match (index, quoted) {
                    (_, Some(name)) => Part::Member(name.to_owned()),
                    ("*", _) => Part::Items,
                    (index, _) => Part::Item(index.parse().map_err(|_| invalid())?),
                });
                rest = after;
                continue;
            }
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            if name.is_empty() || name == "*" {
                return Err(invalid());
            }
            parts.push(Part::Member(name.to_owned()));
            rest = after;
        }
        Ok(Self(parts))
    }
}

impl Selector {
    /// What it selects; nothing if the document has no such part. Below `[*]` a list, flat.
    pub(crate) fn select(&self, document: &Value) -> Option<Value> {
        select(&self.0, document)
    }
}

fn select(parts: &[Part], document: &Value) -> Option<Value> {
    let Some((part, rest)) = parts.split_first() else { return Some(document.clone()) };
    match part {
        Part::Member(name) => select(rest, document.get(name)?),
        Part::Item(index) => select(rest, document.get(*index)?),
        Part::Items => {
            let mut found = Vec::new();
            for one in document.as_array()?.iter().filter_map(|item| select(rest, item)) {
                match one {
                    Value::Array(items) if rest.contains(&Part::Items) => found.extend(items),
                    one => found.push(one),
                }
            }
            Some(found.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_selector_walks_members_and_items() {
        let document = json!({"R": [{"I": [{"Id": "a"}, {"Id": "b"}]}, {"I": [{"Id": "c"}]}], "a-b": {"c.d": 1}});
        let select = |path: &str| Selector::try_from(path.to_owned()).unwrap().select(&document);
        assert_eq!(select("$.R[0].I[1].Id"), Some(json!("b")));
        assert_eq!(select("$.R[*].I[*].Id"), Some(json!(["a", "b", "c"])));
        assert_eq!(select("R[1].I[0]"), Some(json!({"Id": "c"})));
        assert_eq!(select("$.a-b['c.d']"), Some(json!(1)));
        assert_eq!(select("$"), Some(document.clone()));
        assert_eq!(select("$.R[7].I"), None);
        assert_eq!(select("$.None"), None);
    }

    #[test]
    fn what_cannot_be_walked_is_refused() {
        for bad in ["$..Id", "$.R[?(@.Id=='a')]", "$.R[0", "$.*", "$.R."] {
            Selector::try_from(bad.to_owned()).expect_err(bad);
        }
    }
}
