//! Pages of this service's lists, some of which have two shapes of the same items: one for clients of old, and one for those of new.

use nightproof_core::page;
use nightproof_core::service::AwsError;
use serde_json::Value;

use crate::error::bad_request;

/// Items of a page where the caller does not say how many.
const SIZE: usize = 50;

/// One page of `items` as `member`.
pub(crate) fn page(member: &str, items: Vec<Value>, token: Option<&str>, size: Option<usize>) -> Result<Value, AwsError> {
    page::page(member, items, token, size.unwrap_or(SIZE), || bad_request("The NextToken is not valid."))
}

/// The same page of both shapes of a list, each as its own member.
pub(crate) fn page_of_both(
    [(member, items), (other, others)]: [(&str, Vec<Value>); 2],
    token: Option<&str>,
    size: Option<usize>,
) -> Result<Value, AwsError> {
    let (mut listed, mut others) = (page(member, items, token, size)?, page(other, others, token, size)?);
    if let (Some(listed), Some(others)) = (listed.as_object_mut(), others.get_mut(other)) {
        listed.insert(other.to_owned(), others.take());
    }
    Ok(listed)
}
