//! Query strings of the API.

use http::Uri;
use percent_encoding::percent_decode_str;

use crate::answer::Refusal;

/// The value of a parameter, decoded; `None` if it is not there.
pub(crate) fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let pairs = uri.query()?.split('&');
    let value = pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?.1;
    percent_decode_str(&value.replace('+', " ")).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// The number that a parameter is; `default` if it is not there.
///
/// # Errors
/// It is no number from 0 to `most`.
pub(crate) fn number(uri: &Uri, name: &str, default: u64, most: u64) -> Result<u64, Refusal> {
    let Some(text) = parameter(uri, name) else { return Ok(default) };
    let number = text.parse().ok().filter(|number| *number <= most);
    number.ok_or_else(|| Refusal::invalid(format!("`{name}` must be a whole number from 0 to {most}, and not `{text}`")))
}
