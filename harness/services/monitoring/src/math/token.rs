//! The words of an expression.

/// A word, and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    /// An id, a function, or a word such as `AND` and `DESC`.
    Name(String),
    /// In single or double quotes.
    Text(String),
    /// `+`, `<=`, `(`
    Symbol(&'static str),
}

const SYMBOLS: [&str; 19] = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "^", "(", ")", "[", "]", ",", "!"];

/// Reads the words; an error is the character that begins none.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut rest = text;
    let mut tokens = Vec::new();
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let (token, length) = if let Some(symbol) = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
            (Token::Symbol(symbol), symbol.len())
        } else if first.is_ascii_digit() || first == '.' {
            number(rest)?
        } else if first.is_ascii_alphabetic() {
            let length = rest.find(|one: char| !one.is_ascii_alphanumeric() && one != '_').unwrap_or(rest.len());
            (Token::Name(rest.get(..length).unwrap_or_default().to_owned()), length)
        } else if let Some(quote) = ['\'', '"'].into_iter().find(|quote| *quote == first) {
            let inner = rest.get(1..).unwrap_or_default();
            let length = inner.find(quote).ok_or_else(|| first.to_string())?;
            (Token::Text(inner.get(..length).unwrap_or_default().to_owned()), length + 2)
        } else {
            return Err(first.to_string());
        };
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default();
    }
}

/// `5`, `.5`, `1e-36`
fn number(text: &str) -> Result<(Token, usize), String> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        from + rest.find(|one: char| !one.is_ascii_digit()).unwrap_or(rest.len())
    };
    let mut end = digits(0);
    if text.get(end..).is_some_and(|rest| rest.starts_with('.')) {
        end = digits(end + 1);
    }
    let exponent = text.get(end..).unwrap_or_default();
    if exponent.starts_with(['e', 'E']) {
        let signed = usize::from(exponent.get(1..).is_some_and(|rest| rest.starts_with(['+', '-'])));
        let to = digits(end + 1 + signed);
        if to > end + 1 + signed {
            end = to;
        }
    }
    let digits = text.get(..end).unwrap_or_default();
    digits.parse().map(|value| (Token::Number(value), end)).map_err(|_| digits.to_owned())
}
