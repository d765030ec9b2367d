//! Tags in requests, by the type of what they are for.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TagSpecification.html>

use serde::{Deserialize, Serialize};

/// A tag of a request.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    #[serde(default)]
    pub(crate) key: String,
    pub(crate) value: Option<String>,
}

/// The tags that a create request has for what it makes of one type.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TagSpecification {
    #[serde(default)]
    pub(crate) resource_type: String,
    #[serde(default)]
    pub(crate) tags: Vec<Tag>,
}

/// Adds tags for resources of a type to specifications.
pub(crate) fn add(specifications: &mut Vec<TagSpecification>, kind: &str, tags: Vec<(String, String)>) {
    let tags = tags.into_iter().map(|(key, value)| Tag { key, value: Some(value) }).collect();
    fill(specifications, TagSpecification { resource_type: kind.to_owned(), tags });
}

/// Adds those tags of another specification whose keys are not given.
pub(crate) fn fill(specifications: &mut Vec<TagSpecification>, from: TagSpecification) {
    match specifications.iter_mut().find(|given| given.resource_type == from.resource_type) {
        Some(given) => {
            let tags = from.tags.into_iter().filter(|tag| given.tags.iter().all(|one| one.key != tag.key));
            let tags: Vec<Tag> = tags.collect();
            given.tags.extend(tags);
        }
        None => specifications.push(from),
    }
}

/// Tags, or the specifications that have them.
pub(crate) trait Keys {
    /// The keys of all tags.
    fn keys(&self) -> Vec<&str>;
}

impl Keys for Vec<Tag> {
    fn keys(&self) -> Vec<&str> {
        self.iter().map(|tag| tag.key.as_str()).collect()
    }
}

impl Keys for Vec<TagSpecification> {
    fn keys(&self) -> Vec<&str> {
        self.iter().flat_map(|specification| specification.tags.keys()).collect()
    }
}
