//! The words of a query.

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A field, a command, a function or an operator that is a word. Fields may be in backticks.
    Name(String),
    Number(f64),
    Text(String),
    Regex(String),
    Symbol(&'static str),
}

const SYMBOLS: [&str; 18] = ["!=", "<=", ">=", "=~", "=", "<", ">", "+", "-", "*", "/", "%", "^", "(", ")", "[", "]", ","];

/// Reads the words, with a symbol `|` between commands. An error is what begins no word.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let enclosed = |quote: char| {
            let inner = rest.get(1..).unwrap_or_default();
            let end = inner.find(quote).ok_or_else(|| first.to_string())?;
            Ok::<_, String>((inner.get(..end).unwrap_or_default().to_owned(), end + 2))
        };
        let after_like = matches!(tokens.last(), Some(Token::Name(name)) if name.eq_ignore_ascii_case("like"))
            || tokens.last() == Some(&Token::Symbol("=~"));
        let (token, length) = match first {
            '#' => {
                rest = rest.split_once('\n').map_or("", |(_, after)| after);
                continue;
            }
            '|' => (Token::Symbol("|"), 1),
            '"' | '\'' => enclosed(first).map(|(text, length)| (Token::Text(text), length))?,
            '`' => enclosed('`').map(|(text, length)| (Token::Name(text), length))?,
            '/' if after_like => enclosed('/').map(|(text, length)| (Token::Regex(text), length))?,
            _ if first.is_ascii_digit() => {
                let end = rest.find(|one: char| !one.is_ascii_alphanumeric() && one != '.').unwrap_or(rest.len());
                let word = rest.get(..end).unwrap_or_default();
                // A span of time, such as `5m`, is a word.
                (word.parse().map_or_else(|_| Token::Name(word.to_owned()), Token::Number), end)
            }
            _ if first.is_alphabetic() || matches!(first, '@' | '_') => {
                let end = rest.find(|one: char| !one.is_alphanumeric() && !"@_.".contains(one)).unwrap_or(rest.len());
                (Token::Name(rest.get(..end).unwrap_or_default().to_owned()), end)
            }
            _ => {
                let symbol = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)).ok_or_else(|| first.to_string())?;
                (Token::Symbol(symbol), symbol.len())
            }
        };
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default();
    }
}
