//! Which objects are the parts of one archive, by their names.

use std::collections::BTreeMap;

/// Objects that are one archive, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whole {
    /// The key without what numbers the parts.
    pub(crate) stem: String,
    /// Places in the list of keys.
    pub(crate) parts: Vec<usize>,
}

/// How parts are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Numbering {
    /// `aa`, `ab`, as `split` does.
    Letters(usize),
    /// `000`, `001`, or `1`, `2`.
    Digits,
}

/// Groups of at least two keys that are numbered one after the other, from the first number on.
///
/// # Errors
/// What is missing, if one in between is.
pub(crate) fn wholes(keys: &[&str]) -> Result<Vec<Whole>, String> {
    let mut groups: BTreeMap<(&str, Numbering), Vec<(u64, usize)>> = BTreeMap::new();
    for (at, key) in keys.iter().enumerate() {
        for (stem, numbering, number) in readings(key) {
            groups.entry((stem, numbering)).or_default().push((number, at));
        }
    }
    let mut wholes = Vec::new();
    for ((stem, numbering), mut parts) in groups {
        parts.sort_unstable();
        let first = parts.first().map_or(0, |(number, _)| *number);
        let is_first = first == 0 || (first == 1 && numbering == Numbering::Digits);
        if parts.len() < 2 || !is_first {
            continue;
        }
        let gap = parts.iter().zip(first..).find(|((number, _), due)| number != due);
        if let Some((_, due)) = gap {
            return Err(format!("of the parts of {stem} the one numbered {} is missing", written(due, numbering)));
        }
        wholes.push(Whole {
            stem: stem.trim_end_matches(['.', '-', '_']).to_owned(),
            parts: parts.into_iter().map(|(_, at)| at).collect(),
        });
    }
    Ok(wholes)
}

/// The ways in which a key may be numbered at its end: its stem and its number.
fn readings(key: &str) -> Vec<(&str, Numbering, u64)> {
    let digits = key.len() - key.bytes().rev().take_while(u8::is_ascii_digit).count();
    let mut found = Vec::new();
    // A time is no number of a part.
    if let Some((stem, number)) = key.split_at_checked(digits).filter(|(_, number)| (1..=5).contains(&number.len())) {
        found.extend(number.parse().ok().map(|number| (stem, Numbering::Digits, number)));
    }
    for length in [2, 3] {
        let letters = key.len().checked_sub(length).and_then(|at| key.split_at_checked(at));
        if let Some((stem, letters)) = letters.filter(|(_, letters)| letters.bytes().all(|byte| byte.is_ascii_lowercase())) {
            let number = letters.bytes().fold(0, |number, letter| number * 26 + u64::from(letter - b'a'));
            found.push((stem, Numbering::Letters(length), number));
        }
    }
    found
}

fn written(number: u64, numbering: Numbering) -> String {
    match numbering {
        Numbering::Digits => number.to_string(),
        Numbering::Letters(length) => {
            let mut rest = number;
            let mut letters: Vec<char> = Vec::new();
            for _ in 0..length {
                letters.push(char::from(b'a' + (rest % 26) as u8));
                rest /= 26;
            }
            letters.into_iter().rev().collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_split_are_one_archive_in_order() {
        let keys = ["b/x.tgz.ab", "b/x.tgz.aa", "b/other.tgz", "b/x.tgz.ac"];
        let found = wholes(&keys).unwrap();
        assert_eq!(found, [Whole { stem: "b/x.tgz".to_owned(), parts: vec![1, 0, 3] }]);
    }

    #[test]
    fn numbered_parts_are_in_the_order_of_their_numbers() {
        let keys: Vec<String> = (1..=11).rev().map(|number| format!("x.part{number}")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let found = wholes(&keys).unwrap();
        assert_eq!(found.first().unwrap().parts, (0..11).rev().collect::<Vec<_>>());
        assert_eq!(wholes(&["x.000", "x.001"]).unwrap().first().unwrap().stem, "x");
    }

    #[test]
    fn a_missing_part_is_named() {
        assert_eq!(wholes(&["x.aa", "x.ac"]).unwrap_err(), "of the parts of x. the one numbered ab is missing");
        assert_eq!(wholes(&["x.000", "x.002"]).unwrap_err(), "of the parts of x. the one numbered 1 is missing");
    }

    #[test]
    fn dated_and_other_names_are_no_parts() {
        for keys in [
            ["site-2026-11-29", "site-2026-11-30"],
            ["site.tar", "data.tar"],
            ["a.tgz", "b.tgz"],
            ["2026-11-29.tar", "2026-11-30.tar"],
        ] {
            assert!(wholes(&keys).unwrap().is_empty(), "{keys:?}");
        }
    }
}
