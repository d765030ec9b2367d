//! The filters of `ListSecrets`.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html>

use serde::Deserialize;

use crate::secret::Secret;

/// Holds if one of its values does.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Filter {
    key: String,
    values: Vec<String>,
}

impl Filter {
    pub(crate) fn matches(&self, secret: &Secret) -> bool {
        self.values.iter().any(|value| match value.strip_prefix('!') {
            Some(value) => !self.holds(secret, value),
            None => self.holds(secret, value),
        })
    }

    fn holds(&self, secret: &Secret, value: &str) -> bool {
        let lower = value.to_lowercase();
        let description = secret.description.as_deref().unwrap_or_default().to_lowercase();
        match self.key.as_str() {
            "description" => description.starts_with(&lower),
            "name" => secret.name.starts_with(value),
            "tag-key" => secret.tags.iter().any(|(key, _)| key.starts_with(value)),
            "tag-value" => secret.tags.iter().any(|(_, one)| one.starts_with(value)),
            "all" => {
                let tags = secret.tags.iter().flat_map(|(key, value)| [key, value]).map(|text| text.to_lowercase());
                let texts: Vec<String> = [secret.name.to_lowercase(), description].into_iter().chain(tags).collect();
                lower.split_whitespace().all(|word| texts.iter().any(|text| text.contains(word)))
            }
            // Of replicas, and of secrets that other services manage: there are none.
            _ => false,
        }
    }
}
