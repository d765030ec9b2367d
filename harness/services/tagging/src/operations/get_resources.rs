//! GetResources: what has the tags and types that are asked for.
//! <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>

use nightproof_core::service::arn;
use nightproof_core::service::{AwsError, Tagged};
use serde::Deserialize;
use serde_json::{Value, json};

/// Resources in an answer, if the request does not say; also the most.
const PAGE: usize = 100;

/// `GetResources`. <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetResources {
    pagination_token: Option<String>,
    #[serde(default)]
    tag_filters: Vec<TagFilter>,
    resources_per_page: Option<i64>,
    tags_per_page: Option<i64>,
    #[serde(default)]
    resource_type_filters: Vec<String>,
    #[serde(default)]
    include_compliance_details: bool,
    #[serde(default)]
    exclude_compliant_resources: bool,
    #[serde(rename = "ResourceARNList", default)]
    resource_arn_list: Vec<String>,
}

/// A key, and the values that it may have.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagFilter {
    #[serde(default)]
    key: String,
    #[serde(default)]
    values: Vec<String>,
}

/// `all` is sorted by ARN.
pub(crate) fn get_resources(all: &[Tagged], input: &GetResources) -> Result<Value, AwsError> {
    if input.include_compliance_details || input.exclude_compliant_resources {
        return Err(AwsError::not_implemented("tagging", "GetResources with the compliance of tags"));
    }
    let arns = &input.resource_arn_list;
    let others = [
        ("TagFilters", !input.tag_filters.is_empty()),
        ("ResourceTypeFilters", !input.resource_type_filters.is_empty()),
        ("ResourcesPerPage", input.resources_per_page.is_some()),
        ("TagsPerPage", input.tags_per_page.is_some()),
        ("PaginationToken", input.pagination_token.is_some()),
    ];
    if let Some((other, _)) = others.iter().find(|(_, given)| !arns.is_empty() && *given) {
        return Err(invalid(format!("ResourceARNList and {other} cannot be given in one request.")));
    }
    if input.tags_per_page.is_some() && input.resources_per_page.is_some() {
        return Err(invalid("TagsPerPage and ResourcesPerPage cannot be given in one request.".to_owned()));
    }
    let after = input.pagination_token.as_deref().unwrap_or_default();
    if !after.is_empty() && !after.starts_with("arn:") {
        return Err(AwsError::new("PaginationTokenExpiredException", 400, "The pagination token is not one of this search."));
    }
    let matches = |one: &&Tagged| {
        (arns.is_empty() || arns.contains(&one.arn))
            && input.tag_filters.iter().all(|filter| has_tag(one, filter))
            && is_of_type(&one.arn, &input.resource_type_filters)
    };
    let mut found = all.iter().filter(|one| one.arn.as_str() > after).filter(matches).peekable();
    let (resources, tags) =
        (most("ResourcesPerPage", input.resources_per_page, PAGE)?, most("TagsPerPage", input.tags_per_page, usize::MAX)?);
    let (mut page, mut count) = (Vec::new(), 0);
    // A page by tags holds whole resources only.
    while let Some(one) = found.next_if(|one| page.len() < resources && (page.is_empty() || count + one.tags.len() <= tags)) {
        count += one.tags.len();
        page.push(one);
    }
    let next = page.last().filter(|_| found.peek().is_some()).map_or("", |last| last.arn.as_str());
    Ok(json!({ "PaginationToken": next, "ResourceTagMappingList": page.into_iter().map(described).collect::<Vec<_>>() }))
}

fn most(name: &str, given: Option<i64>, default: usize) -> Result<usize, AwsError> {
    let Some(given) = given else { return Ok(default) };
    let range = if name == "TagsPerPage" { 100..=500 } else { 1..=100 };
    usize::try_from(given)
        .ok()
        .filter(|given| range.contains(given))
        .ok_or_else(|| invalid(format!("{name} must be from {} to {}.", range.start(), range.end())))
}

/// One of the filter's values, or any value if it names none.
fn has_tag(one: &Tagged, TagFilter { key: wanted, values }: &TagFilter) -> bool {
    one.tags.iter().any(|(key, value)| wanted == key && (values.is_empty() || values.contains(value)))
}

/// A filter is the service in the ARN, or with a colon the type in it as well: `ec2:instance`, `logs:log-group`, `s3`.
fn is_of_type(arn: &str, filters: &[String]) -> bool {
    let (service, resource) = (arn::service_of(arn), arn::resource_of(arn));
    let kind = resource.split([':', '/']).next().filter(|kind| kind.len() < resource.len());
    filters.is_empty()
        || filters.iter().any(|filter| match filter.split_once(':') {
            None => filter == service,
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
