//! Wildcards in patterns: `*` is any text, `\*` an asterisk.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-wildcard-matching>

use nightproof_wildcard::{Pattern, Syntax};

use crate::refusal::{Refusal, invalid};

/// Reads a pattern. Two asterisks in a row are refused, and escapes of other characters than `*` and `\`.
pub(super) fn parse(text: &str) -> Result<Pattern, Refusal> {
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        match (character, next) {
            ('*', Some('*')) => return Err(invalid(format_args!("Consecutive wildcard characters at pos {at}")).at_end()),
            ('\\', Some('*' | '\\')) => {
                characters.next();
            }
            ('\\', _) => return Err(invalid(format_args!("Invalid escape character at pos {at}")).at_end()),
            _ => {}
        }
    }
    Ok(Pattern::new(text, Syntax { escapes: true, question_mark: false }))
}
