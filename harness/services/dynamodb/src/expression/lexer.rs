//! Tokens of an expression.

/// A part of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A name of an attribute or a function, or a keyword.
    Name(&'a str),
    /// `#name`
    NamePlaceholder(&'a str),
    /// `:value`
    ValuePlaceholder(&'a str),
    /// An index of a list.
    Number(&'a str),
    /// `<=` and the like.
    Symbol(&'a str),
    /// What no expression has.
    Unknown(&'a str),
    End,
}

/// A token, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Placed<'a> {
    pub(super) token: Token<'a>,
    pub(super) start: usize,
    pub(super) end: usize,
}

const SYMBOLS: [&str; 15] = ["<>", "<=", ">=", "<", ">", "=", "(", ")", "[", "]", ",", ".", "+", "-", "/"];

/// All tokens of an expression, with [`Token::End`] last.
pub(super) fn tokens(text: &str) -> Vec<Placed<'_>> {
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let blank = rest.len() - rest.trim_start().len();
        if blank > 0 {
            start += blank;
            continue;
        }
        let token = token(rest);
        let length = match &token {
            Token::Name(part)
            | Token::NamePlaceholder(part)
            | Token::ValuePlaceholder(part)
            | Token::Number(part)
            | Token::Symbol(part)
            | Token::Unknown(part) => part.len(),
            Token::End => break,
        };
        found.push(Placed { token, start, end: start + length });
        start += length;
    }
    found.push(Placed { token: Token::End, start: text.len(), end: text.len() });
    found
}

/// The first token of a text that begins with one.
fn token(rest: &str) -> Token<'_> {
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    // Behind the sign of a placeholder.
    let word = |from: usize| {
        let tail = rest.get(from..).unwrap_or_default();
        let length = tail.find(|character| !is_word(character)).unwrap_or(tail.len());
        rest.get(..from + length).unwrap_or_default()
    };
    let first = rest.chars().next().unwrap_or_default();
    let symbol = || SYMBOLS.iter().find_map(|symbol| rest.get(..symbol.len()).filter(|start| start == symbol));
    match first {
        '#' if word(1).len() > 1 => Token::NamePlaceholder(word(1)),
        ':' if word(1).len() > 1 => Token::ValuePlaceholder(word(1)),
        _ if first.is_ascii_digit() => {
            let length = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
            Token::Number(rest.get(..length).unwrap_or_default())
        }
        _ if is_word(first) => Token::Name(word(0)),
        _ => match symbol() {
            Some(symbol) => Token::Symbol(symbol),
            None => Token::Unknown(rest.get(..first.len_utf8()).unwrap_or_default()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_cut_into_tokens() {
        let kinds: Vec<Token<'_>> = tokens(" a.#b[12]<>:v é").into_iter().map(|placed| placed.token).collect();
        let expected = [
            Token::Name("a"),
            Token::Symbol("."),
            Token::NamePlaceholder("#b"),
            Token::Symbol("["),
            Token::Number("12"),
            Token::Symbol("]"),
            Token::Symbol("<>"),
            Token::ValuePlaceholder(":v"),
            Token::Unknown("é"),
            Token::End,
        ];
        assert_eq!(kinds, expected);
    }
}
