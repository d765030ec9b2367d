//! Text with wildcards: `*` stands for any text, `?` for one character.
//!
//! Pure, and the one matcher of policies, filters, event patterns and faults. Each of them reads patterns by its own rules.

mod pattern;

pub use pattern::{Pattern, Syntax};

/// A piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'p> {
    /// This text.
    Literal(&'p str),
    /// Any one character.
    One,
    /// Any text, the empty one included.
    Any,
}

/// Whether `text` as a whole matches `pieces`. `piece` reads one of them, and `equal` compares literal text, which has the same length in bytes.
///
/// On a mismatch the last `*` takes one character more. All other pieces are of fixed length, so that no earlier one needs to be tried
/// again: for a given pattern the time is linear in the length of the text.
pub fn matches<'p, P>(
    pieces: &'p [P],
    text: &str,
    piece: impl Fn(&'p P) -> Piece<'p>,
    equal: impl Fn(&str, &str) -> bool,
) -> bool {
    let (mut next, mut at) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    let starts_with = |at: usize, prefix: &str| {
        at.checked_add(prefix.len()).and_then(|end| text.get(at..end)).is_some_and(|start| equal(start, prefix))
    };
    let character = |at: usize| text.get(at..).and_then(|rest| rest.chars().next()).map(char::len_utf8);
    loop {
        let step = match pieces.get(next).map(&piece) {
            None if at == text.len() => return true,
            None => None,
            Some(Piece::Any) if next + 1 == pieces.len() => return true,
            Some(Piece::Any) => {
                star = Some((next + 1, at));
                Some(0)
            }
            Some(Piece::One) => character(at),
            Some(Piece::Literal(literal)) => starts_with(at, literal).then_some(literal.len()),
        };
        if let Some(length) = step {
            (next, at) = (next + 1, at + length);
            continue;
        }
        let Some((after, taken)) = star else { return false };
        let Some(length) = character(taken) else { return false };
        star = Some((after, taken + length));
        (next, at) = (after, taken + length);
    }
}
