//! Tags in requests. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html>

use nightproof_core::service::AwsError;

use crate::error::{error, invalid_parameter};
use crate::records::Records;
pub(crate) use crate::tag_specification::{Keys, Tag, TagSpecification, add};

const MOST: usize = 50;

/// Sets `given` on the resource `id`.
pub(crate) fn set(records: &mut Records, id: &str, given: &[Tag]) -> Result<(), AwsError> {
    let tags = records.tags.entry(id.to_owned()).or_default();
    for tag in given {
        let (key, value) = (tag.key.as_str(), tag.value.as_deref().unwrap_or_default());
        if key.is_empty() || key.chars().count() > 127 {
            return Err(invalid_parameter(format!("Tag key exceeds the maximum length of 127 characters: {key}")));
        }
        if value.chars().count() > 255 {
            return Err(invalid_parameter(format!("Tag value exceeds the maximum length of 255 characters: {value}")));
        }
        match tags.iter_mut().find(|(existing, _)| existing == key) {
            Some((_, existing)) => value.clone_into(existing),
            None => tags.push((key.to_owned(), value.to_owned())),
        }
    }
    if tags.len() > MOST {
        return Err(error("TagLimitExceeded", format!("More than {MOST} tags on resource {id}")));
    }
    Ok(())
}

/// Keys that begin with `aws:` are AWS's own: CloudFormation, which calls from inside the region, sets them; users may not.
pub(crate) fn refuse_reserved(keys: &[&str]) -> Result<(), AwsError> {
    if keys.iter().any(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        return Err(invalid_parameter("Tag keys starting with 'aws:' are reserved for internal use"));
    }
    Ok(())
}

/// The tags of a create request by resource type. Types other than `types`, those that it makes, are refused.
pub(crate) fn specified<'a>(
    specifications: &'a [TagSpecification],
    types: &[&str],
) -> Result<Vec<(&'a str, &'a [Tag])>, AwsError> {
    let mut specified = Vec::new();
    for TagSpecification { resource_type: kind, tags } in specifications {
        if !types.contains(&kind.as_str()) {
            return Err(invalid_parameter(format!("'{kind}' is not a valid taggable resource type for this operation.")));
        }
        if specified.iter().any(|(existing, _)| existing == kind) {
            return Err(invalid_parameter(format!("'TagSpecifications' names the resource type '{kind}' twice.")));
        }
        for (index, tag) in tags.iter().enumerate() {
            if tags.iter().take(index).any(|other| other.key == tag.key) {
                return Err(invalid_parameter(format!("Duplicate tag key '{}' specified.", tag.key)));
            }
        }
        specified.push((kind.as_str(), tags.as_slice()));
    }
    Ok(specified)
}

/// Tags a new resource with what the request specifies for its type.
pub(crate) fn on_creation(
    records: &mut Records,
    specifications: &[TagSpecification],
    kind: &str,
    id: &str,
) -> Result<(), AwsError> {
    for (_, tags) in specified(specifications, &[kind])? {
        set(records, id, tags)?;
    }
    Ok(())
}
