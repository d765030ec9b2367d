//! From YAML or JSON text (JSON is YAML) to nodes.

use saphyr::{MarkedYaml, YamlData, YamlLoader};
use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::Value;

use crate::node::{Data, FUNCTIONS, Member, Node};
use crate::{Position, TemplateError, surrogate, unsupported};

/// Largest template, in bytes: the limit of one in S3.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const LARGEST: usize = 1_000_000;
/// Deepest nesting, well beyond what CloudFormation accepts.
const DEEPEST: usize = 64;

/// Reads one document.
pub(crate) fn read(text: &str) -> Result<Node, TemplateError> {
    if text.len() > LARGEST {
        return Err(TemplateError::new(format!("Template may not exceed {LARGEST} bytes in size.")));
    }
    let text = &surrogate::joined(text);
    check_shape(text)?;
    let mut loader = YamlLoader::<MarkedYaml<'_>>::default();
    loader.early_parse(false);
    let mut parser = Parser::new_from_str(text);
    parser.load(&mut loader, true).map_err(|error| syntax(&error))?;
    if let Some(error) = loader.error() {
        return Err(syntax(error));
    }
    let documents = loader.into_documents();
    match documents.as_slice() {
        [document] => node(document),
        [] => Err(TemplateError::new("Template format error: the template is empty")),
        _ => Err(TemplateError::new("Template format error: the template has more than one YAML document")),
    }
}

fn syntax(error: &saphyr_parser::ScanError) -> TemplateError {
    let marker = error.marker();
    let place = Position { line: marker.line().max(1), column: marker.col() + 1 };
    TemplateError::at(place, format!("Template format error: YAML not well-formed: {}", error.info()))
}

/// Refuses what would make the loader recurse or grow without bound, before it sees the text: deep nesting, and aliases, which
/// CloudFormation does not allow either.
fn check_shape(text: &str) -> Result<(), TemplateError> {
    let mut depth = 0usize;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| syntax(&error))?;
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                depth += 1;
                if depth > DEEPEST {
                    let message = format!("Template format error: nesting is deeper than {DEEPEST} levels");
                    return Err(TemplateError::at(position(span), message));
                }
            }
            Event::SequenceEnd | Event::MappingEnd => depth = depth.saturating_sub(1),
            Event::Alias(_) => {
                let message = "Template error: YAML aliases are not allowed in CloudFormation templates";
                return Err(TemplateError::at(position(span), message));
            }
            _ => {}
        }
    }
    Ok(())
}

fn position(span: Span) -> Position {
    Position { line: span.start.line().max(1), column: span.start.col() + 1 }
}

fn node(yaml: &MarkedYaml<'_>) -> Result<Node, TemplateError> {
    let place = position(yaml.span);
    let data = match &yaml.data {
        YamlData::Representation(text, style, tag) => return scalar(place, text, *style, tag.as_deref()),
        YamlData::Value(_) => return Err(TemplateError::at(place, "Template format error: a scalar cannot be read")),
        YamlData::Sequence(items) => Data::List(items.iter().map(node).collect::<Result<_, _>>()?),
        YamlData::Mapping(members) => map(members.iter())?,
        YamlData::Tagged(tag, inner) => {
            let inner = node(inner)?;
            return tagged(place, tag, inner);
        }
        YamlData::Alias(_) | YamlData::BadValue => {
            return Err(TemplateError::at(place, "Template format error: YAML aliases that cannot be resolved"));
        }
    };
    Ok(Node { position: place, data })
}

fn map<'a, 'y: 'a>(members: impl Iterator<Item = (&'a MarkedYaml<'y>, &'a MarkedYaml<'y>)>) -> Result<Data, TemplateError> {
    let mut found = Vec::new();
    for (key, value) in members {
        let key = node(key)?;
        let name = key.expect_text("every key")?;
        found.push(Member { name, position: key.position, node: node(value)? });
    }
    if let [Member { name, node, .. }] = found.as_slice()
        && let Some((_, long)) = FUNCTIONS.iter().find(|(_, long)| long == name && *long != "Condition")
    {
        return Ok(Data::Function(long, Box::new(node.clone())));
    }
    // A function that is not one, or not alone, would end up in a property as it stands.
    let is_foreign = |member: &&Member| member.name.starts_with("Fn::") && unsupported::function(&member.name).is_none();
    if let Some(member) = found.iter().find(is_foreign) {
        let name = &member.name;
        let message = if FUNCTIONS.iter().any(|(_, long)| long == name) {
            format!("Template format error: {name} must be the only member of its object")
        } else {
            unsupported::not_a_function(name)
        };
        return Err(TemplateError::at(member.position, message));
    }
    Ok(Data::Map(found))
}

fn tagged(place: Position, tag: &Tag, inner: Node) -> Result<Node, TemplateError> {
    if tag.is_yaml_core_schema() {
        return Ok(inner);
    }
    match FUNCTIONS.iter().find(|(short, _)| *short == tag.suffix && tag.handle == "!") {
        Some((_, long)) => Ok(Node { position: place, data: Data::Function(long, Box::new(inner)) }),
        None if tag.handle == "!" && unsupported::tagged(&tag.suffix).is_some() => {
            let name = unsupported::tagged(&tag.suffix).unwrap_or_default().to_owned();
            Ok(Node { position: place, data: Data::Map(vec![Member { name, position: place, node: inner }]) })
        }
        None => Err(TemplateError::at(place, format!("Template format error: unknown tag `{}{}`", tag.handle, tag.suffix))),
    }
}

fn scalar(place: Position, text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Node, TemplateError> {
    let plain = style == ScalarStyle::Plain && tag.is_none();
    let value = match text {
        "" | "~" | "null" | "Null" | "NULL" if plain => Value::Null,
        "true" if plain => Value::Bool(true),
        "false" if plain => Value::Bool(false),
        // An account id with a leading zero, or `1.10`, is text.
        _ if plain => {
            text.parse::<i64>().ok().filter(|number| number.to_string() == text).map_or_else(|| Value::from(text), Value::from)
        }
        _ => Value::from(text),
    };
    let inner = Node { position: place, data: Data::Scalar(value) };
    match tag {
        Some(tag) => tagged(place, tag, inner),
        None => Ok(inner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_keep_their_spelling() {
        let node = read("a: 012345678901\nb: no\nc: 1.10\nd: 7\ne: true\nf: '7'\ng: 2010-09-09\n").unwrap();
        let value = |name: &str| match &node.member(name).unwrap().data {
            Data::Scalar(value) => value.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(value("a"), "012345678901");
        assert_eq!(value("b"), "no");
        assert_eq!(value("c"), "1.10");
        assert_eq!(value("d"), 7);
        assert_eq!(value("e"), true);
        assert_eq!(value("f"), "7");
        assert_eq!(value("g"), "2010-09-09");
    }

    #[test]
    fn short_and_long_forms_are_one() {
        let short = read("x: !GetAtt A.Arn\ny: !Join [',', [a]]").unwrap();
        let long = read(r#"{"x": {"Fn::GetAtt": "A.Arn"}, "y": {"Fn::Join": [",", ["a"]]}}"#).unwrap();
        for name in ["x", "y"] {
            let function = |node: &Node| match &node.member(name).unwrap().data {
                Data::Function(name, _) => *name,
                other => panic!("{other:?}"),
            };
            assert_eq!(function(&short), function(&long));
        }
    }

    #[test]
    fn syntax_errors_say_where() {
        let error = read("Resources:\n  A: [1,\n  B: }").unwrap_err();
        assert!(error.position.unwrap().line >= 2, "{error}");
        assert!(error.message.contains("YAML not well-formed"), "{error}");
    }

    #[test]
    fn unknown_tags_and_duplicate_keys_are_refused() {
        assert!(read("a: !Reff b").unwrap_err().message.contains("!Reff"));
        assert_eq!(read("a: 1\nb: 2\na: 3").unwrap_err().position.unwrap().line, 3);
    }

    #[test]
    fn aliases_are_refused_as_cloudformation_does() {
        let error = read("a: &x [1]\nb: *x").unwrap_err();
        assert_eq!(error.message, "Template error: YAML aliases are not allowed in CloudFormation templates");
        assert_eq!(error.position, Some(Position { line: 2, column: 4 }));
        assert!(read("a: &x [1]\nb: 2").is_ok(), "an anchor alone is harmless");
    }

    #[test]
    fn deep_and_large_templates_are_refused() {
        let indented: String = (0..1200).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
        for deep in ["[".repeat(200), "- ".repeat(400_000), "? ".repeat(400_000), indented] {
            let error = read(&deep).unwrap_err();
            assert!(error.message.contains("deeper than 64"), "{error}");
        }
        assert!(read(&"[".repeat(100_000)).is_err());
        assert!(read(&"x".repeat(1_000_001)).unwrap_err().message.contains("1000000 bytes"));
    }
}
