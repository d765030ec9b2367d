//! Texts that a regular expression matches.

use rand::{Rng, RngExt as _};
use regex_syntax::hir::{Class, Hir, HirKind};

/// How often more than it must an expression without an end is repeated.
const REPEATED: u32 = 12;

/// A random text that `pattern` matches as a whole; `None` if it is no expression, or asks for what no text has.
pub(crate) fn sample(pattern: &str, random: &mut impl Rng) -> Option<String> {
    let parsed = regex_syntax::parse(pattern).ok()?;
    let mut text = String::new();
    write(&parsed, &mut text, random)?;
    Some(text)
}

fn write(expression: &Hir, text: &mut String, random: &mut impl Rng) -> Option<()> {
    match expression.kind() {
        // Where a text begins and ends, it does so as a whole.
        HirKind::Empty | HirKind::Look(_) => Some(()),
        HirKind::Literal(literal) => {
            text.push_str(std::str::from_utf8(&literal.0).ok()?);
            Some(())
        }
        HirKind::Class(class) => {
            text.push(character(class, random)?);
            Some(())
        }
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX).min(repetition.min.saturating_add(REPEATED));
            for _ in 0..random.random_range(repetition.min..=most) {
                write(&repetition.sub, text, random)?;
            }
            Some(())
        }
        HirKind::Capture(capture) => write(&capture.sub, text, random),
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, text, random)),
        HirKind::Alternation(choices) => {
            let chosen = choices.get(random.random_range(0..choices.len().max(1)))?;
            write(chosen, text, random)
        }
    }
}

/// A character of a class: a printable one of ASCII, if it has any.
fn character(class: &Class, random: &mut impl Rng) -> Option<char> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => class.iter().map(|range| (range.start().into(), range.end().into())).collect(),
        Class::Bytes(class) => class.iter().map(|range| (range.start().into(), range.end().into())).collect(),
    };
    let within = |least: u32, most: u32| -> Vec<u32> {
        ranges.iter().flat_map(|(start, end)| (*start).max(least)..=(*end).min(most)).collect()
    };
    let letters = within(u32::from('0'), u32::from('z'))
        .into_iter()
        .filter(|code| char::from_u32(*code).is_some_and(|c| c.is_ascii_alphanumeric()));
    let letters: Vec<u32> = letters.collect();
    let choices = [letters, within(0x21, 0x7e), within(0x20, 0x20)].into_iter().find(|choices| !choices.is_empty());
    let code = match choices {
        Some(choices) => *choices.get(random.random_range(0..choices.len()))?,
        None => ranges.first()?.0,
    };
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    #[test]
    fn texts_match_the_expression_that_they_are_made_by() {
        let mut random = rand::rngs::StdRng::seed_from_u64(7);
        for pattern in
            ["^[a-z][a-z0-9-]{2,30}[a-z0-9]$", "(dev|test|prod)", r"\d{1,3}\.\d{1,3}", ".*", r"ami-[0-9a-f]{17}", "[^a-z]+", ""]
        {
            for _ in 0..20 {
                let text = sample(pattern, &mut random).unwrap();
                let whole = regex::Regex::new(&format!("^(?:{pattern})$")).unwrap();
                assert!(whole.is_match(&text), "{pattern}: {text}");
            }
        }
        assert_eq!(sample("(", &mut random), None);
        assert_eq!(sample("[^\\s\\S]", &mut random), None);
    }
}
