//! Random passwords.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::password::PasswordRules;
use crate::records::SecretsManager;

/// `GetRandomPassword`. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetRandomPassword {
    password_length: Option<usize>,
    #[serde(default)]
    exclude_characters: String,
    #[serde(default)]
    exclude_numbers: bool,
    #[serde(default)]
    exclude_punctuation: bool,
    #[serde(default)]
    exclude_uppercase: bool,
    #[serde(default)]
    exclude_lowercase: bool,
    #[serde(default)]
    include_space: bool,
    require_each_included_type: Option<bool>,
}

impl SecretsManager {
    pub(crate) fn get_random_password(&self, _call: &Call, input: GetRandomPassword) -> Result<Value, AwsError> {
        let rules = PasswordRules {
            length: input.password_length.unwrap_or(32),
            excluded: input.exclude_characters,
            lower: !input.exclude_lowercase,
            upper: !input.exclude_uppercase,
            digits: !input.exclude_numbers,
            punctuation: !input.exclude_punctuation,
            space: input.include_space,
            each: input.require_each_included_type.unwrap_or(true),
        };
        Ok(json!({ "RandomPassword": rules.generate()? }))
    }
}
