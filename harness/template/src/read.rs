//! From YAML or JSON text (JSON is YAML) to nodes.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use libyaml_safer::{Event, EventData, Mark, Parser, ScalarStyle};
use serde_json::Value;

use crate::node::{Data, FUNCTIONS, Member, Node, TRANSFORM, makes_members};
use crate::{Position, TemplateError, scalar, surrogate, unsupported};

/// Largest template, in bytes: the limit of one in S3.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const LARGEST: usize = 1_000_000;
/// Deepest nesting, well beyond what CloudFormation accepts.
const DEEPEST: usize = 64;
/// What a tag that YAML itself knows starts with: `!!str`.
const YAML_TAG: &str = "tag:yaml.org,2002:";

/// Reads one document.
pub(crate) fn read(text: &str) -> Result<Node, TemplateError> {
    if text.len() > LARGEST {
        return Err(TemplateError::new(format!("Template may not exceed {LARGEST} bytes in size.")));
    }
    let mut text = surrogate::joined(text).into_owned();
    let last_line = text.rsplit('\n').next().unwrap_or_default();
    let unfinished =
        (!last_line.is_empty()).then(|| Unfinished { number: text.lines().count(), is_blank: last_line.trim().is_empty() });
    let language = if text.trim_start().starts_with('{') { "JSON" } else { "YAML" };
    // The reader cannot end within a line.
    text.push('\n');
    let mut input = text.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut input);
    let mut events = Events { parser, unfinished, language };
    let mut found = None;
    loop {
        let event = events.next()?;
        match event.data {
            EventData::StreamEnd => break,
            EventData::StreamStart { .. } | EventData::DocumentStart { .. } | EventData::DocumentEnd { .. } => {}
            _ if found.is_some() => {
                return Err(TemplateError::new("Template format error: the template has more than one YAML document"));
            }
            _ => found = Some(events.node(event, 0)?),
        }
    }
    found.ok_or_else(|| TemplateError::new("Template format error: the template is empty"))
}

fn syntax(error: &libyaml_safer::Error, language: &str) -> TemplateError {
    let message = format!("Template format error: {language} not well-formed: {}", error.problem());
    match error.problem_mark() {
        Some(mark) => TemplateError::at(position(mark), message),
        None => TemplateError::new(message),
    }
}

fn position(mark: Mark) -> Position {
    let from_one = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).saturating_add(1);
    Position { line: from_one(mark.line), column: from_one(mark.column) }
}

/// What a reader of YAML 1.1 sees in a text, one after the other.
struct Events<'r, 'b> {
    parser: Parser<&'b mut &'r [u8]>,
    unfinished: Option<Unfinished>,
    /// What its author takes it for.
    language: &'static str,
}

/// The last line of a text, where no line break ends it.
struct Unfinished {
    number: usize,
    is_blank: bool,
}

impl Unfinished {
    /// The text of a block without the line break that the text lacks. Blanks that are less than the block's indentation are none of its
    /// lines.
    fn cut(&self, value: &mut String) {
        let Some(rest) = value.strip_suffix('\n') else { return };
        let last = rest.rsplit('\n').next().unwrap_or_default();
        if !self.is_blank || last.trim().is_empty() {
            value.pop();
        }
    }
}

impl Events<'_, '_> {
    /// The reader gives up by a panic where libyaml has an error, after a tag that a comma follows.
    fn next(&mut self) -> Result<Event, TemplateError> {
        match catch_unwind(AssertUnwindSafe(|| self.parser.parse())) {
            Ok(event) => event.map_err(|error| syntax(&error, self.language)),
            Err(_) => Err(TemplateError::new("Template format error: YAML not well-formed: a blank is missing after a tag")),
        }
    }

    /// The node that begins with `event`.
    fn node(&mut self, event: Event, depth: usize) -> Result<Node, TemplateError> {
        let place = position(event.start_mark);
        if depth > DEEPEST {
            return Err(TemplateError::at(place, format!("Template format error: nesting is deeper than {DEEPEST} levels")));
        }
        let (tag, data) = match event.data {
            EventData::Scalar { tag, mut value, style, .. } => {
                let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let ends_at = position(event.end_mark).line;
                if let Some(unfinished) = self.unfinished.as_ref().filter(|last| is_block && ends_at > last.number) {
                    unfinished.cut(&mut value);
                }
                let is_plain = style == ScalarStyle::Plain && tag.is_none();
                (tag, Data::Scalar(if is_plain { scalar::plain(&value) } else { Value::String(value) }))
            }
            EventData::SequenceStart { tag, .. } => (tag, Data::List(self.items(depth)?)),
            EventData::MappingStart { tag, .. } => (tag, map(self.members(depth)?)?),
            // CloudFormation allows none, and they could make a small text a huge document.
            EventData::Alias { .. } => {
                let message = "Template error: YAML aliases are not allowed in CloudFormation templates";
                return Err(TemplateError::at(place, message));
            }
            _ => return Err(TemplateError::at(place, "Template format error: YAML not well-formed")),
        };
        let node = Node { position: place, data };
        match tag {
            Some(tag) => tagged(place, &tag, node),
            None => Ok(node),
        }
    }

    fn items(&mut self, depth: usize) -> Result<Vec<Node>, TemplateError> {
        let mut found = Vec::new();
        loop {
            let event = self.next()?;
            if event.data == EventData::SequenceEnd {
                return Ok(found);
            }
            found.push(self.node(event, depth + 1)?);
        }
    }

    /// The members of a map. Of a key that is there twice the last one counts, where the first one stood.
    fn members(&mut self, depth: usize) -> Result<Vec<Member>, TemplateError> {
        let mut found: Vec<Member> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        loop {
            let event = self.next()?;
            if event.data == EventData::MappingEnd {
                return Ok(found);
            }
            let written = match &event.data {
                EventData::Scalar { tag: None, value, style: ScalarStyle::Plain, .. } => Some(value.clone()),
                _ => None,
            };
            let key = self.node(event, depth + 1)?;
            // A key is a text, however it is spelt: `012`, `yes`.
            let name = match written {
                Some(name) => name,
                None => key.expect_text("every key")?,
            };
            let value = self.next()?;
            let member = Member { name, position: key.position, node: self.node(value, depth + 1)? };
            match places.get(&member.name).and_then(|place| found.get_mut(*place)) {
                Some(earlier) => *earlier = member,
                None => {
                    places.insert(member.name.clone(), found.len());
                    found.push(member);
                }
            }
        }
    }
}

/// An object of these members, or the function that it stands for.
pub(crate) fn map(found: Vec<Member>) -> Result<Data, TemplateError> {
    if let [Member { name, node, .. }] = found.as_slice()
        && let Some((_, long)) = FUNCTIONS.iter().find(|(_, long)| long == name && *long != "Condition")
    {
        return Ok(Data::Function(long, Box::new(node.clone())));
    }
    // A function that is not one, or not alone, would end up in a property as it stands.
    let is_foreign = |member: &&Member| member.name.starts_with("Fn::") && !makes_members(&member.name);
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

fn tagged(place: Position, tag: &str, inner: Node) -> Result<Node, TemplateError> {
    if tag.starts_with(YAML_TAG) {
        return Ok(inner);
    }
    let short = tag.strip_prefix('!').unwrap_or_default();
    if short.is_empty() && tag == "!" {
        return Ok(inner);
    }
    match FUNCTIONS.iter().find(|(name, _)| *name == short) {
        Some((_, long)) => Ok(Node { position: place, data: Data::Function(long, Box::new(inner)) }),
        None if short == "Transform" => {
            let member = Member { name: TRANSFORM.to_owned(), position: place, node: inner };
            Ok(Node { position: place, data: Data::Map(vec![member]) })
        }
        None => Err(TemplateError::at(place, format!("Template format error: unknown tag `{tag}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_keep_their_spelling() {
        let node = read("a: 012345678901\nb: 'no'\nc: 1.10\nd: 7\ne: true\nf: '7'\ng: 2010-09-09\n").unwrap();
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
    fn unknown_tags_are_refused() {
        assert!(read("a: !Reff b").unwrap_err().message.contains("!Reff"));
    }

    #[test]
    fn of_a_key_that_is_there_twice_the_last_counts() {
        for text in ["a: 1\nb: 2\na: 3", r#"{"a": 1, "b": 2, "a": 3}"#] {
            let node = read(text).unwrap();
            let members: Vec<_> = node.members().unwrap().iter().map(|member| (&*member.name, member.node.text())).collect();
            assert_eq!(members, [("a", Some("3".to_owned())), ("b", Some("2".to_owned()))]);
        }
    }

    #[test]
    fn what_libyaml_reads_is_read() {
        let same = |one: &str, other: &str| assert!(read(one).unwrap().same(&read(other).unwrap()), "{one}");
        // A closing bracket left of its key.
        same("  a: [\n    1,\n    2\n]\n", "a: [1, 2]");
        // A quoted text that goes on at column 0.
        same("a:\n  b: \"one\ntwo\"\n", "a: {b: one two}");
        // JSON with tabs, and what it may escape.
        same("{\n\t\"a\": [\n\t\t1\n\t],\n\t\"b\":\"x\\/y\"\n}", "{a: [1], b: x/y}");
        same("Parameters :\n  x : 1\n", "Parameters: {x: 1}");
        same("a: |+\n  x\n\nb: >-\n  y\n  z\n", r#"{"a": "x\n\n", "b": "y z"}"#);
        same("\u{feff}a: 1\r\nb: 2\r\n", "{a: 1, b: 2}");
        // A text that ends within a block.
        same("a: |\n  x\n  y", r#"{"a": "x\ny"}"#);
        same("a: |\n  x\n", r#"{"a": "x\n"}"#);
        same("a: >+\n  x\n\n  ", r#"{"a": "x\n\n"}"#);
        for malformed in ["a:\n\t- 1\n", "a: [!Ref,b]", "a: \"\\"] {
            assert!(read(malformed).unwrap_err().message.contains("not well-formed"), "{malformed}");
        }
    }

    #[test]
    fn positions_count_from_one() {
        let node = read("a:\n  - b: [x]\n").unwrap();
        let place = |node: &Node| (node.position.line, node.position.column);
        let item = &node.member("a").unwrap().items().unwrap()[0];
        assert_eq!((place(item), place(item.member("b").unwrap())), ((2, 5), (2, 8)));
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
