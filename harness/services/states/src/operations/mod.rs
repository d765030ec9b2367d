//! The service's operations.

pub(crate) mod executions;
pub(crate) mod state_machines;
pub(crate) mod tags;
pub(crate) mod tokens;

use nightproof_core::page::Page;
use nightproof_core::service::AwsError;
use serde_json::{Map, Value};

use crate::error::invalid_token;

/// One page of a list, which has at most 1000 items and 100 where none is wanted.
fn page(member: &str, items: Vec<Value>, token: Option<&str>, size: Option<usize>) -> Result<Value, AwsError> {
    let start = match token {
        None | Some("") => 0,
        Some(token) => token.parse().ok().filter(|start| *start <= items.len()).ok_or_else(|| invalid_token(token))?,
    };
    let size = size.filter(|size| *size > 0).unwrap_or(100);
    let page = Page::at(start, size, items);
    let mut output = Map::new();
    output.insert(member.to_owned(), page.items.into());
    output.extend(page.next.map(|next| ("nextToken".to_owned(), next.to_string().into())));
    Ok(output.into())
}

/// Whether a name of a state machine or an execution has only characters that it may have.
/// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html>
fn is_name(name: &str) -> bool {
    let is_bad =
        |character: char| character.is_whitespace() || character.is_control() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(character);
    !name.is_empty() && name.chars().count() <= 80 && !name.contains(is_bad)
}
