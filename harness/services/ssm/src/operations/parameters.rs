//! Parameter Store: PutParameter and DeleteParameter, versions, and the encryption of secure strings.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-parameter-store.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::Caller;
use nightproof_core::request_tags::Tag;
use nightproof_core::service::{Arn, AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::public_parameters;
use crate::records::Ssm;
use crate::stamp::stamp;
use crate::stored_parameter::ParameterVersion;

/// A parameter keeps this many versions.
const VERSIONS: usize = 100;

/// `PutParameter`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutParameter {
    name: String,
    value: String,
    description: Option<String>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    key_id: Option<String>,
    #[serde(default)]
    overwrite: bool,
    allowed_pattern: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    tier: Option<String>,
    policies: Option<String>,
    data_type: Option<String>,
}

/// `DeleteParameter`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameter.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteParameter {
    name: String,
}

/// `DeleteParameters`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameters.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteParameters {
    names: Vec<String>,
}

pub(crate) fn not_found() -> AwsError {
    AwsError::new("ParameterNotFound", 400, "")
}

/// `arn:aws:ssm:<region>:<account>:parameter/<name without its slash>`; AWS's own have no account.
pub(crate) fn arn(call: &Call, name: &str) -> String {
    let account = if public_parameters::is_public(name) { "" } else { call.account() };
    Arn::new("ssm", call.region.name(), account, format!("parameter/{}", name.trim_start_matches('/'))).to_string()
}

/// KMS's refusal in the words of Parameter Store.
fn translated(error: AwsError) -> AwsError {
    match error.code.as_str() {
        "NotFoundException" | "DisabledException" | "KMSInvalidStateException" | "InvalidKeyUsageException" => {
            AwsError::new("InvalidKeyId", 400, error.message)
        }
        _ => error,
    }
}

/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html>
fn check_name(name: &str) -> Result<(), AwsError> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte);
    if name.is_empty() || !name.bytes().all(good) {
        return Err(AwsError::validation(
            "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist of sub-paths divided by \
             slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_",
        ));
    }
    let bare = name.trim_start_matches('/').to_ascii_lowercase();
    if bare.starts_with("aws") {
        return Err(AwsError::new("AccessDeniedException", 400, format!("No access to reserved parameter name: {name}.")));
    }
    if bare.starts_with("ssm") {
        return Err(AwsError::validation("Parameter name: can't be prefixed with \"ssm\" (case-insensitive)."));
    }
    if name.contains('/') && !name.starts_with('/') {
        return Err(AwsError::validation("Parameter name must be a fully qualified name."));
    }
    if name.matches('/').count() > 15 {
        return Err(AwsError::new(
            "HierarchyLevelLimitExceededException",
            400,
            "A hierarchy can have a maximum of 15 levels. For more information, see Requirements and constraints for parameter names.",
        ));
    }
    Ok(())
}

impl PutParameter {
    fn check(&self) -> Result<(), AwsError> {
        check_name(&self.name)?;
        if self.policies.as_ref().is_some_and(|policies| !policies.is_empty()) {
            return Err(AwsError::not_implemented("ssm", "Policies of PutParameter"));
        }
        if let Some(data_type) = self.data_type.as_deref().filter(|data_type| *data_type != "text") {
            return Err(AwsError::not_implemented("ssm", &format!("the parameter data type {data_type}")));
        }
        if self.overwrite && !self.tags.is_empty() {
            return Err(AwsError::validation(
                "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. \
                 To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
            ));
        }
        let advanced = matches!(self.tier.as_deref(), Some("Advanced" | "Intelligent-Tiering"));
        if self.value.len() > 8192 || (!advanced && self.value.len() > 4096) {
            return Err(AwsError::validation(
                "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, \
                 upgrade the parameter to use the advanced-parameter tier, of at most 8192 characters.",
            ));
        }
        if let Some(pattern) = &self.allowed_pattern {
            let pattern_ok = regex::Regex::new(pattern).map_err(|_| {
                AwsError::new("InvalidAllowedPatternException", 400, "The allowed pattern is not a regular expression.")
            })?;
            if !pattern_ok.is_match(&self.value) {
                return Err(AwsError::new(
                    "ParameterPatternMismatchException",
                    400,
                    format!("Parameter value, cannot be validated against allowedPattern: {pattern}"),
                ));
            }
        }
        Ok(())
    }

    /// A secure string's ciphertext; any other value as it is.
    async fn stored_value(&self, call: &Call, kind: &str) -> Result<(String, Option<String>), AwsError> {
        if kind != "SecureString" {
            return if self.key_id.is_some() {
                Err(AwsError::validation("KeyId is required for SecureString type parameter only."))
            } else {
                Ok((self.value.clone(), None))
            };
        }
        let key = self.key_id.clone().unwrap_or_else(|| "alias/aws/ssm".to_owned());
        let request = json!({
            "KeyId": key,
            "Plaintext": STANDARD.encode(self.value.as_bytes()),
            "EncryptionContext": {"PARAMETER_ARN": arn(call, &self.name)},
        });
        let output = call.region.call(&through_ssm(call), "kms", "Encrypt", request).await.map_err(translated)?;
        let blob = output.get("CiphertextBlob").and_then(Value::as_str).unwrap_or_default();
        Ok((blob.to_owned(), Some(key)))
    }
}

/// The caller, whose use of a key the Parameter Store passes on: `kms:ViaService`.
fn through_ssm(call: &Call) -> Caller {
    call.caller.clone().via(&format!("ssm.{}.amazonaws.com", call.region.name()))
}

impl Ssm {
    pub(crate) async fn put_parameter(&self, call: &Call, input: PutParameter) -> Result<Value, AwsError> {
        input.check()?;
        let existing = self
            .with(call.account(), |records| records.parameters.get(&input.name).and_then(|found| found.versions.last().cloned()));
        if existing.is_some() && !input.overwrite {
            return Err(AwsError::new(
                "ParameterAlreadyExists",
                400,
                "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
            ));
        }
        let kind = match (&input.kind, &existing) {
            (Some(kind), Some(existing)) if *kind != existing.kind => {
                return Err(AwsError::new(
                    "HierarchyTypeMismatchException",
                    400,
                    format!("The parameter {} is a {}, and its type can't be changed.", input.name, existing.kind),
                ));
            }
            (Some(kind), _) => kind.clone(),
            (None, Some(existing)) => existing.kind.clone(),
            (None, None) => return Err(AwsError::validation("A parameter type is required when you create a parameter.")),
        };
        if !["String", "StringList", "SecureString"].contains(&kind.as_str()) {
            return Err(AwsError::new("UnsupportedParameterType", 400, "The parameter type isn't supported."));
        }
        let (value, key_id) = input.stored_value(call, &kind).await?;
        let advanced = input.tier.as_deref() == Some("Advanced")
            || (input.tier.as_deref() == Some("Intelligent-Tiering") && input.value.len() > 4096)
            || existing.is_some_and(|existing| existing.tier == "Advanced");
        let tier = if advanced { "Advanced" } else { "Standard" };
        self.with(call.account(), |records| {
            let parameter = records.parameters.entry(input.name.clone()).or_default();
            let number = parameter.versions.last().map_or(1, |last| last.number + 1);
            parameter.versions.push(ParameterVersion {
                number,
                kind,
                value,
                key_id,
                description: input.description,
                allowed_pattern: input.allowed_pattern,
                tier: tier.to_owned(),
                modified: call.now,
                user: call.caller.arn(),
            });
            let surplus = parameter.versions.len().saturating_sub(VERSIONS);
            parameter.versions.drain(..surplus);
            if !input.tags.is_empty() {
                records.tags.insert(("Parameter".to_owned(), input.name), input.tags.into_iter().map(Tag::pair).collect());
            }
            Ok(json!({"Version": number, "Tier": tier}))
        })
    }

    pub(crate) fn delete_parameter(&self, call: &Call, input: DeleteParameter) -> Result<Value, AwsError> {
        if self.remove_parameter(call, &input.name) { Ok(json!({})) } else { Err(not_found()) }
    }

    pub(crate) fn delete_parameters(&self, call: &Call, input: DeleteParameters) -> Result<Value, AwsError> {
        let (deleted, invalid): (Vec<String>, Vec<String>) =
            input.names.into_iter().partition(|name| self.remove_parameter(call, name));
        Ok(json!({"DeletedParameters": deleted, "InvalidParameters": invalid}))
    }

    fn remove_parameter(&self, call: &Call, name: &str) -> bool {
        self.with(call.account(), |records| {
            records.tags.remove(&("Parameter".to_owned(), name.to_owned()));
            records.parameters.remove(name).is_some()
        })
    }

    /// The version as the API's `Parameter`; a secure string in clear if `decrypt`, by the caller's right to its key.
    pub(crate) async fn parameter_document(
        &self,
        call: &Call,
        name: &str,
        version: &ParameterVersion,
        decrypt: bool,
    ) -> Result<Value, AwsError> {
        let mut value = version.value.clone();
        if decrypt && version.kind == "SecureString" {
            let request = json!({"CiphertextBlob": version.value, "EncryptionContext": {"PARAMETER_ARN": arn(call, name)}});
            let output = call.region.call(&through_ssm(call), "kms", "Decrypt", request).await.map_err(translated)?;
            let plain = output.get("Plaintext").and_then(Value::as_str).unwrap_or_default();
            let plain = STANDARD.decode(plain).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            value = plain.ok_or_else(|| AwsError::internal(format!("the secure string {name} is no text")))?;
        }
        Ok(json!({
            "Name": name,
            "Type": version.kind,
            "Value": value,
            "Version": version.number,
            "LastModifiedDate": stamp(version.modified),
            "ARN": arn(call, name),
            "DataType": "text",
        }))
    }
}
