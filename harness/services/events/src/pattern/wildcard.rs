//! Wildcards in patterns: `*` is any text, `\*` an asterisk.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-wildcard-matching>

use nightproof_core::service::AwsError;
use nightproof_core::wildcard;

use super::invalid;

/// The texts between the asterisks: there is one more than there are asterisks.
#[derive(Debug, Clone)]
pub(super) struct Wildcard(Vec<String>);

impl Wildcard {
    pub(super) fn parse(text: &str) -> Result<Self, AwsError> {
        let mut parts = vec![String::new()];
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            match (character, next) {
                ('*', Some('*')) => return Err(invalid(format_args!("Consecutive wildcard characters at pos {at}"))),
                ('*', _) => parts.push(String::new()),
                ('\\', Some(escaped @ ('*' | '\\'))) => {
                    characters.next();
                    push(&mut parts, escaped);
                }
                ('\\', _) => return Err(invalid(format_args!("Invalid escape character at pos {at}"))),
                _ => push(&mut parts, character),
            }
        }
        Ok(Self(parts))
    }

    pub(super) fn fits(&self, text: &str) -> bool {
        wildcard::fits(&self.0, text)
    }
}

fn push(parts: &mut [String], character: char) {
    if let Some(part) = parts.last_mut() {
        part.push(character);
    }
}
