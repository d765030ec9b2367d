//! Expressions: paths, and calls of intrinsic functions.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use serde_json::{Number, Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::failure::Failure;
use super::path::{Path, PathError, Scope};

/// The functions, each with how many arguments it has at least and at most.
const FUNCTIONS: [(&str, usize, usize); 18] = [
    ("States.Array", 0, usize::MAX),
    ("States.ArrayContains", 2, 2),
    ("States.ArrayGetItem", 2, 2),
    ("States.ArrayLength", 1, 1),
    ("States.ArrayPartition", 2, 2),
    ("States.ArrayRange", 3, 3),
    ("States.ArrayUnique", 1, 1),
    ("States.Base64Decode", 1, 1),
    ("States.Base64Encode", 1, 1),
    ("States.Format", 1, usize::MAX),
    ("States.Hash", 2, 2),
    ("States.JsonMerge", 3, 3),
    ("States.JsonToString", 1, 1),
    ("States.MathAdd", 2, 2),
    ("States.MathRandom", 2, 3),
    ("States.StringSplit", 2, 2),
    ("States.StringToJson", 1, 1),
    ("States.UUID", 0, 0),
];
/// Longest text that is encoded, decoded or hashed, in characters.
const LONGEST: usize = 10_000;
/// Most items of a range.
const MOST_ITEMS: i64 = 1000;

/// What stands behind a field whose name ends with `.$`.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
    Path(Path),
    Value(Value),
    Call(&'static str, Vec<Expression>),
}

impl Expression {
    /// A path or a call.
    pub(crate) fn parse(text: &str) -> Result<Self, PathError> {
        if text.starts_with('$') {
            return Path::parse(text).map(Self::Path);
        }
        let (expression, rest) = argument(text.trim())?;
        match expression {
            Self::Call(..) if rest.trim().is_empty() => Ok(expression),
            _ => Err(PathError::Invalid),
        }
    }

    /// Its value; of a path that leads nowhere the failure that `missing` makes.
    pub(crate) fn value(&self, scope: Scope<'_>, missing: &dyn Fn(&str) -> Failure) -> Result<Value, Failure> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::Path(path) => path.select(scope).ok_or_else(|| missing(path.text())),
            Self::Call(name, arguments) => {
                let values = arguments.iter().map(|one| one.value(scope, missing)).collect::<Result<Vec<_>, _>>()?;
                call(name, &values).ok_or_else(|| {
                    let shown: Vec<String> = values.iter().map(Value::to_string).collect();
                    Failure::of_state(
                        "States.IntrinsicFailure",
                        format!("The call {name}({}) has arguments that it cannot use.", shown.join(", ")),
                    )
                })
            }
        }
    }
}

/// The expression that a text begins with, and the rest of the text.
fn argument(text: &str) -> Result<(Expression, &str), PathError> {
    let text = text.trim_start();
    if let Some(inside) = text.strip_prefix('\'') {
        return quoted(inside).map(|(value, rest)| (Expression::Value(value.into()), rest));
    }
    if text.starts_with('$') {
        let end = path_end(text);
        let (path, rest) = text.split_at(end);
        return Ok((Expression::Path(Path::parse(path.trim_end())?), rest));
    }
    if let Some((name, inside)) = text.split_once('(').filter(|(name, _)| name.starts_with("States.")) {
        let &(name, least, most) = FUNCTIONS.iter().find(|(known, ..)| *known == name.trim()).ok_or(PathError::Invalid)?;
        let (mut arguments, mut rest) = (Vec::new(), inside.trim_start());
        while !rest.starts_with(')') {
            let (one, after) = argument(rest)?;
            arguments.push(one);
            rest = after.trim_start();
            match rest.strip_prefix(',') {
                Some(after) => rest = after.trim_start(),
                None if rest.starts_with(')') => {}
                None => return Err(PathError::Invalid),
            }
        }
        if arguments.len() < least || arguments.len() > most {
            return Err(PathError::Invalid);
        }
        return Ok((Expression::Call(name, arguments), rest.get(1..).unwrap_or_default()));
    }
    let end = text.find([',', ')']).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let value: Value = serde_json::from_str(word.trim()).map_err(|_| PathError::Invalid)?;
    match value {
        Value::Number(_) | Value::Bool(_) | Value::Null => Ok((Expression::Value(value), rest)),
        _ => Err(PathError::Invalid),
    }
}

/// Where a path in a list of arguments ends: before a comma or a parenthesis that is not its own.
fn path_end(text: &str) -> usize {
    let (mut depth, mut quote) = (0_usize, None::<char>);
    for (index, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '[' | '(') => depth += 1,
            (None, ']') => depth = depth.saturating_sub(1),
            (None, ')') if depth > 0 => depth -= 1,
            (None, ')' | ',') if depth == 0 => return index,
            _ => {}
        }
    }
    text.len()
}

/// A text up to its closing quotation mark. A backslash makes any character an ordinary one; before others than quotation marks, braces and backslashes it
/// stays.
fn quoted(text: &str) -> Result<(String, &str), PathError> {
    let mut made = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '\'' => return Ok((made, text.get(index + 1..).unwrap_or_default())),
            '\\' => match characters.next() {
                Some((_, '\'')) => made.push('\''),
                // For `States.Format`, and its own business.
                Some((_, other)) => made.extend(['\\', other]),
                None => return Err(PathError::Invalid),
            },
            other => made.push(other),
        }
    }
    Err(PathError::Invalid)
}

/// What a function makes of its arguments; nothing of what it cannot use.
fn call(name: &str, arguments: &[Value]) -> Option<Value> {
    let at = |index: usize| arguments.get(index);
    let text = |index: usize| at(index)?.as_str();
    let short = |index: usize| text(index).filter(|text| text.chars().count() <= LONGEST);
    let list = |index: usize| at(index)?.as_array();
    let whole = |index: usize| integer(at(index)?);
    Some(match name {
        "States.Array" => arguments.to_vec().into(),
        "States.ArrayContains" => list(0)?.contains(at(1)?).into(),
        "States.ArrayGetItem" => list(0)?.get(usize::try_from(whole(1)?).ok()?)?.clone(),
        "States.ArrayLength" => list(0)?.len().into(),
        "States.ArrayPartition" => {
            let size = usize::try_from(whole(1)?).ok().filter(|size| *size > 0)?;
            list(0)?.chunks(size).map(|chunk| Value::from(chunk.to_vec())).collect()
        }
        "States.ArrayRange" => range(whole(0)?, whole(1)?, whole(2)?)?,
        "States.ArrayUnique" => {
            let mut unique: Vec<Value> = Vec::new();
            for item in list(0)? {
                if !unique.contains(item) {
                    unique.push(item.clone());
                }
            }
            unique.into()
        }
        "States.Base64Decode" => String::from_utf8(STANDARD.decode(short(0)?).ok()?).ok()?.into(),
        "States.Base64Encode" => STANDARD.encode(short(0)?).into(),
        "States.Format" => format(text(0)?, arguments.get(1..)?)?.into(),
        "States.Hash" => hash(&as_text(at(0)?), text(1)?)?.into(),
        "States.JsonMerge" if at(2)?.as_bool() == Some(false) => {
            let mut merged = at(0)?.as_object()?.clone();
            merged.extend(at(1)?.as_object()?.clone());
            merged.into()
        }
        "States.JsonToString" => at(0)?.to_string().into(),
        "States.MathAdd" => whole(0)?.checked_add(whole(1)?)?.into(),
        "States.MathRandom" => random(whole(0)?, whole(1)?, at(2))?.into(),
        "States.StringSplit" => {
            let separators: Vec<char> = text(1)?.chars().collect();
            text(0)?.split(separators.as_slice()).filter(|part| !part.is_empty()).collect()
        }
        "States.StringToJson" => serde_json::from_str(text(0)?).ok()?,
        "States.UUID" => uuid::Uuid::new_v4().to_string().into(),
        _ => return None,
    })
}

/// Numbers with a fraction are rounded.
#[expect(clippy::cast_possible_truncation, reason = "a number that does not fit was asked for by nobody who counts")]
fn integer(value: &Value) -> Option<i64> {
    let number = value.as_number()?;
    number.as_i64().or_else(|| number.as_f64().map(|float| float.round() as i64))
}

fn range(first: i64, last: i64, step: i64) -> Option<Value> {
    if step == 0 || last.checked_sub(first)?.checked_div(step)? >= MOST_ITEMS {
        return None;
    }
    let mut items = Vec::new();
    let mut next = first;
    while if step > 0 { next <= last } else { next >= last } {
        items.push(Value::from(next));
        next = next.checked_add(step)?;
    }
    Some(items.into())
}

/// From `low` to below `high`; the same seed gives the same number.
fn random(low: i64, high: i64, seed: Option<&Value>) -> Option<i64> {
    let width = high.checked_sub(low).filter(|width| *width > 0)?;
    let drawn = match seed {
        None => rand::random_range(0..width),
        Some(seed) => {
            let digest = Sha256::digest(integer(seed)?.to_be_bytes());
            let bytes: [u8; 8] = digest.get(..8)?.try_into().ok()?;
            i64::from_be_bytes(bytes).checked_rem_euclid(width)?
        }
    };
    low.checked_add(drawn)
}

fn hash(data: &str, algorithm: &str) -> Option<String> {
    if data.chars().count() > LONGEST {
        return None;
    }
    let hex = |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    Some(match algorithm {
        "MD5" => hex(&Md5::digest(data)),
        "SHA-1" => hex(&Sha1::digest(data)),
        "SHA-256" => hex(&Sha256::digest(data)),
        "SHA-384" => hex(&Sha384::digest(data)),
        "SHA-512" => hex(&Sha512::digest(data)),
        _ => return None,
    })
}

/// A template with each `{}` replaced by the next value; as many as there are values.
fn format(template: &str, values: &[Value]) -> Option<String> {
    let (mut made, mut values) = (String::new(), values.iter());
    let mut characters = template.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next_if(|next| matches!(next, '{' | '}' | '\\')) {
                Some(escaped) => made.push(escaped),
                None => made.push('\\'),
            },
            '{' => {
                characters.next_if_eq(&'}')?;
                made.push_str(&as_text(values.next()?));
            }
            '}' => return None,
            other => made.push(other),
        }
    }
    values.next().is_none().then_some(made)
}

fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => plain(number),
        other => other.to_string(),
    }
}

/// `1.0`, and not in powers of ten.
fn plain(number: &Number) -> String {
    number.as_f64().map_or_else(|| number.to_string(), |float| json!(float).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<Value, Failure> {
        let input = json!({"n": "night", "l": [1, 2, 2, 3], "o": {"a": 1}, "id": "i-1"});
        let scope = Scope { input: &input, context: &json!({}) };
        Expression::parse(text).expect(text).value(scope, &|path| Failure::runtime(path))
    }

    #[test]
    fn functions_compute_what_aws_documents() {
        for (text, expected) in [
            ("States.Format('{} of {}: \\{\\} it\\'s', $.n, $.id)", json!("night of i-1: {} it's")),
            ("States.Array($.id, 'x', 1, null)", json!(["i-1", "x", 1, null])),
            ("States.ArrayContains($.l, 3)", json!(true)),
            ("States.ArrayGetItem($.l, 0)", json!(1)),
            ("States.ArrayLength($.l)", json!(4)),
            ("States.ArrayPartition($.l, 3)", json!([[1, 2, 2], [3]])),
            ("States.ArrayRange(1, 9, 4)", json!([1, 5, 9])),
            ("States.ArrayUnique($.l)", json!([1, 2, 3])),
            ("States.Base64Encode('ab')", json!("YWI=")),
            ("States.Base64Decode('YWI=')", json!("ab")),
            ("States.Hash('input data', 'SHA-1')", json!("aaff4a450a104cd177d28d18d74485e8cae074b7")),
            ("States.JsonMerge($.o, States.StringToJson('{\"b\":2}'), false)", json!({"a": 1, "b": 2})),
            ("States.JsonToString($.o)", json!("{\"a\":1}")),
            ("States.MathAdd(States.ArrayLength($.l), -1)", json!(3)),
            ("States.StringSplit('1,2+3', ',+')", json!(["1", "2", "3"])),
            ("States.StringToJson('[1]')", json!([1])),
        ] {
            assert_eq!(value(text), Ok(expected), "{text}");
        }
        let random = value("States.MathRandom(1, 10, 7)").unwrap();
        assert_eq!(random, value("States.MathRandom(1, 10, 7)").unwrap());
        assert!((1..10).contains(&random.as_i64().unwrap()));
        assert_eq!(value("States.UUID()").unwrap().as_str().unwrap().len(), 36);
    }

    #[test]
    fn arguments_that_a_function_cannot_use_fail_the_state() {
        for bad in [
            "States.Format('{}')",
            "States.Format('x', 1)",
            "States.ArrayGetItem($.l, 9)",
            "States.StringToJson('{')",
            "States.ArrayRange(1, 9999, 1)",
            "States.JsonMerge($.o, $.o, true)",
            "States.Hash('x', 'SHA-3')",
        ] {
            assert_eq!(value(bad).unwrap_err().error, "States.IntrinsicFailure", "{bad}");
        }
        assert_eq!(value("States.Format('{}', $.none)").unwrap_err().cause, "$.none");
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for bad in [
            "States.Unknown()",
            "States.UUID(1)",
            "States.Format(",
            "States.Format('a' 'b')",
            "text",
            "'text'",
            "1",
            "States.Format('a'",
        ] {
            assert!(Expression::parse(bad).is_err(), "{bad}");
        }
    }
}
