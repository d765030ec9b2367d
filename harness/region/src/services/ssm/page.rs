//! Pages of a list: `MaxResults` and `NextToken`.

use serde_json::{Value, json};

use crate::service::AwsError;

/// Puts one page of `items` under `member` of `output`; the token is the offset, as good as any that nobody may read.
pub(crate) fn page(
    mut output: Value,
    member: &str,
    items: Vec<Value>,
    token: Option<&str>,
    size: usize,
) -> Result<Value, AwsError> {
    let start = match token {
        None | Some("") => 0,
        Some(token) => token
            .parse::<usize>()
            .ok()
            .filter(|start| *start <= items.len())
            .ok_or_else(|| AwsError::new("InvalidNextToken", 400, "The specified token isn't valid."))?,
    };
    let more = items.len() > start.saturating_add(size);
    if let Some(output) = output.as_object_mut() {
        output.insert(member.to_owned(), items.into_iter().skip(start).take(size).collect());
        if more {
            output.insert("NextToken".to_owned(), json!((start + size).to_string()));
        }
    }
    Ok(output)
}
