//! Text with gaps that any text may fill.

/// Whether `text` is all of `parts` in their order, the first at its beginning and the last at its end, with any text between them.
pub fn fits(parts: &[impl AsRef<str>], text: &str) -> bool {
    let Some((first, rest)) = parts.split_first() else { return false };
    let Some((last, middle)) = rest.split_last() else { return text == first.as_ref() };
    let Some(mut left) = text.strip_prefix(first.as_ref()) else { return false };
    // Taking the first place of each part leaves the most for those after it.
    for part in middle {
        let Some((_, after)) = left.split_once(part.as_ref()) else { return false };
        left = after;
    }
    left.ends_with(last.as_ref())
}
