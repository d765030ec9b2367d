//! A policy's JSON as it was written: order kept, an element given twice refused, and where each statement begins.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize as DeriveDeserialize, Serialize};

/// A place in the text of a policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, DeriveDeserialize)]
pub struct Position {
    /// Bytes before it.
    pub offset: usize,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
}

/// One JSON value. `serde_json::Value` would keep the last of two equal keys in silence.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value without repeated keys")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map: Vec<(String, Node)> = Vec::new();
        while let Some((key, value)) = entries.next_entry::<String, Node>()? {
            if map.iter().any(|(other, _)| *other == key) {
                return Err(A::Error::custom(format!("`{key}` is given twice")));
            }
            map.push((key, value));
        }
        Ok(Node::Map(map))
    }
}

/// Where the value of the top-level key `Statement` begins, or each of its items if it is a list. `text` is valid JSON.
pub(crate) fn statement_positions(text: &str) -> Vec<Position> {
    let mut offsets = Vec::new();
    // Depth of the objects and lists that are open, whether the last string at depth 1 was `"Statement"`, and whether its value is open.
    let (mut depth, mut named, mut inside, mut list) = (0_usize, false, false, false);
    let mut bytes = text.bytes().enumerate();
    while let Some((offset, byte)) = bytes.next() {
        match byte {
            b'"' => {
                let mut length = 1;
                while let Some((_, inner)) = bytes.next() {
                    length += 1;
                    match inner {
                        b'\\' => length += usize::from(bytes.next().is_some()),
                        b'"' => break,
                        _ => {}
                    }
                }
                if depth == 1 && !inside {
                    let token = offset.checked_add(length).and_then(|end| text.get(offset..end));
                    named = token.is_some_and(|token| serde_json::from_str::<String>(token).is_ok_and(|key| key == "Statement"));
                }
            }
            b':' if depth == 1 && named => inside = true,
            b',' if depth == 1 => (named, inside) = (false, false),
            b'{' | b'[' => {
                depth += 1;
                if inside && byte == b'[' && depth == 2 {
                    list = true;
                } else if inside && byte == b'{' && depth == if list { 3 } else { 2 } {
                    offsets.push(offset);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                list &= depth != 1;
            }
            _ => {}
        }
    }
    places(text, &offsets)
}

/// Lines and columns of ascending `offsets`, in one pass.
fn places(text: &str, offsets: &[usize]) -> Vec<Position> {
    let mut wanted = offsets.iter().copied().peekable();
    let mut positions = Vec::with_capacity(offsets.len());
    let (mut line, mut column) = (1, 1);
    for (offset, character) in text.char_indices() {
        if wanted.next_if_eq(&offset).is_some() {
            positions.push(Position { offset, line, column });
        }
        (line, column) = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
    }
    positions
}
