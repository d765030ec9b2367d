//! Code signing configurations: records, since AWS Signer, whose signatures they ask for, is not served here.
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html>

use nightproof_core::credentials::random_string;
use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::require_one_of;
use crate::page::{Wanted, page};
use crate::records::Lambda;
use crate::revision::date;

/// Whose signatures are good.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AllowedPublishers {
    signing_profile_version_arns: Vec<String>,
}

/// What becomes of code without a good signature.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CodeSigningPolicies {
    untrusted_artifact_on_deployment: Option<String>,
}

/// `CreateCodeSigningConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_CreateCodeSigningConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateCodeSigningConfig {
    description: Option<String>,
    allowed_publishers: AllowedPublishers,
    code_signing_policies: Option<CodeSigningPolicies>,
}

/// `UpdateCodeSigningConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateCodeSigningConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateCodeSigningConfig {
    code_signing_config_arn: String,
    description: Option<String>,
    allowed_publishers: Option<AllowedPublishers>,
    code_signing_policies: Option<CodeSigningPolicies>,
}

/// `GetCodeSigningConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_GetCodeSigningConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetCodeSigningConfig {
    code_signing_config_arn: String,
}

/// `DeleteCodeSigningConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteCodeSigningConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteCodeSigningConfig {
    code_signing_config_arn: String,
}

/// `ListCodeSigningConfigs`. <https://docs.aws.amazon.com/lambda/latest/api/API_ListCodeSigningConfigs.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListCodeSigningConfigs {
    marker: Option<String>,
    max_items: Option<i64>,
}

/// `ListFunctionsByCodeSigningConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionsByCodeSigningConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListFunctionsByCodeSigningConfig {
    code_signing_config_arn: String,
    marker: Option<String>,
    max_items: Option<i64>,
}

/// `PutFunctionCodeSigningConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionCodeSigningConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutFunctionCodeSigningConfig {
    code_signing_config_arn: String,
    function_name: String,
}

/// `GetFunctionCodeSigningConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionCodeSigningConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetFunctionCodeSigningConfig {
    function_name: String,
}

/// `DeleteFunctionCodeSigningConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionCodeSigningConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteFunctionCodeSigningConfig {
    function_name: String,
}

fn missing(arn: &str) -> AwsError {
    let message = format!("The Lambda code signing configuration {arn} can not be found.");
    AwsError::new("ResourceNotFoundException", 404, message).with("Type", Value::Null)
}

fn not_there(arn: &str) -> AwsError {
    let message =
        format!("The code signing configuration cannot be found. Check that the provided configuration is not deleted: {arn}.");
    AwsError::new("CodeSigningConfigNotFoundException", 404, message).with("Type", "User")
}

fn check(policies: Option<&CodeSigningPolicies>) -> Result<(), AwsError> {
    let policy = policies.and_then(|policies| policies.untrusted_artifact_on_deployment.as_deref());
    require_one_of(policy, "codeSigningPolicies.untrustedArtifactOnDeployment", &["Warn", "Enforce"])
}

impl Lambda {
    /// Refuses code for a function whose configuration wants it signed: signatures are not verified here.
    pub(crate) fn check_signature(&self, call: &Call, arn: Option<&str>) -> Result<(), AwsError> {
        let Some(arn) = arn else { return Ok(()) };
        let accounts = self.accounts.lock();
        let config = accounts.get(call.account()).and_then(|account| account.signing.get(arn)).ok_or_else(|| not_there(arn))?;
        match config.pointer("/CodeSigningPolicies/UntrustedArtifactOnDeployment").and_then(Value::as_str) {
            Some("Enforce") => Err(AwsError::not_implemented("lambda", "verification of code signatures")),
            _ => Ok(()),
        }
    }

    pub(crate) fn create_code_signing_config(&self, call: &Call, input: CreateCodeSigningConfig) -> Result<Value, AwsError> {
        check(input.code_signing_policies.as_ref())?;
        let id = format!("csc-{}", random_string(b"0123456789abcdef", 17));
        let arn = call.arn("lambda", format!("code-signing-config:{id}"));
        let policy = input.code_signing_policies.and_then(|policies| policies.untrusted_artifact_on_deployment);
        let mut made = json!({
            "CodeSigningConfigId": id, "CodeSigningConfigArn": arn, "LastModified": date(call.now),
            "AllowedPublishers": { "SigningProfileVersionArns": input.allowed_publishers.signing_profile_version_arns },
            "CodeSigningPolicies": { "UntrustedArtifactOnDeployment": policy.as_deref().unwrap_or("Warn") },
        });
        if let Some(description) = input.description {
            made["Description"] = description.into();
        }
        self.accounts.with(call.account(), |account| account.signing.insert(arn, made.clone()));
        Ok(json!({ "CodeSigningConfig": made }))
    }

    pub(crate) fn update_code_signing_config(&self, call: &Call, input: UpdateCodeSigningConfig) -> Result<Value, AwsError> {
        check(input.code_signing_policies.as_ref())?;
        self.with_signing(call, &input.code_signing_config_arn, |config| {
            if let Some(description) = input.description {
                config["Description"] = description.into();
            }
            if let Some(publishers) = input.allowed_publishers {
                config["AllowedPublishers"] = json!({ "SigningProfileVersionArns": publishers.signing_profile_version_arns });
            }
            if let Some(policy) = input.code_signing_policies.and_then(|policies| policies.untrusted_artifact_on_deployment) {
                config["CodeSigningPolicies"] = json!({ "UntrustedArtifactOnDeployment": policy });
            }
            config["LastModified"] = date(call.now).into();
            json!({ "CodeSigningConfig": config })
        })
    }

    pub(crate) fn get_code_signing_config(&self, call: &Call, input: GetCodeSigningConfig) -> Result<Value, AwsError> {
        self.with_signing(call, &input.code_signing_config_arn, |config| json!({ "CodeSigningConfig": config }))
    }

    pub(crate) fn delete_code_signing_config(&self, call: &Call, input: DeleteCodeSigningConfig) -> Result<Value, AwsError> {
        let arn = &input.code_signing_config_arn;
        let removed = self.accounts.with(call.account(), |account| account.signing.remove(arn));
        removed.map(|_| json!({})).ok_or_else(|| missing(arn))
    }

    pub(crate) fn list_code_signing_configs(&self, call: &Call, input: ListCodeSigningConfigs) -> Result<Value, AwsError> {
        let accounts = self.accounts.lock();
        let all = accounts.get(call.account()).into_iter().flat_map(|account| account.signing.iter());
        let wanted = Wanted { marker: input.marker.as_deref(), most: input.max_items, largest: 10_000 };
        Ok(page(&wanted, "CodeSigningConfigs", all.map(|(arn, config)| (arn.clone(), config.clone()))))
    }

    pub(crate) fn list_functions_by_code_signing_config(
        &self,
        call: &Call,
        input: ListFunctionsByCodeSigningConfig,
    ) -> Result<Value, AwsError> {
        let arn = &input.code_signing_config_arn;
        self.with_signing(call, arn, |_| ())?;
        let accounts = self.accounts.lock();
        let all = accounts.get(call.account()).into_iter().flat_map(|account| account.functions.iter());
        let users = all.filter(|(_, function)| function.code_signing.as_ref() == Some(arn));
        let wanted = Wanted { marker: input.marker.as_deref(), most: input.max_items, largest: 10_000 };
        Ok(page(&wanted, "FunctionArns", users.map(|(name, function)| (name.clone(), function.arn().into()))))
    }

    pub(crate) fn put_function_code_signing_config(
        &self,
        call: &Call,
        input: PutFunctionCodeSigningConfig,
    ) -> Result<Value, AwsError> {
        let arn = &input.code_signing_config_arn;
        self.with_signing(call, arn, |_| ()).map_err(|_| not_there(arn))?;
        self.with_reference(call, &input.function_name, |function| {
            function.code_signing = Some(arn.clone());
            Ok(json!({ "CodeSigningConfigArn": arn, "FunctionName": function.configuration.required("FunctionName") }))
        })
    }

    pub(crate) fn get_function_code_signing_config(
        &self,
        call: &Call,
        input: GetFunctionCodeSigningConfig,
    ) -> Result<Value, AwsError> {
        self.with_reference(call, &input.function_name, |function| {
            Ok(function.code_signing.as_ref().map_or_else(
                || json!({}),
                |arn| json!({ "CodeSigningConfigArn": arn, "FunctionName": function.configuration.required("FunctionName") }),
            ))
        })
    }

    pub(crate) fn delete_function_code_signing_config(
        &self,
        call: &Call,
        input: DeleteFunctionCodeSigningConfig,
    ) -> Result<Value, AwsError> {
        self.with_reference(call, &input.function_name, |function| {
            function.code_signing = None;
            Ok(json!({}))
        })
    }

    fn with_signing<T>(&self, call: &Call, arn: &str, act: impl FnOnce(&mut Value) -> T) -> Result<T, AwsError> {
        let mut accounts = self.accounts.lock();
        let config = accounts.get_mut(call.account()).and_then(|account| account.signing.get_mut(arn));
        config.map(act).ok_or_else(|| missing(arn))
    }
}
