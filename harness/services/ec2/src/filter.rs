//! `Filters` and pages of `Describe…` operations.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#Filtering_Resources>

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use nightproof_wildcard::{Pattern, Syntax};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{error, invalid_parameter};

/// What a filter's values may have beside `*`. Case counts.
const SYNTAX: Syntax = Syntax { question_mark: true, escapes: true };

/// A filter's name, and the path in the described resource where its values are. Lists on the path are gone through.
pub(crate) type Paths = &'static [(&'static str, &'static str)];

/// A filter of a request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Filter {
    #[serde(default)]
    name: String,
    #[serde(default)]
    values: Vec<String>,
}

/// Reads the values that a filter compares.
type ValuesOf = Box<dyn Fn(&Value) -> Vec<String>>;

/// The resources that pass all filters of a request. A filter that is not in `paths` is refused.
pub(crate) fn filtered(described: Vec<Value>, filters: &[Filter], paths: Paths) -> Result<Vec<Value>, AwsError> {
    let mut kept = described;
    for Filter { name, values: wanted } in filters {
        let values_of: ValuesOf = if let Some(key) = name.strip_prefix("tag:") {
            let key = key.to_owned();
            Box::new(move |resource| {
                let tags = tags(resource).iter().filter(|tag| tag.text("Key") == Some(&key));
                tags.filter_map(|tag| tag.text("Value").map(str::to_owned)).collect()
            })
        } else if name == "tag-key" {
            Box::new(|resource| tags(resource).iter().filter_map(|tag| tag.text("Key").map(str::to_owned)).collect())
        } else {
            let Some((_, path)) = paths.iter().find(|(known, _)| known == name) else {
                return Err(invalid_parameter(format!("The filter '{name}' is invalid")));
            };
            Box::new(move |resource| values_at(resource, path))
        };
        if wanted.is_empty() {
            return Err(invalid_parameter(format!("The filter '{name}' has no values")));
        }
        let wanted: Vec<Pattern> = wanted.iter().map(|pattern| Pattern::new(pattern, SYNTAX)).collect();
        kept.retain(|resource| values_of(resource).iter().any(|value| wanted.iter().any(|pattern| pattern.matches(value))));
    }
    Ok(kept)
}

fn tags(resource: &Value) -> &[Value] {
    let tags = resource.list("Tags");
    if tags.is_empty() { resource.list("TagSet") } else { tags }
}

fn values_at(resource: &Value, path: &str) -> Vec<String> {
    let mut found = vec![resource];
    for name in path.split('.') {
        found = found
            .into_iter()
            .filter_map(|value| value.get(name))
            .flat_map(|value| match value {
                Value::Array(items) => items.iter().collect(),
                other => vec![other],
            })
            .collect();
    }
    found
        .into_iter()
        .filter_map(|value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
            _ => None,
        })
        .collect()
}

/// One page of `items` under `member`.
pub(crate) fn page(
    member: &str,
    items: Vec<Value>,
    max_results: Option<i64>,
    next_token: Option<&str>,
) -> Result<Value, AwsError> {
    let skip = match next_token.filter(|token| !token.is_empty()) {
        None => 0,
        Some(token) => URL_SAFE_NO_PAD
            .decode(token)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| text.strip_prefix("after:").and_then(|count| count.parse::<usize>().ok()))
            .ok_or_else(|| error("InvalidNextToken", format!("The token '{token}' is invalid")))?,
    };
    let take = match max_results {
        None => usize::MAX,
        Some(count) => usize::try_from(count)
            .ok()
            .filter(|count| (1..=1000).contains(count))
            .ok_or_else(|| invalid_parameter(format!("Value ( {count} ) for parameter maxResults is invalid.")))?,
    };
    let end = skip.saturating_add(take);
    let more = end < items.len();
    let mut output = json!({ member: items.into_iter().skip(skip).take(take).collect::<Vec<_>>() });
    if more && let Some(output) = output.as_object_mut() {
        output.insert("NextToken".to_owned(), URL_SAFE_NO_PAD.encode(format!("after:{end}")).into());
    }
    Ok(output)
}

/// The resources whose `id` is wanted, or all when none is. An unknown id is refused with `refusal`.
pub(crate) fn selected(
    described: Vec<Value>,
    wanted: &[String],
    id: &str,
    refusal: impl Fn(&str) -> AwsError,
) -> Result<Vec<Value>, AwsError> {
    if wanted.is_empty() {
        return Ok(described);
    }
    for wanted in wanted {
        if !described.iter().any(|resource| resource.text(id) == Some(wanted)) {
            return Err(refusal(wanted));
        }
    }
    Ok(described.into_iter().filter(|resource| resource.text(id).is_some_and(|id| wanted.iter().any(|one| one == id))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_filter_is_refused() {
        let filters = [Filter { name: "colour".to_owned(), values: vec!["red".to_owned()] }];
        let error = filtered(vec![], &filters, &[("vpc-id", "VpcId")]).expect_err("refused");
        assert_eq!(error.to_string(), "InvalidParameterValue: The filter 'colour' is invalid");
    }
}
