//! The words of patterns with operators.

use nightproof_core::service::AwsError;

use crate::error::invalid;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A selector, a name, a number or a text without quotes.
    Word(String),
    Quoted(String),
    /// Between percent signs.
    Regex(String),
    /// An operator, a parenthesis or a comma.
    Sign(&'static str),
}

const SIGNS: [&str; 11] = ["&&", "||", "!=", "<=", ">=", "=", "<", ">", "(", ")", ","];

/// Reads the words. In a word brackets belong together, so that a selector may have an operator's sign in them.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, AwsError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            tokens.push(Token::Sign(sign));
            rest = rest.get(sign.len()..).unwrap_or_default().trim_start();
            continue;
        }
        let end = if matches!(first, '"' | '%') {
            let inner = rest.get(1..).unwrap_or_default();
            let length = inner.find(first).ok_or_else(|| invalid("Invalid filter pattern: unbalanced quotes"))?;
            let inner = inner.get(..length).unwrap_or_default().to_owned();
            tokens.push(if first == '"' { Token::Quoted(inner) } else { Token::Regex(inner) });
            length + 2
        } else {
            let end = word_end(rest);
            tokens.push(Token::Word(rest.get(..end).unwrap_or_default().to_owned()));
            end
        };
        rest = rest.get(end..).unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

fn word_end(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ if letter.is_whitespace() => return at,
            _ if at > 0 && SIGNS.iter().any(|sign| text.get(at..).is_some_and(|rest| rest.starts_with(sign))) => return at,
            _ => {}
        }
    }
    text.len()
}
