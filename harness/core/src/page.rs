//! Pages of lists. A token is the offset of the next page, as good as any that nobody may read; or the name of the last item of this one.

use serde_json::{Map, Value};

use crate::service::AwsError;

/// A part of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Page<T, N> {
    /// Its items.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<N>,
}

impl<T> Page<T, usize> {
    /// At most `size` items from the offset `start` on.
    pub fn at(start: usize, size: usize, items: Vec<T>) -> Self {
        let end = start.saturating_add(size);
        let next = (items.len() > end).then_some(end);
        Self { items: items.into_iter().skip(start).take(size).collect(), next }
    }
}

impl<T> Page<T, String> {
    /// At most `size` items whose names come after `marker`, of items in order of their names. An empty marker is before all.
    pub fn after(marker: &str, size: usize, items: impl IntoIterator<Item = (String, T)>) -> Self {
        let mut rest = items.into_iter().filter(|(name, _)| name.as_str() > marker).peekable();
        let (mut shown, mut last) = (Vec::new(), None);
        while shown.len() < size
            && let Some((name, item)) = rest.next()
        {
            shown.push(item);
            last = Some(name);
        }
        Self { items: shown, next: last.filter(|_| rest.peek().is_some()) }
    }
}

/// One page of `items` as `member`, and `NextToken` beside it if there are more. A token that is none of these is answered by `invalid`.
pub fn page(
    member: &str,
    items: Vec<Value>,
    token: Option<&str>,
    size: usize,
    invalid: impl FnOnce() -> AwsError,
) -> Result<Value, AwsError> {
    let start = match token {
        None | Some("") => 0,
        Some(token) => token.parse::<usize>().ok().filter(|start| *start <= items.len()).ok_or_else(invalid)?,
    };
    let page = Page::at(start, size, items);
    let mut output = Map::new();
    output.insert(member.to_owned(), page.items.into());
    if let Some(next) = page.next {
        output.insert("NextToken".to_owned(), next.to_string().into());
    }
    Ok(output.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_by_offset_ends_with_the_next_offset() {
        assert_eq!(Page::at(1, 2, vec!['a', 'b', 'c', 'd']), Page { items: vec!['b', 'c'], next: Some(3) });
        assert_eq!(Page::at(2, 2, vec!['a', 'b', 'c', 'd']), Page { items: vec!['c', 'd'], next: None });
        assert_eq!(Page::at(9, 2, vec!['a']), Page { items: vec![], next: None });
    }

    #[test]
    fn a_page_by_name_begins_after_its_marker_and_ends_with_its_last_name() {
        let items = || ["a", "b", "c"].map(|name| (name.to_owned(), name));
        assert_eq!(Page::after("", 2, items()), Page { items: vec!["a", "b"], next: Some("b".to_owned()) });
        assert_eq!(Page::after("b", 2, items()), Page { items: vec!["c"], next: None });
    }
}
