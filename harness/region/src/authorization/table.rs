//! The tables: operation -> actions, resources, condition keys.
//!
//! A line is `Operations action resource [?Member | !Member | key=Member | key='text']…`:
//! - operations are separated by commas; an action of `=` is the operation under the service's prefix;
//! - a resource is `*`, a full ARN pattern (`arn:…`), the rest of an ARN of the service (`vpc/{VpcId}`), or `@kind`, which the service resolves.
//!   `{A.B}` stands for the value of a member, once for each element of a list; one that is absent reads as `*`, and one that is itself an
//!   ARN is the whole resource;
//! - the need exists only if `?Member` is in the request, or `!Member` is not;
//! - `key=Member` gives the request's value to a condition key, `key='text'` a fixed one.
//!
//! Source: the service authorization reference, <https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html>.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::Value;

use crate::service::Call;
use crate::services::document::Members as _;

/// One thing that must be allowed for a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// `s3:PutObject`
    pub action: String,
    /// ARN of the resource, or `*`.
    pub resource: String,
    /// Condition keys of this action, beside the global ones.
    pub keys: Vec<(String, Vec<String>)>,
}

/// A line of a table.
#[derive(Debug)]
pub(super) struct Row {
    action: String,
    resource: Pattern,
    only_with: Vec<&'static str>,
    only_without: Vec<&'static str>,
    keys: Vec<(&'static str, Source)>,
}

#[derive(Debug)]
enum Pattern {
    Any,
    /// `@kind`
    Kind(&'static str),
    /// A template of an ARN.
    Arn(String),
}

#[derive(Debug)]
enum Source {
    Member(&'static str),
    Text(&'static str),
}

type Table = HashMap<&'static str, Vec<Row>>;

/// The text of each table; parsed when its service is first called.
static TABLES: [(&str, &str, OnceLock<Table>); 17] = [
    ("cloudformation", include_str!("tables/cloudformation.txt"), OnceLock::new()),
    ("cloudtrail", include_str!("tables/cloudtrail.txt"), OnceLock::new()),
    ("ec2", include_str!("tables/ec2.txt"), OnceLock::new()),
    ("ec2messages", include_str!("tables/ec2messages.txt"), OnceLock::new()),
    ("events", include_str!("tables/events.txt"), OnceLock::new()),
    ("iam", include_str!("tables/iam.txt"), OnceLock::new()),
    ("kms", include_str!("tables/kms.txt"), OnceLock::new()),
    ("lambda", include_str!("tables/lambda.txt"), OnceLock::new()),
    ("logs", include_str!("tables/logs.txt"), OnceLock::new()),
    ("monitoring", include_str!("tables/monitoring.txt"), OnceLock::new()),
    ("s3", include_str!("tables/s3.txt"), OnceLock::new()),
    ("servicequotas", include_str!("tables/servicequotas.txt"), OnceLock::new()),
    ("sqs", include_str!("tables/sqs.txt"), OnceLock::new()),
    ("ssm", include_str!("tables/ssm.txt"), OnceLock::new()),
    ("ssmmessages", include_str!("tables/ssmmessages.txt"), OnceLock::new()),
    ("sts", include_str!("tables/sts.txt"), OnceLock::new()),
    ("tagging", include_str!("tables/tagging.txt"), OnceLock::new()),
];

/// Every operation that the region implements, with its service: an operation without a line here is not implemented.
pub fn operations() -> impl Iterator<Item = (&'static str, &'static str)> {
    let tables = TABLES.iter().map(|(service, text, parsed)| (*service, table(service, text, parsed)));
    tables.flat_map(|(service, table)| table.keys().map(move |operation| (service, *operation)))
}

/// The lines of an operation; none means that nobody may call it.
pub(super) fn rows(service: &str, operation: &str) -> Option<&'static [Row]> {
    let (service, text, parsed) = TABLES.iter().find(|(name, ..)| *name == service)?;
    table(service, text, parsed).get(operation).map(Vec::as_slice)
}

fn table(service: &str, text: &'static str, parsed: &'static OnceLock<Table>) -> &'static Table {
    // A test reads every table, so that none is left out here for a fault in it.
    parsed.get_or_init(|| parse(service, text).unwrap_or_default())
}

fn parse(service: &str, text: &'static str) -> Result<Table, String> {
    let mut table = Table::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let Some(operations) = words.next() else { continue };
        let (Some(action), Some(resource)) = (words.next(), words.next()) else {
            return Err(format!("{service}, line {}: an action and a resource are missing", number + 1));
        };
        let rest: Vec<&'static str> = words.collect();
        for operation in operations.split(',') {
            let row = row(service, operation, action, resource, &rest)
                .ok_or_else(|| format!("{service}, line {}: not understood", number + 1))?;
            // An operation that needs nothing is listed with the action `-`.
            let rows = table.entry(operation).or_default();
            rows.extend((action != "-").then_some(row));
        }
    }
    Ok(table)
}

fn row(service: &str, operation: &str, action: &str, resource: &'static str, rest: &[&'static str]) -> Option<Row> {
    let action = if action == "=" { format!("{service}:{operation}") } else { action.to_owned() };
    let resource = match resource.strip_prefix('@') {
        Some(kind) => Pattern::Kind(kind),
        None if resource == "*" => Pattern::Any,
        None if resource.starts_with("arn:") => Pattern::Arn(resource.to_owned()),
        None => Pattern::Arn(match service {
            "s3" => format!("arn:aws:s3:::{resource}"),
            "iam" | "sts" => format!("arn:aws:iam::$account:{resource}"),
            _ => format!("arn:aws:{service}:$region:$account:{resource}"),
        }),
    };
    let mut row = Row { action, resource, only_with: Vec::new(), only_without: Vec::new(), keys: Vec::new() };
    for word in rest {
        if let Some(member) = word.strip_prefix('?') {
            row.only_with.push(member);
        } else if let Some(member) = word.strip_prefix('!') {
            row.only_without.push(member);
        } else {
            let (key, source) = word.split_once('=')?;
            let text = source.strip_prefix('\'').and_then(|source| source.strip_suffix('\''));
            row.keys.push((key, text.map_or(Source::Member(source), Source::Text)));
        }
    }
    Some(row)
}

impl Row {
    /// Whether the request asks for this at all.
    pub(super) fn applies(&self, input: &Value) -> bool {
        let there = |member: &&str| !values(input, member).is_empty();
        self.only_with.iter().all(there) && !self.only_without.iter().any(there)
    }

    /// The kind that the service itself must resolve.
    pub(super) fn kind(&self) -> Option<&'static str> {
        match self.resource {
            Pattern::Kind(kind) => Some(kind),
            Pattern::Any | Pattern::Arn(_) => None,
        }
    }

    /// What this line asks for; `resolved` are the resources of its kind.
    pub(super) fn needs(&self, call: &Call, input: &Value, resolved: Vec<String>) -> Vec<Need> {
        let resources = match &self.resource {
            Pattern::Any => vec!["*".to_owned()],
            Pattern::Kind(_) => resolved,
            Pattern::Arn(template) => expand(template, call, input),
        };
        let keys: Vec<(String, Vec<String>)> = self
            .keys
            .iter()
            .map(|(key, source)| match source {
                Source::Text(text) => ((*key).to_owned(), vec![(*text).to_owned()]),
                Source::Member(member) => ((*key).to_owned(), values(input, member)),
            })
            .filter(|(_, values)| !values.is_empty())
            .collect();
        resources.into_iter().map(|resource| Need { action: self.action.clone(), resource, keys: keys.clone() }).collect()
    }
}

/// The values of a member, by its path: of each element, where it is a list.
fn values(input: &Value, path: &str) -> Vec<String> {
    let mut found: Vec<&Value> = vec![input];
    for name in path.split('.') {
        found = found.into_iter().filter_map(|value| value.get(name)).flat_map(elements).collect();
    }
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Object(_) => Some(String::new()),
        Value::Array(_) | Value::Null => None,
    };
    found.into_iter().filter_map(text).collect()
}

fn elements(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(_) => value.as_array().map(|items| items.iter().collect()).unwrap_or_default(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// The ARNs of a template.
fn expand(template: &str, call: &Call, input: &Value) -> Vec<String> {
    let mut made = vec![template.replace("$region", call.region.name()).replace("$account", call.account())];
    while let Some((start, end)) = made.first().and_then(|arn| Some((arn.find('{')?, arn.find('}')?))) {
        let Some(path) = made.first().and_then(|arn| arn.get(start + 1..end)).map(str::to_owned) else { break };
        let mut given = values(input, &path);
        if given.is_empty() {
            given.push("*".to_owned());
        }
        let hole = format!("{{{path}}}");
        made = made
            .iter()
            .flat_map(|arn| {
                given.iter().map(|value| {
                    if value.starts_with("arn:") {
                        value.clone()
                    } else {
                        arn.replacen(&hole, &value.replace(['{', '}'], "?"), 1)
                    }
                })
            })
            .collect();
    }
    made
}

/// The tags that a request gives, and the keys of those that it gives or takes away.
pub(super) fn request_tags(input: &Value) -> (Vec<(String, String)>, Vec<String>) {
    let mut tags = Vec::new();
    let mut keys: Vec<String> = Vec::new();
    let mut listed: Vec<&Value> = ["Tags", "tags", "TagList"].iter().flat_map(|name| input.list(name)).collect();
    for specification in input.list("TagSpecifications").iter().chain(input.list("TagSpecification")) {
        listed.extend(specification.list("Tags"));
    }
    for tag in listed {
        let part = |names: [&str; 3]| names.iter().find_map(|name| tag.text(name)).unwrap_or_default().to_owned();
        let key = part(["Key", "TagKey", "key"]);
        if tag.has("Value") || tag.has("TagValue") || tag.has("value") || !key.is_empty() {
            tags.push((key, part(["Value", "TagValue", "value"])));
        }
    }
    for name in ["Tags", "tags"] {
        let pairs = input.get(name).and_then(Value::as_object).into_iter().flatten();
        tags.extend(pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))));
    }
    keys.extend(tags.iter().map(|(key, _)| key.clone()));
    for name in ["TagKeys", "tagKeys"] {
        keys.extend(input.texts(name).into_iter().map(str::to_owned));
    }
    (tags, keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_line_of_every_table_is_understood() {
        for (service, text, _) in &TABLES {
            let table = parse(service, text).unwrap();
            assert!(!table.is_empty(), "{service}");
            let model = firedrill_wire::service(service).unwrap();
            for operation in table.keys() {
                assert!(model.operation(operation).is_some(), "{service} has no operation {operation}");
            }
        }
    }

    #[test]
    fn members_are_read_by_path_and_element() {
        let input = json!({"A": [{"B": "x"}, {"B": "y"}], "C": 3, "D": []});
        assert_eq!(values(&input, "A.B"), ["x", "y"]);
        assert_eq!(values(&input, "C"), ["3"]);
        assert!(values(&input, "D").is_empty() && values(&input, "E.F").is_empty());
    }

    #[test]
    fn tags_come_in_all_their_shapes() {
        let (tags, keys) = request_tags(&json!({"Tags": [{"Key": "a", "Value": "1"}], "TagKeys": ["z"]}));
        assert_eq!((tags, keys), (vec![("a".into(), "1".into())], vec!["a".into(), "z".into()]));
        assert_eq!(request_tags(&json!({"Tags": {"b": "2"}})).0, [("b".to_owned(), "2".to_owned())]);
        let run = json!({"TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "c", "Value": ""}]}]});
        assert_eq!(request_tags(&run).1, ["c"]);
    }
}
