//! Documents in YAML, as the JSON that they stand for.

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use saphyr_parser::{Event, Parser};
use serde_json::{Map, Value, json};

/// Deepest nesting, far beyond what a document has.
const DEEPEST: usize = 64;

/// The first document of a text, or why there is none.
pub(super) fn read(text: &str) -> Result<Value, String> {
    check_depth(text)?;
    let documents = Yaml::load_from_str(text).map_err(|error| error.to_string())?;
    documents.first().and_then(json_of).ok_or_else(|| "it is no YAML that has a JSON form".to_owned())
}

/// Refuses nesting that would exhaust the stack of the loader, which recurses, before it sees the text. Aliases are bounded by the loader.
fn check_depth(text: &str) -> Result<(), String> {
    let mut depth = 0_usize;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| error.to_string())?;
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(format!("line {}: nesting is deeper than {DEEPEST} levels", span.start.line().max(1)));
                }
            }
            Event::SequenceEnd | Event::MappingEnd => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

fn json_of(yaml: &Yaml<'_>) -> Option<Value> {
    Some(match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => json!(value),
        Yaml::Sequence(items) => Value::Array(items.iter().map(json_of).collect::<Option<_>>()?),
        Yaml::Mapping(pairs) => {
            let mut map = Map::new();
            for (key, value) in pairs {
                map.insert(key.as_str()?.to_owned(), json_of(value)?);
            }
            Value::Object(map)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_the_core_schema() {
        let read = read("a: [1, true, null, x]\nb: {c: '1'}\n").unwrap();
        assert_eq!(read, json!({"a": [1, true, null, "x"], "b": {"c": "1"}}));
    }

    #[test]
    fn bombs_are_refused_before_they_grow() {
        let aliases: String = (1..30).map(|n| format!("l{n}: &l{n} [*l{}, *l{}]\n", n - 1, n - 1)).collect();
        assert!(read(&format!("l0: &l0 [ha]\n{aliases}")).unwrap_err().contains("alias expansion"));
        assert_eq!(read("a: &a [1]\nb: *a\n").unwrap(), json!({"a": [1], "b": [1]}));
        assert_eq!(read(&"- ".repeat(30_000)).unwrap_err(), "line 1: nesting is deeper than 64 levels");
        // The parser's own bound comes first here.
        for deep in ["[".repeat(60_000), "{a: ".repeat(15_000)] {
            assert!(read(&deep).unwrap_err().contains("recursion limit"), "{}", read(&deep).unwrap_err());
        }
    }
}
