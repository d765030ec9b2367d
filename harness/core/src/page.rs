//! Pages of a list whose token is the offset, as good as any that nobody may read.

use serde_json::{Map, Value};

use crate::service::AwsError;

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
    let more = items.len() > start.saturating_add(size);
    let mut output = Map::new();
    output.insert(member.to_owned(), items.into_iter().skip(start).take(size).collect());
    if more {
        output.insert("NextToken".to_owned(), (start + size).to_string().into());
    }
    Ok(output.into())
}
