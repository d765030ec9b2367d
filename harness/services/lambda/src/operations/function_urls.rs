//! URLs of functions and aliases: what is known of them. How they are served is another matter.
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html>

use nightproof_core::credentials::random_string;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{conflict, constraint, no_such_resource, not_found, require_one_of};
use crate::function::Function;
use crate::function_name::{FunctionName, is_alias};
use crate::function_url::FunctionUrl;
use crate::page::{Wanted, page};
use crate::records::Lambda;
use crate::revision::date;

/// What pages of other origins may do.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Cors {
    allow_credentials: Option<bool>,
    allow_headers: Option<Vec<String>>,
    allow_methods: Option<Vec<String>>,
    allow_origins: Option<Vec<String>>,
    expose_headers: Option<Vec<String>>,
    max_age: Option<u64>,
}

/// `CreateFunctionUrlConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateFunctionUrlConfig {
    function_name: String,
    qualifier: Option<String>,
    auth_type: String,
    cors: Option<Cors>,
    invoke_mode: Option<String>,
}

/// `UpdateFunctionUrlConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionUrlConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateFunctionUrlConfig {
    function_name: String,
    qualifier: Option<String>,
    auth_type: Option<String>,
    cors: Option<Cors>,
    invoke_mode: Option<String>,
}

/// `GetFunctionUrlConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionUrlConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetFunctionUrlConfig {
    function_name: String,
    qualifier: Option<String>,
}

/// `DeleteFunctionUrlConfig`. <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionUrlConfig.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteFunctionUrlConfig {
    function_name: String,
    qualifier: Option<String>,
}

/// `ListFunctionUrlConfigs`. <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionUrlConfigs.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListFunctionUrlConfigs {
    function_name: String,
    marker: Option<String>,
    max_items: Option<i64>,
}

impl Cors {
    /// What was given of it.
    fn describe(&self) -> Value {
        let all = json!({
            "AllowCredentials": self.allow_credentials, "AllowHeaders": self.allow_headers, "AllowMethods": self.allow_methods,
            "AllowOrigins": self.allow_origins, "ExposeHeaders": self.expose_headers, "MaxAge": self.max_age,
        });
        let Value::Object(mut members) = all else { return json!({}) };
        members.retain(|_, value| !value.is_null());
        members.into()
    }
}

fn no_function() -> AwsError {
    not_found("Function does not exist")
}

/// Only the function itself and its aliases have URLs.
fn read(call: &Call, reference: &str, qualifier: Option<&str>) -> Result<FunctionName, AwsError> {
    let named = FunctionName::of_reference(call, reference, qualifier);
    if let Some(qualifier) = named.qualifier().filter(|qualifier| !is_alias(qualifier)) {
        let must = "Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)";
        return Err(constraint(qualifier, "qualifier", must));
    }
    FunctionName::read(call, reference, qualifier)
}

fn check(auth_type: Option<&str>, invoke_mode: Option<&str>) -> Result<(), AwsError> {
    require_one_of(auth_type, "authType", &["NONE", "AWS_IAM"])?;
    require_one_of(invoke_mode, "invokeMode", &["RESPONSE_STREAM", "BUFFERED"])
}

/// The ARN of what has the URL that is kept under `key`.
fn arn(function: &Function, key: &str) -> String {
    if key == "$LATEST" { function.arn().to_owned() } else { function.qualified(key) }
}

impl Lambda {
    pub(crate) fn create_function_url_config(&self, call: &Call, input: CreateFunctionUrlConfig) -> Result<Value, AwsError> {
        let named = read(call, &input.function_name, input.qualifier.as_deref())?;
        check(Some(&input.auth_type), input.invoke_mode.as_deref())?;
        let key = named.explicit_qualifier();
        let made = self.find(&named, |function| {
            if function.urls.contains_key(key) {
                return Err(conflict(format!(
                    "Failed to create function url config for [functionArn = {}]. Error message:  FunctionUrlConfig exists for this Lambda function",
                    arn(function, key)
                )));
            }
            if !function.has(key) {
                return Err(no_function());
            }
            let url = FunctionUrl {
                id: random_string(b"abcdefghijklmnopqrstuvwxyz234567", 32),
                auth_type: input.auth_type,
                cors: input.cors.as_ref().map(Cors::describe),
                invoke_mode: input.invoke_mode,
                created: date(call.now),
                modified: date(call.now),
            };
            let made = url.describe(call.region.name(), &arn(function, key));
            function.urls.insert(key.to_owned(), url);
            Ok(made)
        });
        made.unwrap_or_else(|| Err(no_function()))
    }

    pub(crate) fn update_function_url_config(&self, call: &Call, input: UpdateFunctionUrlConfig) -> Result<Value, AwsError> {
        let named = read(call, &input.function_name, input.qualifier.as_deref())?;
        check(input.auth_type.as_deref(), input.invoke_mode.as_deref())?;
        let key = named.explicit_qualifier();
        let made = self.find(&named, |function| {
            if !function.has(key) {
                return Err(no_function());
            }
            let arn = arn(function, key);
            let url = function.urls.get_mut(key).ok_or_else(no_such_resource)?;
            url.auth_type = input.auth_type.unwrap_or_else(|| url.auth_type.clone());
            url.cors = input.cors.as_ref().map(Cors::describe).or_else(|| url.cors.clone());
            url.invoke_mode = input.invoke_mode.or_else(|| url.invoke_mode.clone());
            url.modified = date(call.now);
            let mut made = url.describe(call.region.name(), &arn);
            made["LastModifiedTime"] = url.modified.as_str().into();
            Ok(made)
        });
        made.unwrap_or_else(|| Err(no_function()))
    }

    pub(crate) fn get_function_url_config(&self, call: &Call, input: GetFunctionUrlConfig) -> Result<Value, AwsError> {
        let named = read(call, &input.function_name, input.qualifier.as_deref())?;
        let key = named.explicit_qualifier();
        let found = self.find(&named, |function| {
            function.urls.get(key).map(|url| url.describe_whole(call.region.name(), &arn(function, key)))
        });
        found.flatten().ok_or_else(no_such_resource)
    }

    pub(crate) fn delete_function_url_config(&self, call: &Call, input: DeleteFunctionUrlConfig) -> Result<Value, AwsError> {
        let named = read(call, &input.function_name, input.qualifier.as_deref())?;
        let removed = self.find(&named, |function| function.urls.remove(named.explicit_qualifier()));
        removed.flatten().map(|_| json!({})).ok_or_else(no_such_resource)
    }

    pub(crate) fn list_function_url_configs(&self, call: &Call, input: ListFunctionUrlConfigs) -> Result<Value, AwsError> {
        let named = FunctionName::read(call, &input.function_name, None)?;
        let listed = self.find(&named, |function| {
            let describe =
                |(key, url): (&String, &FunctionUrl)| (key.clone(), url.describe_whole(call.region.name(), &arn(function, key)));
            let wanted = Wanted { marker: input.marker.as_deref(), most: input.max_items, largest: 50 };
            page(&wanted, "FunctionUrlConfigs", function.urls.iter().map(describe))
        });
        listed.ok_or_else(no_function)
    }
}
