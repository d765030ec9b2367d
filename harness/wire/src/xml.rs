//! XML trees: read with bounds, written by hand.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Nesting beyond which a body is refused.
const DEEPEST: usize = 64;

/// Elements beyond which a request is refused, whose sender nobody knows.
const MOST_OF_A_REQUEST: usize = 200_000;

/// Elements beyond which an answer is refused: each of the instances of a large fleet has more than a hundred.
const MOST_OF_AN_ANSWER: usize = 5_000_000;

/// One element.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// The name without its namespace prefix.
    pub(crate) name: String,
    /// Attributes with their prefixes (`xsi:type`).
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// Reads the document of a request; `None` when it is no well-formed XML, has a document type, or is out of bounds.
pub(crate) fn parse(body: &[u8]) -> Option<Element> {
    parse_within(MOST_OF_A_REQUEST, body)
}

/// As [`parse`], of an answer.
pub(crate) fn parse_answer(body: &[u8]) -> Option<Element> {
    parse_within(MOST_OF_AN_ANSWER, body)
}

fn parse_within(most: usize, body: &[u8]) -> Option<Element> {
    let text = std::str::from_utf8(body).ok().filter(|text| !text.contains(is_forbidden))?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut elements = 0_usize;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                elements += 1;
                if open.len() >= DEEPEST || elements > most || root.is_some() {
                    return None;
                }
                open.push(element(&start)?);
            }
            Event::Empty(start) => {
                elements += 1;
                if elements > most || root.is_some() {
                    return None;
                }
                let found = element(&start)?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(found),
                    None => root = Some(found),
                }
            }
            Event::End(_) => {
                let found = open.pop()?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(found),
                    None => root = Some(found),
                }
            }
            Event::Text(text) => match open.last_mut() {
                Some(parent) => parent.text.push_str(&text),
                None if text.trim().is_empty() => {}
                None => return None,
            },
            Event::CData(text) => open.last_mut()?.text.push_str(&text),
            Event::GeneralRef(reference) => {
                let parent = open.last_mut()?;
                if let Some(char) = reference.resolve_char_ref().ok()? {
                    parent.text.push(Some(char).filter(|char| !is_forbidden(*char))?);
                } else {
                    parent.text.push_str(match &*reference {
                        "lt" => "<",
                        "gt" => ">",
                        "amp" => "&",
                        "apos" => "'",
                        "quot" => "\"",
                        _ => return None,
                    });
                }
            }
            Event::DocType(_) => return None,
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    if open.is_empty() { root } else { None }
}

fn element(start: &BytesStart<'_>) -> Option<Element> {
    let name = start.name();
    let name = name.as_ref();
    let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
    let mut found = Element { name: local.to_owned(), ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let value = quick_xml::escape::unescape(&attribute.value).ok().filter(|text| !text.contains(is_forbidden))?.into_owned();
        found.attributes.push((attribute.key.as_ref().to_owned(), value));
    }
    Some(found)
}

/// Characters that no XML document has, written as they are or as references: <https://www.w3.org/TR/xml/#charsets>.
fn is_forbidden(char: char) -> bool {
    matches!(char, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Writes XML into a string.
#[derive(Debug)]
pub(crate) struct Writer {
    out: String,
}

impl Writer {
    /// Begins with the XML declaration.
    pub(crate) fn new() -> Self {
        Self { out: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned() }
    }

    pub(crate) fn open(&mut self, name: &str) {
        self.open_with(name, &[]);
    }

    pub(crate) fn open_with(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            escape(&mut self.out, value, true);
            self.out.push('"');
        }
        self.out.push('>');
    }

    /// An element without content.
    pub(crate) fn empty_with(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.open_with(name, attributes);
        self.out.pop();
        self.out.push_str("/>");
    }

    pub(crate) fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    pub(crate) fn text(&mut self, text: &str) {
        escape(&mut self.out, text, false);
    }

    pub(crate) fn element(&mut self, name: &str, text: &str) {
        self.open(name);
        self.text(text);
        self.close(name);
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.out.into_bytes()
    }
}

fn escape(out: &mut String, text: &str, attribute: bool) {
    for char in text.chars() {
        match char {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' if attribute => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\n' if attribute => out.push_str("&#10;"),
            // Not allowed in XML 1.0 at all, not even escaped.
            char if is_forbidden(char) => out.push('\u{fffd}'),
            char => out.push(char),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_escaping() {
        let mut writer = Writer::new();
        writer.element("Key", "a <b> & \"c\"\r\n\u{e9}");
        assert_eq!(parse(&writer.finish()).unwrap().text, "a <b> & \"c\"\r\n\u{e9}");
    }

    #[test]
    fn document_types_and_bombs_are_refused() {
        assert!(parse(b"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>").is_none());
        assert!(parse(b"<a>&x;</a>").is_none());
        assert!(parse("<a>".repeat(100_000).as_bytes()).is_none());
        assert!(parse(b"<a></b>").is_none());
        assert!(parse(b"<a/><b/>").is_none());
        assert!(parse(b"<a>").is_none());
        assert!(parse(b"").is_none());
        assert!(parse(&[0xff, 0xfe, b'<']).is_none());
    }

    #[test]
    fn an_answer_may_have_more_elements_than_a_request() {
        let body = format!("<a>{}</a>", "<b/>".repeat(MOST_OF_A_REQUEST));
        assert!(parse(body.as_bytes()).is_none());
        assert_eq!(parse_answer(body.as_bytes()).unwrap().children.len(), MOST_OF_A_REQUEST);
    }

    #[test]
    fn characters_that_no_document_has_are_refused_however_they_are_written() {
        for text in ["<a>\0</a>", "<a>&#x1;</a>", "<a>\u{ffff}</a>", "<a b='\u{b}'/>", "<a b='&#11;'/>"] {
            assert!(parse(text.as_bytes()).is_none(), "{text:?}");
        }
        assert_eq!(parse("<a>\t&#10;\u{7f}</a>".as_bytes()).unwrap().text, "\t\n\u{7f}");
    }
}
