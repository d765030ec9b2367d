//! Paths: the part of a document that a field names. Definite ones are walked here, all others are queries of `JSONPath`.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html>

use serde_json::{Map, Value};
use serde_json_path::JsonPath;

use super::failure::Failure;

/// What paths are about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) input: &'a Value,
    /// The context object. <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html>
    pub(crate) context: &'a Value,
}

/// A step of a definite path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Member(String),
    /// From the end if it is negative.
    Item(i64),
}

#[derive(Debug, Clone)]
enum Query {
    Definite(Vec<Step>),
    General(Box<JsonPath>),
}

/// A path into the input, or, with `$$`, into the context object.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    text: String,
    of_context: bool,
    query: Query,
}

/// Why a text is no path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PathError {
    Invalid,
    /// It may well be one on AWS.
    Lacking,
}

impl Path {
    pub(crate) fn parse(text: &str) -> Result<Self, PathError> {
        let (of_context, rest) = match text.strip_prefix("$$") {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('$').ok_or(PathError::Invalid)?),
        };
        let query = match steps(rest) {
            Some(steps) => Query::Definite(steps),
            None if rest.matches('[').count() != rest.matches(']').count() || rest.ends_with('.') => {
                return Err(PathError::Invalid);
            }
            // Variables have names behind the dollar.
            None if rest.starts_with(|first: char| first.is_alphanumeric() || first == '_') => return Err(PathError::Lacking),
            None => match JsonPath::parse(&format!("${rest}")) {
                Ok(path) => Query::General(Box::new(path)),
                Err(_) => return Err(PathError::Lacking),
            },
        };
        Ok(Self { text: text.to_owned(), of_context, query })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The steps of a reference path: one that names a single place in the input.
    pub(crate) fn reference(&self) -> Option<&[Step]> {
        match &self.query {
            Query::Definite(steps) if !self.of_context => Some(steps),
            _ => None,
        }
    }

    /// The part that it names; `None` if a definite path leads nowhere. Any other names a list, which may be empty.
    pub(crate) fn select(&self, scope: Scope<'_>) -> Option<Value> {
        let document = if self.of_context { scope.context } else { scope.input };
        match &self.query {
            Query::Definite(steps) => steps.iter().try_fold(document, walk).cloned(),
            Query::General(path) => Some(path.query(document).into_iter().cloned().collect()),
        }
    }

    /// The same, for a path that has to lead somewhere.
    pub(crate) fn require(&self, scope: Scope<'_>) -> Result<Value, Failure> {
        self.select(scope).ok_or_else(|| {
            let normal = self.reference().map_or_else(|| self.text.clone(), normal);
            Failure::runtime(format!("Invalid path '{}' : No results for path: {normal}", self.text))
        })
    }
}

/// A path as AWS's messages have it: `$['a'][0]`.
fn normal(steps: &[Step]) -> String {
    let steps = steps.iter().map(|step| match step {
        Step::Member(name) => format!("['{name}']"),
        Step::Item(index) => format!("[{index}]"),
    });
    std::iter::once("$".to_owned()).chain(steps).collect()
}

fn walk<'a>(value: &'a Value, step: &Step) -> Option<&'a Value> {
    match step {
        Step::Member(name) => value.get(name),
        Step::Item(index) => {
            let items = value.as_array()?;
            let from_end = || items.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?);
            items.get(if *index < 0 { from_end()? } else { usize::try_from(*index).ok()? })
        }
    }
}

/// The steps of a definite path; `None` of any other.
fn steps(mut rest: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let quote = inside.chars().next().filter(|first| matches!(first, '\'' | '"'));
            let (step, after) = match quote {
                Some(quote) => {
                    let (name, after) = inside.get(1..)?.split_once(quote)?;
                    (Step::Member(name.to_owned()), after.strip_prefix(']')?)
                }
                None => {
                    let (index, after) = inside.split_once(']')?;
                    (Step::Item(index.parse().ok()?), after)
                }
            };
            steps.push(step);
            rest = after;
            continue;
        }
        rest = rest.strip_prefix('.')?;
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() || name.contains(['*', '?', '(', ')', ':', ',', '@', ' ']) {
            return None;
        }
        steps.push(Step::Member(name.to_owned()));
        rest = after;
    }
    Some(steps)
}

/// Puts `result` where the steps lead in `document`, and makes objects on the way there.
///
/// # Errors
/// `States.ResultPathMatchFailure` where something stands in the way.
pub(crate) fn put(document: Value, steps: &[Step], result: Value) -> Result<Value, Failure> {
    let Some((step, rest)) = steps.split_first() else { return Ok(result) };
    let unmatched = || {
        let path = normal(steps);
        Failure::of_state("States.ResultPathMatchFailure", format!("Unable to apply ResultPath '{path}' to the input."))
    };
    match (step, document) {
        (Step::Member(name), Value::Object(mut members)) => {
            let inner = members.get(name).cloned().unwrap_or_else(|| Value::Object(Map::new()));
            members.insert(name.clone(), put(inner, rest, result)?);
            Ok(members.into())
        }
        (Step::Item(index), Value::Array(mut items)) => {
            let place = usize::try_from(*index).ok().and_then(|index| items.get_mut(index)).ok_or_else(unmatched)?;
            *place = put(std::mem::take(place), rest, result)?;
            Ok(items.into())
        }
        (_, _) => Err(unmatched()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn select(path: &str) -> Option<Value> {
        let input = json!({"a": {"b-c": [1, {"d": "e"}, 3]}, "l": [{"n": 1, "k": true}, {"n": 2}]});
        let context = json!({"Execution": {"Id": "x"}});
        Path::parse(path).unwrap().select(Scope { input: &input, context: &context })
    }

    #[test]
    fn a_definite_path_names_one_part_or_none() {
        assert_eq!(select("$.a.b-c[0]"), Some(json!(1)));
        assert_eq!(select("$['a'][\"b-c\"][1].d"), Some(json!("e")));
        assert_eq!(select("$.a.b-c[-1]"), Some(json!(3)));
        assert_eq!(select("$$.Execution.Id"), Some(json!("x")));
        assert_eq!((select("$.a.x"), select("$.a.b-c[7]"), select("$.a.b-c[-7]")), (None, None, None));
    }

    #[test]
    fn any_other_path_names_a_list() {
        assert_eq!(select("$.l[*].n"), Some(json!([1, 2])));
        assert_eq!(select("$.l[?(@.n > 1)]"), Some(json!([{"n": 2}])));
        assert_eq!(select("$..d"), Some(json!(["e"])));
        assert_eq!(select("$.l[0:1].k"), Some(json!([true])));
        assert_eq!(select("$.l[?(@.n == 9)]"), Some(json!([])));
    }

    #[test]
    fn what_is_no_path_is_told_from_what_is_lacking() {
        for bad in ["a", "", "$.a[", "$.a."] {
            assert_eq!(Path::parse(bad).unwrap_err(), PathError::Invalid, "{bad}");
        }
        for ours in ["$variable.a", "$.a.length()"] {
            assert_eq!(Path::parse(ours).unwrap_err(), PathError::Lacking, "{ours}");
        }
    }

    #[test]
    fn a_result_is_put_where_its_path_leads() {
        let steps = |path: &str| Path::parse(path).unwrap().reference().unwrap().to_vec();
        let put = |document: Value, path: &str| put(document, &steps(path), json!("r"));
        assert_eq!(put(json!({"a": 1}), "$"), Ok(json!("r")));
        assert_eq!(put(json!({"a": 1}), "$.b.c"), Ok(json!({"a": 1, "b": {"c": "r"}})));
        assert_eq!(put(json!({"a": [1, 2]}), "$.a[1]"), Ok(json!({"a": [1, "r"]})));
        assert_eq!(put(json!({"a": 1}), "$.a.b").unwrap_err().error, "States.ResultPathMatchFailure");
        assert_eq!(put(json!({"a": [1]}), "$.a[1]").unwrap_err().error, "States.ResultPathMatchFailure");
    }
}
