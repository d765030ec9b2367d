//! The cases of AWS's protocols that botocore tests itself by: requests are read as what they were made of, and answers are written as the
//! cases have them. `cargo xtask protocols` fetches the cases and runs this; `tests/cases/exceptions.txt` lists those that are another's.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::model::{Kind, Member, ServiceModel};
use crate::protocol::Protocol;
use crate::xml::Element;
use crate::{AwsError, cbor, timestamp, xml};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    kind: String,
    file: String,
    id: String,
    operation: String,
    model: Value,
    #[serde(default)]
    params: Value,
    serialized: Option<Serialized>,
    #[serde(default)]
    result: Value,
    error_code: Option<String>,
    #[serde(default)]
    error_message: String,
    response: Option<Answer>,
}

#[derive(Deserialize)]
struct Serialized {
    method: String,
    uri: String,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Answer {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    #[serde(default)]
    body: String,
}

/// `KIND FILE ID: reason` a line.
fn exceptions() -> BTreeMap<String, String> {
    let lines = include_str!("../tests/cases/exceptions.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(": ").unwrap()).map(|(case, reason)| (case.to_owned(), reason.to_owned())).collect()
}

#[test]
#[ignore = "`cargo xtask protocols` fetches the cases"]
fn every_case_of_botocore_s_is_passed_or_listed() {
    let text = std::fs::read_to_string(std::env::var("NIGHTPROOF_PROTOCOL_CASES").unwrap()).unwrap();
    let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
    let exceptions = exceptions();
    let (mut wrong, mut passed) = (Vec::new(), Vec::new());
    for case in &cases {
        let name = format!("{} {} {}", case.kind, case.file, case.id);
        match (run(case), exceptions.get(&name)) {
            (Ok(()), None) => passed.push(name),
            (Ok(()), Some(_)) => wrong.push(format!("{name}: passes, and is listed as an exception")),
            (Err(_), Some(_)) => {}
            (Err(error), None) => wrong.push(format!("{name}: {error}")),
        }
    }
    let unknown =
        exceptions.keys().filter(|name| !cases.iter().any(|case| **name == format!("{} {} {}", case.kind, case.file, case.id)));
    wrong.extend(unknown.map(|name| format!("{name}: there is no such case")));
    assert!(wrong.is_empty(), "{} of {} wrong, {} exceptions:\n{}", wrong.len(), cases.len(), exceptions.len(), wrong.join("\n"));
    assert_eq!(passed.len() + exceptions.len(), cases.len());
}

fn run(case: &Case) -> Result<(), String> {
    let model = ServiceModel::parse("cases", &case.model.to_string()).map_err(|error| error.to_string())?;
    match (&case.serialized, &case.response, &case.error_code) {
        (Some(sent), ..) => request(&model, case, sent),
        (_, Some(answer), Some(code)) => error(&model, case, answer, code),
        (_, Some(wanted), None) => answer(&model, case, wanted),
        _ => Err("neither a request nor an answer".to_owned()),
    }
}

fn is_cbor(model: &ServiceModel) -> bool {
    model.codec().protocol() == Protocol::Cbor
}

fn bytes(model: &ServiceModel, body: &str) -> Vec<u8> {
    if is_cbor(model) { STANDARD.decode(body).unwrap() } else { body.as_bytes().to_vec() }
}

fn request(model: &ServiceModel, case: &Case, sent: &Serialized) -> Result<(), String> {
    let host = sent.host.as_deref().unwrap_or("example.com");
    let uri = sent.uri.replace(' ', "%20");
    let head = http::Request::builder().method(sent.method.as_str()).uri(uri).header("host", host);
    let head = sent.headers.iter().fold(head, |head, (name, value)| head.header(name, value));
    let parts = head.body(()).map_err(|error| error.to_string())?.into_parts().0;
    let (codec, body) = (model.codec_for(&parts), bytes(model, &sent.body));
    let operation = codec.route(&parts, &body).map_err(|error| format!("not routed: {error}"))?;
    if operation.name() != case.operation {
        return Err(format!("routed to {}", operation.name()));
    }
    let read = codec.decode(operation, &parts, &body).map_err(|error| format!("not read: {error}"))?;
    let wanted = document(model, operation.input, &case.params);
    if same(&read, &wanted) { Ok(()) } else { Err(format!("read as {read}, not {wanted}")) }
}

fn answer(model: &ServiceModel, case: &Case, wanted: &Answer) -> Result<(), String> {
    let operation = model.operation(&case.operation).ok_or("no operation")?;
    let output = document(model, operation.output, &case.result);
    let (parts, body) = model.codec().encode(operation, &output, "id").into_parts();
    if parts.status != wanted.status_code {
        return Err(format!("status {}, not {}", parts.status, wanted.status_code));
    }
    for (name, value) in &wanted.headers {
        let (found, value) =
            (parts.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()), value.as_str());
        let kind = name.eq_ignore_ascii_case("content-type");
        let list = |text: &str| text.split(',').map(|item| item.trim().to_owned()).collect::<Vec<_>>();
        let alike = match (found.as_deref(), value) {
            (Some(found), Some(value)) => same_time(found, value) || list(found) == list(value),
            _ => false,
        };
        if !kind && !alike {
            return Err(format!("header {name} is {found:?}, not {value:?}"));
        }
    }
    let wanted = bytes(model, &wanted.body);
    let alike = match model.codec().protocol() {
        _ if body == wanted => true,
        Protocol::Json | Protocol::RestJson => {
            let read = |body: &[u8]| serde_json::from_slice::<Value>(if body.is_empty() { b"{}" } else { body }).ok();
            matches!((read(&body), read(&wanted)), (Some(a), Some(b)) if same(&a, &b))
        }
        Protocol::Cbor => same(&Value::Object(cbor::read_error(&body)), &Value::Object(cbor::read_error(&wanted))),
        Protocol::Query | Protocol::Ec2Query | Protocol::RestXml => match (xml::parse(&body), xml::parse(&wanted)) {
            (Some(a), Some(b)) => alike(&a, &b),
            _ => false,
        },
    };
    let text = |body: &[u8]| String::from_utf8_lossy(body).into_owned();
    if alike { Ok(()) } else { Err(format!("written as {}, not {}", text(&body), text(&wanted))) }
}

/// An error of ours, and the case's, are read as the same one.
fn error(model: &ServiceModel, case: &Case, answer: &Answer, code: &str) -> Result<(), String> {
    let operation = model.operation(&case.operation).ok_or("no operation")?;
    let error = AwsError::new(code, answer.status_code, case.error_message.clone());
    let (head, body) = model.codec().encode_error(&error, "id").into_parts();
    let read = model.codec().decode_answer(operation, &head, &body).err().ok_or("no error")?;
    // Services that spoke Query before tell their codes of then in a header.
    let before = head.headers.get("x-amzn-query-error").and_then(|value| value.to_str().ok()?.split(';').next());
    if (before.unwrap_or(&read.code), read.status, read.message.as_str())
        != (code, answer.status_code, case.error_message.as_str())
    {
        return Err(format!("ours is read as {read:?}"));
    }
    let head = http::Response::builder().status(answer.status_code);
    let head = answer.headers.iter().fold(head, |head, (name, value)| head.header(name, value.as_str().unwrap_or_default()));
    let (head, ()) = head.body(()).map_err(|error| error.to_string())?.into_parts();
    let read = model.codec().decode_answer(operation, &head, &bytes(model, &answer.body)).err().ok_or("no error")?;
    let said = case.error_message.is_empty() || read.message == case.error_message;
    let before = head.headers.get("x-amzn-query-error").and_then(|value| value.to_str().ok()?.split(';').next());
    if before.unwrap_or(&read.code) == code && said { Ok(()) } else { Err(format!("theirs is read as {read:?}")) }
}

/// A case's parameters as a document: botocore has timestamps as seconds, and blobs as their text.
fn document(model: &ServiceModel, shape: Option<usize>, value: &Value) -> Value {
    match shape {
        Some(shape) => convert(model, model.shape(shape).kind, shape, value),
        None => Value::Object(Map::new()),
    }
}

fn convert(model: &ServiceModel, kind: Kind, index: usize, value: &Value) -> Value {
    let shape = model.shape(index);
    let inner = |member: &Member, value: &Value| convert(model, model.shape(member.shape).kind, member.shape, value);
    match (kind, value) {
        (Kind::Structure, Value::Object(members)) => {
            let members = members.iter().filter(|(_, value)| !value.is_null());
            let known = members.filter_map(|(name, value)| Some((name.clone(), inner(shape.member(name)?, value))));
            Value::Object(known.collect())
        }
        (Kind::List, Value::Array(items)) => {
            let item = shape.item.as_ref().unwrap();
            items.iter().filter(|value| !value.is_null()).map(|value| inner(item, value)).collect()
        }
        (Kind::Map, Value::Object(entries)) => {
            let item = shape.value.as_ref().unwrap();
            let entries = entries.iter().filter(|(_, value)| !value.is_null());
            Value::Object(entries.map(|(key, value)| (key.clone(), inner(item, value))).collect())
        }
        (Kind::Timestamp, Value::Number(seconds)) => {
            timestamp::document(timestamp::from_seconds(seconds.as_f64().unwrap()).unwrap())
        }
        (Kind::Blob, Value::String(text)) => STANDARD.encode(text).into(),
        _ => value.clone(),
    }
}

/// Whether two texts are the same moment, in whatever form and zone.
fn same_time(a: &str, b: &str) -> bool {
    let read = |text: &str| timestamp::read(text).filter(|_| text.trim().len() > 18);
    read(a).is_some_and(|a| Some(a) == read(b))
}

/// Whether two documents are the same, whatever the order of members and however numbers are spelled.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let told = |members: &Map<String, Value>| members.values().filter(|value| !value.is_null()).count();
            told(a) == told(b) && a.iter().all(|(name, a)| a.is_null() || b.get(name).is_some_and(|b| same(a, b)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::String(a), Value::String(b)) => a == b || same_time(a, b),
        _ => a == b,
    }
}

/// Whether two elements hold the same, whatever the order of children of different names. Ids of requests are each answer's own.
fn alike(a: &Element, b: &Element) -> bool {
    let told = |element: &Element| {
        let mut children: Vec<usize> = (0..element.children.len()).collect();
        children
            .retain(|index| !matches!(element.children[*index].name.as_str(), "RequestId" | "requestId" | "ResponseMetadata"));
        children.sort_by_key(|index| element.children[*index].name.clone());
        children
    };
    let (left, right) = (told(a), told(b));
    let scalar = left.is_empty() && right.is_empty();
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let text = a.text.trim() == b.text.trim()
        || same_time(&a.text, &b.text)
        || number(&a.text).is_some_and(|found| Some(found) == number(&b.text));
    let attributes = |element: &Element| {
        let mut found: Vec<_> = element.attributes.iter().filter(|(name, _)| !name.starts_with("xmlns")).cloned().collect();
        found.sort();
        found
    };
    a.name == b.name
        && left.len() == right.len()
        && (!scalar || text)
        && attributes(a) == attributes(b)
        && left.iter().zip(&right).all(|(left, right)| alike(&a.children[*left], &b.children[*right]))
}

#[test]
fn cases_are_compared_by_meaning() {
    let read = |text: &str| xml::parse(text.as_bytes()).unwrap();
    assert!(alike(&read("<a><b>1</b><c/></a>"), &read("<a> <c></c> <b>1.0</b> </a>")));
    assert!(!alike(&read("<a><b>1</b><b>2</b></a>"), &read("<a><b>2</b><b>1</b></a>")));
    assert!(same(&serde_json::json!({"a": 1, "b": [1.0]}), &serde_json::json!({"b": [1], "a": 1.0})));
}
