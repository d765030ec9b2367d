//! GetResources: what has the tags and types that are asked for.
//! <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>

use nightproof_core::document::Members as _;
use nightproof_core::service::arn;
use nightproof_core::service::{AwsError, Tagged};
use serde_json::{Value, json};

/// Resources in an answer, if the request does not say; also the most.
const PAGE: usize = 100;

/// `all` is sorted by ARN.
pub(crate) fn get_resources(all: &[Tagged], input: &Value) -> Result<Value, AwsError> {
    if input.flag("IncludeComplianceDetails") == Some(true) || input.flag("ExcludeCompliantResources") == Some(true) {
        return Err(AwsError::not_implemented("tagging", "GetResources with the compliance of tags"));
    }
    let arns = input.texts("ResourceARNList");
    let others = ["TagFilters", "ResourceTypeFilters", "ResourcesPerPage", "TagsPerPage", "PaginationToken"];
    if let Some(other) = others.iter().find(|name| !arns.is_empty() && input.has(name)) {
        return Err(invalid(format!("ResourceARNList and {other} cannot be given in one request.")));
    }
    if input.has("TagsPerPage") && input.has("ResourcesPerPage") {
        return Err(invalid("TagsPerPage and ResourcesPerPage cannot be given in one request.".to_owned()));
    }
    let after = input.text("PaginationToken").unwrap_or_default();
    if !after.is_empty() && !after.starts_with("arn:") {
        return Err(AwsError::new("PaginationTokenExpiredException", 400, "The pagination token is not one of this search."));
    }
    let matches = |one: &&Tagged| {
        (arns.is_empty() || arns.contains(&one.arn.as_str()))
            && input.list("TagFilters").iter().all(|filter| has_tag(one, filter))
            && is_of_type(&one.arn, &input.texts("ResourceTypeFilters"))
    };
    let mut found = all.iter().filter(|one| one.arn.as_str() > after).filter(matches).peekable();
    let (resources, tags) = (most(input, "ResourcesPerPage", PAGE)?, most(input, "TagsPerPage", usize::MAX)?);
    let (mut page, mut count) = (Vec::new(), 0);
    // A page by tags holds whole resources only.
    while let Some(one) = found.next_if(|one| page.len() < resources && (page.is_empty() || count + one.tags.len() <= tags)) {
        count += one.tags.len();
        page.push(one);
    }
    let next = page.last().filter(|_| found.peek().is_some()).map_or("", |last| last.arn.as_str());
    Ok(json!({ "PaginationToken": next, "ResourceTagMappingList": page.into_iter().map(described).collect::<Vec<_>>() }))
}

fn most(input: &Value, name: &str, default: usize) -> Result<usize, AwsError> {
    let Some(given) = input.number(name) else { return Ok(default) };
    let range = if name == "TagsPerPage" { 100..=500 } else { 1..=100 };
    usize::try_from(given)
        .ok()
        .filter(|given| range.contains(given))
        .ok_or_else(|| invalid(format!("{name} must be from {} to {}.", range.start(), range.end())))
}

/// One of the filter's values, or any value if it names none.
fn has_tag(one: &Tagged, filter: &Value) -> bool {
    let values = filter.texts("Values");
    let wanted = filter.text("Key");
    one.tags.iter().any(|(key, value)| wanted == Some(key) && (values.is_empty() || values.contains(&value.as_str())))
}

/// A filter is the service in the ARN, or with a colon the type in it as well: `ec2:instance`, `logs:log-group`, `s3`.
fn is_of_type(arn: &str, filters: &[&str]) -> bool {
    let (service, resource) = (arn::service_of(arn), arn::resource_of(arn));
    let kind = resource.split([':', '/']).next().filter(|kind| kind.len() < resource.len());
    filters.is_empty()
        || filters.iter().any(|filter| match filter.split_once(':') {
            None => *filter == service,
            Some((wanted, of)) => wanted == service && kind == Some(of),
        })
}

fn invalid(message: String) -> AwsError {
    AwsError::new("InvalidParameterException", 400, message)
}

fn described(one: &Tagged) -> Value {
    let tags: Vec<Value> = one.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    json!({ "ResourceARN": one.arn, "Tags": tags })
}
