//! Tables of permissions: from an operation to actions, resources and condition keys, in the notation of
//! [`nightproof_core::service::Service::permissions`].

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use nightproof_core::Region;
use nightproof_core::authorization::Need;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call, Service};
use serde_json::Value;

/// A line of a table.
#[derive(Debug)]
pub(super) struct Row {
    action: String,
    resource: Pattern,
    /// Whether resources of its action's service can have policies; true until it is known.
    guarded: bool,
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
    Arn(Vec<Part>),
}

/// A part of an ARN.
#[derive(Debug)]
enum Part {
    Text(&'static str),
    /// The service whose operation it is.
    Service(&'static str),
    Region,
    Account,
    /// The value of a member, by its path.
    Member(&'static str),
}

#[derive(Debug)]
enum Source {
    Member(&'static str),
    Text(&'static str),
}

/// The permissions that the operations of one service require.
#[derive(Debug)]
pub(super) struct Table(HashMap<&'static str, Vec<Row>>);

/// The tables of a region's services, each parsed when its service is first called.
#[derive(Debug, Default)]
pub(super) struct Tables(OnceLock<HashMap<&'static str, OnceLock<Result<Table, String>>>>);

impl Tables {
    /// The permissions that an operation requires.
    ///
    /// # Errors
    /// An operation without a line is not implemented; a table that cannot be parsed is an internal error.
    pub(super) fn rows(&self, region: &Region, service: &str, operation: &str) -> Result<&[Row], AwsError> {
        let tables = self.0.get_or_init(|| region.services().map(|(name, _)| (name, OnceLock::new())).collect());
        let not_implemented = || AwsError::not_implemented(service, operation);
        let (name, table) = tables.get_key_value(service).ok_or_else(not_implemented)?;
        let parsed = table.get_or_init(|| {
            let mut table = Table::parse(name, region.service(name).map_or("", |found| found.permissions()))?;
            for row in table.0.values_mut().flatten() {
                let owner = row.action.split(':').next().and_then(|prefix| region.service(prefix));
                row.guarded = owner.is_some_and(|service| service.has_resource_policies());
            }
            Ok(table)
        });
        let table = parsed.as_ref().map_err(|error| AwsError::internal(error.clone()))?;
        table.0.get(operation).map(Vec::as_slice).ok_or_else(not_implemented)
    }
}

/// The operations that a service implements, which are those that its permissions name.
///
/// # Errors
/// The line that cannot be parsed.
pub fn operations(name: &'static str, service: &dyn Service) -> Result<BTreeSet<&'static str>, String> {
    Table::parse(name, service.permissions()).map(|table| table.0.into_keys().collect())
}

impl Table {
    fn parse(service: &'static str, text: &'static str) -> Result<Self, String> {
        let mut table: HashMap<_, Vec<_>> = HashMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let Some(operations) = words.next() else { continue };
            let (Some(action), Some(resource)) = (words.next(), words.next()) else {
                return Err(format!("permissions of {service}, line {}: an action and a resource are missing", number + 1));
            };
            let rest: Vec<&'static str> = words.collect();
            for operation in operations.split(',') {
                let row = row(service, operation, action, resource, &rest)
                    .ok_or_else(|| format!("permissions of {service}, line {}: `{line}` cannot be parsed", number + 1))?;
                let rows = table.entry(operation).or_default();
                rows.extend((action != "-").then_some(row));
            }
        }
        Ok(Self(table))
    }
}

fn row(service: &'static str, operation: &str, action: &str, resource: &'static str, rest: &[&'static str]) -> Option<Row> {
    let action = if action == "=" { format!("{service}:{operation}") } else { action.to_owned() };
    let resource = match resource.strip_prefix('@') {
        Some(kind) => Pattern::Kind(kind),
        None if resource == "*" => Pattern::Any,
        None => {
            let before = match service {
                _ if resource.starts_with("arn:") => "",
                "s3" => "arn:aws:s3:::",
                "iam" | "sts" => "arn:aws:iam::$account:",
                _ => "arn:aws:$service:$region:$account:",
            };
            let mut arn = parts(before, service)?;
            arn.extend(parts(resource, service)?);
            Pattern::Arn(arn)
        }
    };
    let mut row = Row { action, resource, guarded: true, only_with: Vec::new(), only_without: Vec::new(), keys: Vec::new() };
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

/// The parts of a template: what stands between `{Member}`, `$region`, `$account` and `$service`.
fn parts(template: &'static str, service: &'static str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((text, hole)) = rest.find(['{', '$']).map(|at| rest.split_at(at)) {
        parts.extend((!text.is_empty()).then_some(Part::Text(text)));
        let (part, after) = if let Some(member) = hole.strip_prefix('{') {
            let (path, after) = member.split_once('}')?;
            (Part::Member(path), after)
        } else {
            let known = [("$region", Part::Region), ("$account", Part::Account), ("$service", Part::Service(service))];
            known.into_iter().find_map(|(name, part)| Some((part, hole.strip_prefix(name)?)))?
        };
        parts.push(part);
        rest = after;
    }
    parts.extend((!rest.is_empty()).then_some(Part::Text(rest)));
    Some(parts)
}

impl Row {
    /// Whether the request asks for this at all.
    pub(super) fn applies(&self, input: &Value) -> bool {
        let there = |member: &&str| !values(input, member).is_empty();
        self.only_with.iter().all(there) && !self.only_without.iter().any(there)
    }

    /// Whether nothing keeps the root user from it: its action knows no resources, or none that have policies, and all of them are of the
    /// caller's account, as another one's can be named by its ARN alone.
    pub(super) fn is_open_to_root(&self, input: &Value) -> bool {
        match self.resource {
            Pattern::Any => true,
            Pattern::Kind(_) | Pattern::Arn(_) => !self.guarded && !names_an_arn(input),
        }
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
            Pattern::Arn(parts) => expand(parts, call.region.name(), call.account(), input),
        };
        let keys: Vec<(&'static str, Vec<String>)> = self
            .keys
            .iter()
            .map(|(key, source)| match source {
                Source::Text(text) => (*key, vec![(*text).to_owned()]),
                Source::Member(member) => (*key, values(input, member)),
            })
            .filter(|(_, values)| !values.is_empty())
            .collect();
        let keys = std::iter::repeat_n(keys, resources.len());
        resources.into_iter().zip(keys).map(|(resource, keys)| Need { action: self.action.clone(), resource, keys }).collect()
    }
}

/// Whether a text of the request is an ARN.
fn names_an_arn(value: &Value) -> bool {
    match value {
        Value::String(text) => text.starts_with("arn:"),
        Value::Array(items) => items.iter().any(names_an_arn),
        Value::Object(members) => members.values().any(names_an_arn),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The values of a member, by its path: of each element, where it is a list.
fn values(input: &Value, path: &str) -> Vec<String> {
    // Most members are not given, and most that are stand at the top.
    match input.get(path) {
        None | Some(Value::Null) if !path.contains('.') => return Vec::new(),
        Some(Value::String(text)) => return vec![text.clone()],
        _ => {}
    }
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

/// The ARNs of a template in this region and account.
fn expand(parts: &[Part], region: &str, account: &str, input: &Value) -> Vec<String> {
    let mut made = vec![Filled { arn: String::new(), state: State::Open }];
    for part in parts {
        let text = match part {
            Part::Text(text) | Part::Service(text) => text,
            Part::Region => region,
            Part::Account => account,
            Part::Member(path) => {
                let mut given = values(input, path);
                if given.is_empty() {
                    given.push("*".to_owned());
                }
                made = made.into_iter().flat_map(|arn| filled(arn, &given)).collect();
                continue;
            }
        };
        made.iter_mut().filter(|one| one.state != State::Whole).for_each(|one| one.arn.push_str(text));
    }
    made.into_iter().map(|one| one.arn).collect()
}

/// A template that is being filled.
struct Filled {
    arn: String,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Without a member yet.
    Open,
    /// The values of members are texts in it from now on: an object's key may begin as an ARN does.
    Named,
    /// The first member was an ARN, which is the whole resource.
    Whole,
}

/// A template with each of these values at its end.
fn filled(Filled { arn, state }: Filled, given: &[String]) -> Vec<Filled> {
    if state == State::Whole {
        return vec![Filled { arn, state }];
    }
    let with = |value: &String| match state == State::Open && value.starts_with("arn:") {
        true => Filled { arn: value.clone(), state: State::Whole },
        false => Filled { arn: format!("{arn}{value}"), state: State::Named },
    };
    given.iter().map(with).collect()
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
    fn a_line_that_cannot_be_parsed_is_named() {
        let error = |text| Table::parse("ssm", text).err();
        assert_eq!(error("SendCommand = * # all\n\nGetParameter = {Name} ?Name"), None);
        assert_eq!(error("\nSendCommand ="), Some("permissions of ssm, line 2: an action and a resource are missing".to_owned()));
        assert_eq!(
            error("GetParameter = {Name"),
            Some("permissions of ssm, line 1: `GetParameter = {Name` cannot be parsed".to_owned())
        );
    }

    #[test]
    fn members_are_read_by_path_and_element() {
        let input = json!({"A": [{"B": "x"}, {"B": "y"}], "C": 3, "D": []});
        assert_eq!(values(&input, "A.B"), ["x", "y"]);
        assert_eq!(values(&input, "C"), ["3"]);
        assert!(values(&input, "D").is_empty() && values(&input, "E.F").is_empty());
    }

    #[test]
    fn a_template_is_filled_with_each_value_and_an_arn_is_the_whole_resource() {
        let arns = |template, input| expand(&parts(template, "ssm").unwrap(), "us-east-1", "111122223333", &input);
        let given = json!({"Ids": ["a", "arn:aws:x:::y", "{b}"], "Name": "n"});
        assert_eq!(arns("i/{Ids}/{Name}", given.clone()), ["i/a/n", "arn:aws:x:::y", "i/{b}/n"]);
        assert_eq!(arns("{Name}/{Key}", json!({"Name": "n", "Key": "arn:aws:x:::y"})), ["n/arn:aws:x:::y"]);
        assert_eq!(arns("$service:$region:$account:{Gone}", given), ["ssm:us-east-1:111122223333:*"]);
        assert!(parts("{open", "ssm").is_none() && parts("$else", "ssm").is_none());
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
